package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"accounthealth/internal/diag"
)

// smallFile bounds what ReadSmall takes into memory.
const smallFile = 16 << 20

// ReadSmall returns the content of a settings, framework or manifest file. found
// is false, without an error, where there is none.
func (l *Local) ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	f, err := os.Open(l.abs(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, openError(path, err)
	}
	defer f.Close()
	content, err = io.ReadAll(io.LimitReader(f, smallFile+1))
	if err != nil {
		return nil, false, openError(path, err)
	}
	return content, true, checkSmall(path, content)
}

func checkSmall(path string, content []byte) error {
	if len(content) > smallFile {
		return diag.Errorf(diag.Config, path, "name the right file", "the file is larger than %d MiB", smallFile>>20)
	}
	return nil
}

// What List and Open say of a path with nothing behind it.
const (
	noFiles = "there are no data files"
	noSuch  = "there is no such file or folder"
)

// IsNothing reports whether an error of List or Open says that nothing is there,
// and not that it could not be looked at.
func IsNothing(err error) bool {
	e, ok := errors.AsType[*diag.Error](err)
	return ok && (e.What == noFiles || e.What == noSuch)
}
