package bucket

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// mostParts is how many parts an upload of S3 can have.
	mostParts = 10_000
	// abortTime is how long the removal of a failed upload may take; Sweep removes what it leaves.
	abortTime = 10 * time.Second
	// s3Sum is the header of a CRC-32.
	s3Sum = "X-Amz-Checksum-Crc32"
)

// s3Upload is a put.
type s3Upload struct {
	*s3Service
	key     string // as S3 has it
	version version
	file    io.ReaderAt
	unused  bool
	id      string // of the upload in parts
}

// put sends one block as it is, and more of them as an upload in parts. With each goes a CRC-32,
// unless AWS_REQUEST_CHECKSUM_CALCULATION says that the service does not know it.
func (s *s3Service) put(ctx context.Context, name string, v version, file io.ReaderAt, unused bool) error {
	u := &s3Upload{s3Service: s, key: s.name(name), version: v, file: file, unused: unused}
	if v.bytes > blockSize {
		return u.inParts(ctx)
	}
	body := io.NewSectionReader(file, 0, v.bytes)
	header := u.described()
	u.ifUnused(header)
	if err := u.summed(header, body); err != nil {
		return err
	}
	_, err := s.do(ctx, s3Request{method: http.MethodPut, key: u.key, header: header, body: body})
	return err
}

// described returns the headers that say what an object is.
func (u *s3Upload) described() http.Header {
	header := http.Header{"Content-Type": {contentType}}
	for name, value := range u.version.metadata() {
		header.Set(s3Meta+name, value)
	}
	return header
}

// ifUnused adds the condition that there is no such object, if it was asked for.
func (u *s3Upload) ifUnused(header http.Header) {
	if u.unused {
		header.Set("If-None-Match", "*")
	}
}

// summed adds the CRC-32 of what is sent, which the service compares.
func (u *s3Upload) summed(header http.Header, body *io.SectionReader) error {
	if !u.sums {
		return nil
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(body, 0, body.Size())); err != nil {
		return fmt.Errorf("reading what is to be sent: %w", err)
	}
	header.Set(s3Sum, base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum.Sum32())))
	return nil
}

// s3Part is a part that was sent.
type s3Part struct {
	Number int    `xml:"PartNumber"`
	ETag   string `xml:"ETag"`
	Sum    string `xml:"ChecksumCRC32,omitempty"`
}

// s3Parts are the parts of which an object is made.
type s3Parts struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUpload"`
	Parts   []s3Part `xml:"Part"`
}

// inParts sends the parts from the file and then makes the object of them. If it fails it removes
// what it sent, also when ctx has ended.
func (u *s3Upload) inParts(ctx context.Context) error {
	header := u.described()
	if u.sums {
		header.Set("X-Amz-Checksum-Algorithm", "CRC32")
	}
	begun, err := u.ask(ctx, s3Request{method: http.MethodPost, key: u.key, header: header, query: url.Values{"uploads": {""}}})
	if err != nil {
		return err
	}
	u.id = begun.UploadID
	parts, err := u.parts(ctx)
	if err == nil {
		err = u.complete(ctx, parts)
	}
	if err != nil {
		still, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
		defer cancel()
		_ = u.abort(still, u.key, u.id) // the error that matters is the first one
	}
	return err
}

// parts sends the parts.
func (u *s3Upload) parts(ctx context.Context) ([]s3Part, error) {
	size := max(blockSize, (u.version.bytes+mostParts-1)/mostParts)
	parts := make([]s3Part, (u.version.bytes+size-1)/size)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range parts {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			at := int64(i) * size
			parts[i], err = u.part(ctx, i+1, io.NewSectionReader(u.file, at, min(size, u.version.bytes-at)))
			return err
		})
	}
	return parts, group.Wait()
}

// part sends a part. Parts are counted from 1.
func (u *s3Upload) part(ctx context.Context, number int, body *io.SectionReader) (s3Part, error) {
	header := http.Header{}
	if err := u.summed(header, body); err != nil {
		return s3Part{}, err
	}
	sent, err := u.do(ctx, s3Request{method: http.MethodPut, key: u.key, header: header, body: body,
		query: url.Values{"partNumber": {strconv.Itoa(number)}, "uploadId": {u.id}}})
	if err != nil {
		return s3Part{}, err
	}
	return s3Part{number, sent.Get("ETag"), sent.Get(s3Sum)}, nil
}

// complete makes the object of the parts.
func (u *s3Upload) complete(ctx context.Context, parts []s3Part) error {
	text, err := xml.Marshal(s3Parts{Parts: parts})
	if err != nil {
		return fmt.Errorf("naming the parts of an upload: %w", err)
	}
	header := http.Header{"X-Amz-Mp-Object-Size": {strconv.FormatInt(u.version.bytes, 10)}, "Content-Type": {"application/xml"}}
	u.ifUnused(header)
	_, err = u.ask(ctx, s3Request{method: http.MethodPost, key: u.key, header: header, query: url.Values{"uploadId": {u.id}},
		body: io.NewSectionReader(strings.NewReader(string(text)), 0, int64(len(text)))})
	return err
}
