package store

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"accounthealth/internal/diag"
)

// objects is what a kind of bucket can do. Every call is one attempt: a bucket
// repeats it where the failure may pass.
type objects interface {
	// list returns the objects whose keys start with prefix, by key. Where it is
	// not deep, keys end at the next slash and stand for a folder then.
	list(ctx context.Context, prefix string, deep bool) ([]object, error)
	stat(ctx context.Context, key string) (object, error)
	// get reads n bytes from off, all where n is negative. The version read is
	// the one asked for, if any.
	get(ctx context.Context, key, version string, off, n int64) (io.ReadCloser, error)
	put(ctx context.Context, key string, body io.ReaderAt, size int64, opt putOptions) error
	// remove is no failure where there is no such object.
	remove(ctx context.Context, key string) error
}

// object describes one stored object.
type object struct {
	key     string
	size    int64
	version string // its ETag
	digest  string // what putOptions.digest was, if anything; only from stat
}

type putOptions struct {
	digest string // SHA-256 in hexadecimal, kept with the object
	// absent and version are conditions: there is no object, or it is this one.
	// Servers that do not know conditions ignore or refuse them.
	absent  bool
	version string
}

// fault says what kind of failure an attempt met.
type fault uint8

const (
	faultOther       fault = iota
	faultPassing           // may be gone at the next attempt
	faultNoObject          // there is no such object
	faultNoBucket          // there is no such bucket or account
	faultDenied            // the credentials do not allow it
	faultNoIdentity        // there are no credentials, or they are not valid
	faultCondition         // a condition does not hold: another version is there
	faultUnsupported       // the server does not know what was asked
	faultEndpoint          // there is no server, or not the one that was meant
)

// failure is an attempt's error with its kind.
type failure struct {
	kind  fault
	cause error
}

func (f *failure) Error() string { return f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

func faultOf(err error) fault {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.kind
	}
	return faultOther
}

// ofStatus is the kind of an HTTP status.
func ofStatus(status int) fault {
	switch {
	case status == 404:
		return faultNoObject
	case status == 401:
		return faultNoIdentity
	case status == 403:
		return faultDenied
	case status == 412 || status == 409:
		return faultCondition
	case status == 501:
		return faultUnsupported
	case status == 408 || status == 429 || status >= 500:
		return faultPassing
	}
	return faultOther
}

// ofNetwork is the kind of an error that is no answer of a server.
func ofNetwork(err error) fault {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return faultEndpoint
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return faultEndpoint
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return faultEndpoint
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return faultPassing
	}
	return faultOther
}

const (
	// attempts is how often a request is made at most, the first one included.
	attempts     = 6
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// patience bounds one attempt that moves little data.
	patience = 2 * time.Minute
)

// try makes an attempt until it succeeds, fails for good, or attempts are used
// up. where names the object in the error.
func (b *bucket) try(ctx context.Context, where string, attempt func(ctx context.Context) error) error {
	for n := 1; ; n++ {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if faultOf(err) != faultPassing || n == attempts {
			return b.explain(where, n, err)
		}
		if err := b.pause(ctx, n); err != nil {
			return err
		}
	}
}

// quick is try for requests that move little data.
func (b *bucket) quick(ctx context.Context, where string, attempt func(ctx context.Context) error) error {
	return b.try(ctx, where, func(ctx context.Context) error {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		err := attempt(limited)
		if err != nil && limited.Err() != nil {
			err = &failure{faultPassing, fmt.Errorf("no answer within %s", patience)}
		}
		return err
	})
}

// explain turns the last attempt's error into one for people; the failure stays
// in its tree for faultOf.
func (b *bucket) explain(where string, n int, err error) error {
	e := &diag.Error{Class: diag.Config, Where: where, Cause: err}
	switch faultOf(err) {
	case faultNoObject:
		e.What, e.Fix = noSuch, "check the path of the source"
	case faultNoBucket:
		e.Where, e.What, e.Fix = b.at.root(), "there is no such bucket", "check the address, and the endpoint and region under stores in the settings"
	case faultNoIdentity:
		e.What, e.Fix = "the server knows no credentials of this run", b.credentialsHelp()
	case faultDenied:
		e.What, e.Fix = "access is denied", "allow the identity of this run to list, read and write there"
	case faultEndpoint:
		e.Where, e.What, e.Fix = b.at.root(), "cannot reach the storage service", "check the endpoint under stores in the settings or in the environment"
	case faultCondition:
		e.Class, e.What, e.Fix = diag.Internal, "another version of the file was written meanwhile", "let one run at a time write there"
	case faultPassing:
		e.Class, e.What, e.Fix = diag.Internal, fmt.Sprintf("the storage service failed %d times", n), "run again later; if it persists, check the endpoint and the network"
	default:
		e.Class, e.What, e.Fix = diag.Internal, "the storage service refused the request", "check the address and what the service supports"
	}
	return e
}

func (b *bucket) credentialsHelp() string {
	if b.at.scheme == "azblob" {
		return "set AZURE_STORAGE_KEY, or sign in with a service principal, a workload or managed identity, or az login"
	}
	return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or run with a role"
}
