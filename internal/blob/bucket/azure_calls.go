package bucket

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azobject "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

func (a *azureService) object(name string) *azobject.Client {
	return a.in.NewBlobClient(escape(name, azureStrange))
}

func (a *azureService) list(ctx context.Context, prefix, delimiter, token string, most int32) (
	names []string, next string, err error,
) {
	prefix = escape(prefix, azureStrange)
	options := &container.ListBlobsHierarchyOptions{Prefix: &prefix, MaxResults: &most}
	if token != "" {
		options.Marker = &token
	}
	page, err := a.in.NewListBlobsHierarchyPager(delimiter, options).NextPage(ctx)
	if err != nil {
		return nil, "", err
	}
	for _, o := range page.Segment.BlobPrefixes {
		names = append(names, unescape(*o.Name))
	}
	for _, o := range page.Segment.BlobItems {
		names = append(names, unescape(*o.Name))
	}
	if page.NextMarker != nil {
		next = *page.NextMarker
	}
	return names, next, nil
}

func (a *azureService) head(ctx context.Context, name string) (v version, err error) {
	found, err := a.object(name).GetProperties(ctx, nil)
	if err != nil {
		return v, err
	}
	if found.ETag == nil || found.ContentLength == nil {
		return v, fmt.Errorf("%w: it has no ETag or no length", errShort)
	}
	v.etag, v.bytes = string(*found.ETag), *found.ContentLength
	if found.LastModified != nil {
		v.modified = *found.LastModified
	}
	for meta, value := range found.Metadata {
		switch strings.ToLower(meta) { // it is a header
		case metaSum:
			v.sum = *value
		case metaPut:
			v.put = *value
		}
	}
	return v, nil
}

func (a *azureService) get(ctx context.Context, name, etag string, at, bytes int64) (io.ReadCloser, int64, error) {
	match := azcore.ETag(etag)
	got, err := a.object(name).DownloadStream(ctx, &azobject.DownloadStreamOptions{
		Range:            azobject.HTTPRange{Offset: at, Count: bytes},
		AccessConditions: onlyIf(&azobject.ModifiedAccessConditions{IfMatch: &match}),
	})
	if err != nil {
		return nil, 0, err
	}
	return got.Body, sizeOf(got.ContentRange, got.ContentLength), nil
}

func onlyIf(conditions *azobject.ModifiedAccessConditions) *azobject.AccessConditions {
	return &azobject.AccessConditions{ModifiedAccessConditions: conditions}
}

// onlyUnused is the condition that there is no such object.
func onlyUnused() *azobject.AccessConditions {
	unused := azcore.ETagAny
	return onlyIf(&azobject.ModifiedAccessConditions{IfNoneMatch: &unused})
}

// put sends a CRC-64 with each block.
func (a *azureService) put(ctx context.Context, name string, v version, file io.ReaderAt, unused bool) error {
	kind := contentType
	options := &blockblob.UploadStreamOptions{
		BlockSize:               blockSize,
		Concurrency:             atOnce,
		TransactionalValidation: azobject.TransferValidationTypeComputeCRC64(),
		HTTPHeaders:             &azobject.HTTPHeaders{BlobContentType: &kind},
		Metadata:                map[string]*string{},
	}
	for meta, value := range v.metadata() {
		options.Metadata[meta] = &value
	}
	if unused {
		options.AccessConditions = onlyUnused()
	}
	_, err := a.in.NewBlockBlobClient(escape(name, azureStrange)).
		UploadStream(ctx, io.NewSectionReader(file, 0, v.bytes), options)
	return err
}

func (a *azureService) remove(ctx context.Context, name string) error {
	_, err := a.object(name).Delete(ctx, nil)
	return err
}

// copyDelay is how often the service is asked whether it has copied.
const copyDelay = 500 * time.Millisecond

// copy waits until the service has copied: within an account it mostly has at once.
func (a *azureService) copy(ctx context.Context, from, name string) error {
	to := a.object(name)
	begun, err := to.StartCopyFromURL(ctx, a.object(from).URL(),
		&azobject.StartCopyFromURLOptions{AccessConditions: onlyUnused()})
	if err != nil {
		return err
	}
	status := begun.CopyStatus
	for failed := 0; status != nil && *status == azobject.CopyStatusTypePending; {
		wait := time.NewTimer(copyDelay)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
		found, err := to.GetProperties(ctx, nil)
		if err == nil {
			status = found.CopyStatus
		} else if failed++; failed == 3 {
			return err
		}
	}
	if status != nil && *status != azobject.CopyStatusTypeSuccess {
		return fmt.Errorf("the copy ended as %s", *status)
	}
	return nil
}
