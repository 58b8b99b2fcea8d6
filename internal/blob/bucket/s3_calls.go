package bucket

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// name returns the name of an object as S3 has it.
func (s *s3Service) name(key string) *string { return aws.String(escape(key, "")) }

func (s *s3Service) list(ctx context.Context, prefix, delimiter, token string, most int32) (
	names []string, next string, err error,
) {
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, MaxKeys: &most}
	if prefix != "" {
		in.Prefix = s.name(prefix)
	}
	if delimiter != "" {
		in.Delimiter = &delimiter
	}
	if token != "" {
		in.ContinuationToken = &token
	}
	page, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return nil, "", err
	}
	for _, o := range page.Contents {
		names = append(names, unescape(aws.ToString(o.Key)))
	}
	for _, o := range page.CommonPrefixes {
		names = append(names, unescape(aws.ToString(o.Prefix)))
	}
	return names, aws.ToString(page.NextContinuationToken), nil
}

func (s *s3Service) head(ctx context.Context, name string) (v version, err error) {
	found, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: s.name(name)})
	if err != nil {
		return v, err
	}
	return version{aws.ToString(found.ETag), aws.ToInt64(found.ContentLength), found.Metadata[metaSum],
		aws.ToTime(found.LastModified), found.Metadata[metaPut]}, nil
}

func (s *s3Service) get(ctx context.Context, name, etag string, at, bytes int64) (io.ReadCloser, int64, error) {
	got, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.name(name), IfMatch: &etag,
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", at, at+bytes-1))})
	if err != nil {
		return nil, 0, err
	}
	return got.Body, sizeOf(got.ContentRange, got.ContentLength), nil
}

func (s *s3Service) remove(ctx context.Context, name string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.name(name)})
	return err
}

func (s *s3Service) copy(ctx context.Context, from, name string) error {
	_, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &s.bucket, Key: s.name(name),
		CopySource: aws.String(url.QueryEscape(s.bucket + "/" + *s.name(from))), IfNoneMatch: aws.String("*")})
	return err
}

const (
	// mostParts is how many parts an upload of S3 can have.
	mostParts = 10_000
	// abortTime is how long the removal of a failed upload may take; Sweep removes what it leaves.
	abortTime = 10 * time.Second
)

// put sends one block as it is, and more of them as an upload in parts. With each goes a CRC-32,
// unless AWS_REQUEST_CHECKSUM_CALCULATION says that the service does not know it.
func (s *s3Service) put(ctx context.Context, name string, v version, file io.ReaderAt, unused bool) error {
	u := &s3Upload{s3Service: s, key: s.name(name), version: v, file: file, check: types.ChecksumAlgorithmCrc32}
	if s.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		u.check = ""
	}
	if unused {
		u.unless = aws.String("*")
	}
	if v.bytes > blockSize {
		return u.inParts(ctx)
	}
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: u.key, IfNoneMatch: u.unless,
		ContentType: aws.String(contentType), Metadata: v.metadata(), ChecksumAlgorithm: u.check,
		ContentLength: &v.bytes, Body: io.NewSectionReader(file, 0, v.bytes)})
	return err
}

// s3Upload is a put.
type s3Upload struct {
	*s3Service
	key     *string
	version version
	file    io.ReaderAt
	check   types.ChecksumAlgorithm
	unless  *string // If-None-Match
	id      *string // of the upload in parts
}

// inParts sends the parts from the file and then makes the object of them. If it fails it removes
// what it sent, also when ctx has ended.
func (u *s3Upload) inParts(ctx context.Context) error {
	begun, err := u.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &u.bucket, Key: u.key,
		ContentType: aws.String(contentType), Metadata: u.version.metadata(), ChecksumAlgorithm: u.check})
	if err != nil {
		return err
	}
	u.id = begun.UploadId
	parts, err := u.parts(ctx)
	if err == nil {
		_, err = u.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &u.bucket, Key: u.key,
			UploadId: u.id, IfNoneMatch: u.unless, MpuObjectSize: &u.version.bytes,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	}
	if err != nil {
		still, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
		defer cancel()
		_, _ = u.client.AbortMultipartUpload(still, // the error that matters is the first one
			&s3.AbortMultipartUploadInput{Bucket: &u.bucket, Key: u.key, UploadId: u.id})
	}
	return err
}

// parts sends the parts.
func (u *s3Upload) parts(ctx context.Context) ([]types.CompletedPart, error) {
	size := max(blockSize, (u.version.bytes+mostParts-1)/mostParts)
	parts := make([]types.CompletedPart, (u.version.bytes+size-1)/size)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range parts {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			at, number := int64(i)*size, aws.Int32(int32(i+1))
			bytes := min(size, u.version.bytes-at)
			sent, err := u.client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &u.bucket, Key: u.key, UploadId: u.id,
				PartNumber: number, ChecksumAlgorithm: u.check, ContentLength: &bytes,
				Body: io.NewSectionReader(u.file, at, bytes)})
			if err == nil {
				parts[i] = types.CompletedPart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32}
			}
			return err
		})
	}
	return parts, group.Wait()
}
