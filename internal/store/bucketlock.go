package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"accounthealth/internal/diag"
)

// lockLasts is how long a lock object counts: longer than a run takes, shorter
// than the day after which the next one is due.
const lockLasts = 6 * time.Hour

// lockNote is the content of a lock object.
type lockNote struct {
	Holder  string    `json:"holder"`
	Since   time.Time `json:"since"`
	Expires time.Time `json:"expires"`
}

// bucketLock is a lock object that exists while a run holds it.
//
// It is created on the condition that there is none, or in place of an expired
// one on the condition that it is still that one, and then read back. On servers
// with conditional writes (AWS, MinIO, Azure) two runs never hold it at once; on
// others reading back finds most, not all, of two that start within the same
// second.
type bucketLock struct {
	ctx     context.Context
	bucket  *bucket
	key     string
	content string
}

// Lock implements backEnd.
func (b *bucket) Lock(ctx context.Context, key string) (Lock, error) {
	opt, err := b.lockFree(ctx, key)
	if err != nil {
		return nil, err
	}
	note := lockNote{Holder: b.opt.Holder}
	if b.opt.Now != nil {
		note.Since = b.opt.Now().UTC()
		note.Expires = note.Since.Add(lockLasts)
	}
	content, err := json.Marshal(note)
	if err != nil {
		return nil, err
	}
	err = b.put(ctx, key, content, opt)
	if faultOf(err) == faultUnsupported {
		err = b.put(ctx, key, content, putOptions{})
	}
	// A condition that fails may be this run's own earlier attempt, whose answer
	// was lost: what is read back decides.
	if err != nil && faultOf(err) != faultCondition {
		return nil, err
	}
	held, err := b.read(ctx, key)
	if err != nil && faultOf(err) != faultNoObject {
		return nil, err
	}
	if string(held) != string(content) {
		return nil, b.lockedBy(key, held)
	}
	return &bucketLock{context.WithoutCancel(ctx), b, key, string(content)}, nil
}

// lockFree returns the condition under which the lock may be taken.
func (b *bucket) lockFree(ctx context.Context, key string) (putOptions, error) {
	o, err := b.stat(ctx, key)
	if faultOf(err) == faultNoObject {
		return putOptions{absent: true}, nil
	}
	if err != nil {
		return putOptions{}, err
	}
	held, err := b.read(ctx, key)
	if faultOf(err) == faultNoObject { // freed meanwhile
		return putOptions{absent: true}, nil
	}
	if err != nil {
		return putOptions{}, err
	}
	var note lockNote
	if json.Unmarshal(held, &note) != nil || note.Expires.IsZero() || b.opt.Now == nil || b.opt.Now().Before(note.Expires) {
		return putOptions{}, b.lockedBy(key, held)
	}
	return putOptions{version: o.version}, nil
}

func (b *bucket) lockedBy(key string, held []byte) error {
	by := ""
	var note lockNote
	if json.Unmarshal(held, &note) == nil && note.Holder != "" {
		by = fmt.Sprintf(" (%s, since %s)", note.Holder, note.Since.Format(time.RFC3339))
	}
	fix := "wait until it has ended; where it was killed, remove this object"
	if !note.Expires.IsZero() {
		fix += ", or wait until " + note.Expires.Format(time.RFC3339)
	}
	return diag.Errorf(diag.Internal, b.name(key), fix, "another run is writing here%s", by)
}

// Unlock removes the lock object unless another run took it over.
func (l *bucketLock) Unlock() error {
	ctx, cancel := context.WithTimeout(l.ctx, cleaning)
	defer cancel()
	held, err := l.bucket.read(ctx, l.key)
	if err != nil || string(held) != l.content {
		return err
	}
	return l.bucket.remove(ctx, l.key)
}
