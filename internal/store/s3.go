package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// s3Bucket is a bucket of AWS or of a server that speaks its protocol.
type s3Bucket struct {
	client minio.Core
	bucket string
	creds  *credentials.Credentials
}

// digestKey is the metadata in which an object's digest is kept.
const digestKey = "Sha256"

// newS3 takes the credentials that AWS's own tools would: the environment, the
// shared credentials file (static keys, a process, single sign-on), a web
// identity, the container's or the machine's role; and none where there are
// none, for public buckets.
func newS3(at place, s Service) (objects, error) {
	host, secure, err := s.host("s3.amazonaws.com")
	if err != nil {
		return nil, err
	}
	creds := credentials.New(&identity{Chain: credentials.Chain{Providers: []credentials.Provider{
		&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Client: &http.Client{Timeout: rolePatience}},
	}}})
	opt := &minio.Options{
		Creds: creds, Secure: secure, Region: s.Region,
		MaxRetries: 1, // a bucket repeats requests itself
	}
	if s.PathStyle != nil {
		opt.BucketLookup = minio.BucketLookupDNS
		if *s.PathStyle {
			opt.BucketLookup = minio.BucketLookupPath
		}
	}
	client, err := minio.New(host, opt)
	if err != nil {
		return nil, s.badEndpoint(err)
	}
	return &s3Bucket{client: minio.Core{Client: client}, bucket: at.bucket, creds: creds}, nil
}

// rolePatience bounds the question for a machine's role, which nobody answers
// outside of a cloud.
const rolePatience = 5 * time.Second

// identity is a chain of providers that remembers that none of them has
// credentials, so that it is found out once and not for every request.
type identity struct {
	credentials.Chain
	none bool
}

func (i *identity) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	v, err := i.Chain.RetrieveWithCredContext(cc)
	i.none = err == nil && v.SignerType.IsAnonymous()
	return v, err
}

func (i *identity) IsExpired() bool { return !i.none && i.Chain.IsExpired() }

func (b *s3Bucket) list(ctx context.Context, prefix string, deep bool) ([]object, error) {
	var out []object
	for o := range b.client.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: deep}) {
		if o.Err != nil {
			return nil, b.failure(o.Err)
		}
		out = append(out, object{key: o.Key, size: o.Size, version: o.ETag})
	}
	return out, nil
}

func (b *s3Bucket) stat(ctx context.Context, key string) (object, error) {
	o, err := b.client.StatObject(ctx, b.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return object{}, b.failure(err)
	}
	return object{key: key, size: o.Size, version: o.ETag, digest: o.UserMetadata[digestKey]}, nil
}

func (b *s3Bucket) get(ctx context.Context, key, version string, off, n int64) (io.ReadCloser, error) {
	var opt minio.GetObjectOptions
	if n >= 0 {
		if err := opt.SetRange(off, off+n-1); err != nil {
			return nil, err
		}
	}
	if version != "" {
		if err := opt.SetMatchETag(version); err != nil {
			return nil, err
		}
	}
	body, o, header, err := b.client.GetObject(ctx, b.bucket, key, opt)
	if err != nil {
		return nil, b.failure(err)
	}
	// Not every server knows conditions and ranges; the answer says what it is.
	switch {
	case version != "" && o.ETag != version:
		err = &failure{faultCondition, errors.New("another version was sent")}
	case n >= 0 && !strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", off)):
		err = &failure{faultUnsupported, errors.New("the server does not send parts of objects")}
	}
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return body, nil
}

func (b *s3Bucket) put(ctx context.Context, key string, body io.ReaderAt, size int64, opt putOptions) error {
	// An empty body signed in chunks confuses some servers.
	o := minio.PutObjectOptions{DisableContentSha256: size == 0}
	if opt.digest != "" {
		o.UserMetadata = map[string]string{digestKey: opt.digest}
	}
	switch {
	case opt.absent:
		o.SetMatchETagExcept("*")
	case opt.version != "":
		o.SetMatchETag(opt.version)
	}
	_, err := b.client.Client.PutObject(ctx, b.bucket, key, io.NewSectionReader(body, 0, size), size, o)
	return b.failure(err)
}

func (b *s3Bucket) remove(ctx context.Context, key string) error {
	err := b.failure(b.client.RemoveObject(ctx, b.bucket, key, minio.RemoveObjectOptions{}))
	if faultOf(err) == faultNoObject {
		return nil
	}
	return err
}

// failure tells an error's kind.
func (b *s3Bucket) failure(err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	if answer.Code == "" && answer.StatusCode == 0 {
		kind := ofNetwork(err)
		if wrapped, ok := errors.AsType[*url.Error](err); ok { // the transport's
			err = wrapped.Err // without the address, which the message names
			switch text := err.Error(); {
			case strings.Contains(text, "server gave HTTP response to HTTPS client"):
				kind = faultEndpoint
			case strings.HasPrefix(text, "Connection closed by foreign host"):
				kind, err = faultPassing, errors.New("the connection was lost")
			case kind == faultOther:
				kind = faultPassing
			}
		}
		return &failure{kind, err}
	}
	kind := ofStatus(answer.StatusCode)
	switch answer.Code {
	case "NoSuchBucket", "InvalidBucketName":
		kind = faultNoBucket
	case "NoSuchKey":
		kind = faultNoObject
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidTokenId", "InvalidToken", "ExpiredToken", "ExpiredTokenException":
		kind = faultNoIdentity
	case "PreconditionFailed", "ConditionalRequestConflict":
		kind = faultCondition
	case "NotImplemented":
		kind = faultUnsupported
	case "SlowDown", "RequestTimeout", "InternalError", "Throttling", "ThrottlingException", "RequestLimitExceeded":
		kind = faultPassing
	case "AuthorizationHeaderMalformed", "InvalidRegion":
		if answer.Region != "" { // the client has learnt the region
			kind = faultPassing
		}
	}
	if kind == faultDenied {
		if v, err := b.creds.GetWithContext(nil); err == nil && v.SignerType.IsAnonymous() {
			kind = faultNoIdentity
		}
	}
	text, code := strings.TrimSuffix(answer.Error(), "."), answer.Code
	if code == "" {
		code = http.StatusText(answer.StatusCode)
	}
	if text != code {
		text += " (" + code + ")"
	}
	return &failure{kind, errors.New(text)}
}
