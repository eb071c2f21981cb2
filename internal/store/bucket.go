package store

import (
	"bytes"
	"context"
	"io"
	"strings"

	"accounthealth/internal/diag"
)

// bucket is the back end of one bucket or container. Paths are keys, without a
// leading slash; "" is the top.
type bucket struct {
	objects objects
	at      place
	// base is the folder that names are relative to, where home is true.
	base  string
	home  bool
	kept  keptObjects
	opt   Options
	pause func(ctx context.Context, attempt int) error
}

var _ backEnd = (*bucket)(nil)

// name returns a key as messages and File.Path show it.
func (b *bucket) name(key string) string {
	switch {
	case !b.home:
	case b.base == "" && key != "":
		return key
	case key == b.base:
		return "."
	case strings.HasPrefix(key, b.base+"/"):
		return key[len(b.base)+1:]
	}
	if key == "" {
		return b.at.root()
	}
	return b.at.root() + "/" + key
}

// Open implements Source. The version that was listed is the one that is read.
func (b *bucket) Open(ctx context.Context, f File) (Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.Version == "" {
		o, err := b.stat(ctx, f.Path)
		if err != nil {
			return nil, err
		}
		f.Version, f.Size = o.version, o.size
	}
	return &objectReader{ctx: ctx, bucket: b, key: f.Path, version: f.Version, size: f.Size}, nil
}

func (b *bucket) stat(ctx context.Context, key string) (object, error) {
	var o object
	err := b.quick(ctx, b.name(key), func(ctx context.Context) (err error) {
		o, err = b.objects.stat(ctx, key)
		return err
	})
	return o, err
}

// contents returns all objects below a folder.
func (b *bucket) contents(ctx context.Context, dir string, deep bool) ([]object, error) {
	prefix := ""
	if dir != "" {
		prefix = dir + "/"
	}
	var out []object
	err := b.try(ctx, b.name(dir), func(ctx context.Context) (err error) {
		out, err = b.objects.list(ctx, prefix, deep)
		return err
	})
	return out, err
}

func (b *bucket) remove(ctx context.Context, key string) error {
	return b.quick(ctx, b.name(key), func(ctx context.Context) error { return b.objects.remove(ctx, key) })
}

// ReadSmall implements backEnd.
func (b *bucket) ReadSmall(ctx context.Context, key string) (content []byte, found bool, err error) {
	content, err = b.read(ctx, key)
	switch {
	case faultOf(err) == faultNoObject:
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return content, true, checkSmall(b.name(key), content)
}

// read returns an object's content, up to one byte more than a small file.
func (b *bucket) read(ctx context.Context, key string) ([]byte, error) {
	var content []byte
	err := b.quick(ctx, b.name(key), func(ctx context.Context) error {
		body, err := b.objects.get(ctx, key, "", 0, -1)
		if err != nil {
			return err
		}
		defer body.Close()
		if content, err = io.ReadAll(io.LimitReader(body, smallFile+1)); err != nil {
			return &failure{faultPassing, err}
		}
		return nil
	})
	return content, err
}

// WriteFile implements Sink: the content is complete before the one request that
// replaces the object.
func (b *bucket) WriteFile(ctx context.Context, key string, write func(io.Writer) error) error {
	a, err := newSpool()
	if err != nil {
		return writeError(b.name(key), err)
	}
	defer a.discard()
	f, err := a.create(key)
	if err != nil {
		return writeError(b.name(key), err)
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return writeError(b.name(key), err)
	}
	return b.upload(ctx, key, a.files[0])
}

func (b *bucket) put(ctx context.Context, key string, content []byte, opt putOptions) error {
	return b.quick(ctx, b.name(key), func(ctx context.Context) error {
		return b.objects.put(ctx, key, bytes.NewReader(content), int64(len(content)), opt)
	})
}

// changed is the error of a file that is no longer what was listed.
func (b *bucket) changed(key string) error {
	return diag.Errorf(diag.Data, b.name(key), "start the run after the export has ended", "the file changed while it was being read")
}
