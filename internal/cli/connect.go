package cli

import (
	"context"
	"time"

	"accounthealth/internal/store"
)

// connect opens the store below a folder or an address, with what the
// environment says about buckets. Credentials are not among it: the clouds'
// libraries find them in the ways that the clouds define.
func (e *Env) connect(root string) (*store.Router, error) {
	env := e.Getenv
	if env == nil {
		env = func(string) string { return "" }
	}
	first := func(keys ...string) string {
		for _, k := range keys {
			if v := env(k); v != "" {
				return v
			}
		}
		return ""
	}
	return store.Connect(root, store.Options{
		Services: []store.Service{
			{Address: "s3", Endpoint: first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), Region: first("AWS_REGION", "AWS_DEFAULT_REGION")},
			{Address: "azblob", Endpoint: env("AZURE_STORAGE_SERVICE_ENDPOINT")},
		},
		AzureKey: env("AZURE_STORAGE_KEY"),
		Holder:   e.Process,
		Now:      e.Now,
		Wait:     wait,
		Seed:     uint64(e.Now().UnixNano()),
	})
}

// wait pauses for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
