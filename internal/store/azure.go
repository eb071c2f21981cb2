package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"accounthealth/internal/diag"
)

// azureContainer is a container of a storage account.
type azureContainer struct {
	client *container.Client
}

// newAzure signs with the account's key where one is given, else asks for tokens
// as Azure's own tools do: a service principal in the environment, a workload
// identity, a managed identity, a developer's sign-in.
func newAzure(at place, s Service, key string) (objects, error) {
	account := "https://" + at.account + ".blob.core.windows.net"
	if s.Endpoint != "" {
		host, secure, err := s.host("")
		if err != nil {
			return nil, err
		}
		account = "http://" + host
		if secure {
			account = "https://" + host
		}
	}
	address := account + "/" + at.bucket
	opt := &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Retry: policy.RetryOptions{MaxRetries: -1}, // a bucket repeats requests itself
	}}
	var client *container.Client
	var err error
	if key != "" {
		shared, kerr := container.NewSharedKeyCredential(at.account, key)
		if kerr != nil {
			return nil, diag.Errorf(diag.Config, at.root(), "copy the account's key again", "AZURE_STORAGE_KEY is not a storage account key")
		}
		client, err = container.NewClientWithSharedKeyCredential(address, shared, opt)
	} else {
		token, terr := azidentity.NewDefaultAzureCredential(nil)
		if terr != nil {
			return nil, diag.Errorf(diag.Config, at.root(), "set AZURE_STORAGE_KEY, or sign in with a service principal, a workload or managed identity, or az login", "there are no Azure credentials")
		}
		client, err = container.NewClient(address, token, opt)
	}
	if err != nil {
		return nil, s.badEndpoint(err)
	}
	return &azureContainer{client}, nil
}

func (c *azureContainer) list(ctx context.Context, prefix string, deep bool) ([]object, error) {
	var out []object
	add := func(items []*container.BlobItem) {
		for _, i := range items {
			o := object{key: *i.Name}
			if p := i.Properties; p != nil {
				if p.ContentLength != nil {
					o.size = *p.ContentLength
				}
				o.version = etag(p.ETag)
			}
			out = append(out, o)
		}
	}
	if deep {
		pages := c.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, azureFailure(err)
			}
			add(page.Segment.BlobItems)
		}
		return out, nil
	}
	pages := c.client.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, azureFailure(err)
		}
		add(page.Segment.BlobItems)
		for _, p := range page.Segment.BlobPrefixes {
			out = append(out, object{key: *p.Name})
		}
	}
	return out, nil
}

func etag(e *azcore.ETag) string {
	if e == nil {
		return ""
	}
	return strings.Trim(string(*e), `"`)
}

func (c *azureContainer) stat(ctx context.Context, key string) (object, error) {
	p, err := c.client.NewBlobClient(key).GetProperties(ctx, nil)
	if err != nil {
		return object{}, azureFailure(err)
	}
	o := object{key: key, version: etag(p.ETag)}
	if p.ContentLength != nil {
		o.size = *p.ContentLength
	}
	for k, v := range p.Metadata {
		if strings.EqualFold(k, digestKey) && v != nil {
			o.digest = *v
		}
	}
	return o, nil
}

// conditions turns an ETag, or its absence, into access conditions.
func conditions(version string, absent bool) *blob.AccessConditions {
	c := &blob.ModifiedAccessConditions{}
	switch {
	case absent:
		star := azcore.ETagAny
		c.IfNoneMatch = &star
	case version != "":
		quoted := azcore.ETag(`"` + version + `"`)
		c.IfMatch = &quoted
	}
	return &blob.AccessConditions{ModifiedAccessConditions: c}
}

func (c *azureContainer) get(ctx context.Context, key, version string, off, n int64) (io.ReadCloser, error) {
	opt := &blob.DownloadStreamOptions{AccessConditions: conditions(version, false)}
	if n >= 0 {
		opt.Range = blob.HTTPRange{Offset: off, Count: n}
	}
	r, err := c.client.NewBlobClient(key).DownloadStream(ctx, opt)
	if err != nil {
		return nil, azureFailure(err)
	}
	return r.Body, nil
}

// blockSize is the size above which, and the blocks in which, a blob is uploaded
// in parts.
const blockSize = 16 << 20

func (c *azureContainer) put(ctx context.Context, key string, body io.ReaderAt, size int64, opt putOptions) error {
	client := c.client.NewBlockBlobClient(key)
	metadata := map[string]*string{}
	if opt.digest != "" {
		metadata[digestKey] = &opt.digest
	}
	access := conditions(opt.version, opt.absent)
	part := func(off, n int64) io.ReadSeekCloser { return streaming.NopCloser(io.NewSectionReader(body, off, n)) }
	if size <= blockSize {
		_, err := client.Upload(ctx, part(0, size), &blockblob.UploadOptions{Metadata: metadata, AccessConditions: access})
		return azureFailure(err)
	}
	var ids []string
	for off := int64(0); off < size; off += blockSize {
		id := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(off)))
		if _, err := client.StageBlock(ctx, id, part(off, min(blockSize, size-off)), nil); err != nil {
			return azureFailure(err)
		}
		ids = append(ids, id)
	}
	_, err := client.CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{Metadata: metadata, AccessConditions: access})
	return azureFailure(err)
}

func (c *azureContainer) remove(ctx context.Context, key string) error {
	_, err := c.client.NewBlobClient(key).Delete(ctx, nil)
	if err = azureFailure(err); faultOf(err) == faultNoObject {
		return nil
	}
	return err
}

// azureFailure tells an error's kind.
func azureFailure(err error) error {
	if err == nil {
		return nil
	}
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		if _, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok || strings.Contains(err.Error(), "DefaultAzureCredential") {
			return &failure{faultNoIdentity, errors.New(firstLine(err))}
		}
		return &failure{ofNetwork(err), errors.New(firstLine(err))}
	}
	kind := ofStatus(answer.StatusCode)
	switch answer.ErrorCode {
	case "ContainerNotFound", "AccountIsDisabled", "ResourceNotFound":
		kind = faultNoBucket
	case "AuthenticationFailed", "NoAuthenticationInformation", "InvalidAuthenticationInfo":
		kind = faultNoIdentity
	case "ServerBusy", "InternalError", "OperationTimedOut":
		kind = faultPassing
	}
	code := answer.ErrorCode
	if code == "" {
		code = http.StatusText(answer.StatusCode)
	}
	return &failure{kind, fmt.Errorf("%s (status %d)", code, answer.StatusCode)}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
