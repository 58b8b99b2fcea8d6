package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/httpbinding"
)

// s3Request is a request about an object, or about the bucket if key is "".
type s3Request struct {
	method string
	key    string // as S3 has it
	query  url.Values
	header http.Header
	body   *io.SectionReader // nil for none
}

// s3Error is a reply of S3 that says that it did not do what it was asked for.
type s3Error struct {
	status int
	code   string // "" if the reply had none, as replies to HEAD
}

// Error is the status with the code.
func (e *s3Error) Error() string { return strings.TrimSpace(fmt.Sprintf("%d %s", e.status, e.code)) }

// HTTPStatusCode is the status of the reply.
func (e *s3Error) HTTPStatusCode() int { return e.status }

// ErrorCode is S3's name of the error.
func (e *s3Error) ErrorCode() string { return e.code }

const (
	// s3Meta begins the header of metadata.
	s3Meta = "X-Amz-Meta-"
	// mostReply is how long the text of a reply may be, in bytes: a page of names has a thousand of a kilobyte each,
	// of which XML may make more.
	mostReply = 16 << 20
	// mostError is how much of the text of an error is read.
	mostError = 64 << 10
)

// unsigned is the hash of a body that only TLS and its checksum protect, as AWS's clients send files.
const unsigned = "UNSIGNED-PAYLOAD"

// send makes a request, a few times if it fails in passing, and returns a reply of success. Its body is still to be
// read.
func (s *s3Service) send(ctx context.Context, r s3Request) (*http.Response, error) {
	for left, delay := s.attempts, firstDelay; ; delay *= 2 {
		reply, err := s.once(ctx, r)
		if left--; err == nil || left == 0 || ctx.Err() != nil || kindOf(err) != passing {
			return reply, err
		}
		wait := time.NewTimer(delay/2 + rand.N(delay/2))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
}

// once makes a request once.
func (s *s3Service) once(ctx context.Context, r s3Request) (*http.Response, error) {
	request, hash, err := s.request(ctx, r)
	if err != nil {
		return nil, err
	}
	keys, err := s.who.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Amz-Content-Sha256", hash)
	if err := s.signer.SignHTTP(ctx, keys, request, hash, "s3", s.region, time.Now()); err != nil {
		return nil, fmt.Errorf("signing a request: %w", err)
	}
	reply, err := s.http.Do(request)
	if err != nil || reply.StatusCode/100 == 2 {
		return reply, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, mostError))
	if err != nil {
		return nil, err
	}
	var said s3Said
	_ = xml.Unmarshal(text, &said) // without it, the status says enough
	return nil, &s3Error{reply.StatusCode, said.Code}
}

// request makes what is sent, and the hash of its body.
func (s *s3Service) request(ctx context.Context, r s3Request) (*http.Request, string, error) {
	at := *s.at
	if r.key != "" {
		at.Path, at.RawPath = s.at.Path+"/"+r.key, s.at.EscapedPath()+"/"+httpbinding.EscapePath(r.key, false)
	} else if at.Path == "" {
		at.Path = "/"
	}
	at.RawQuery = strings.ReplaceAll(r.query.Encode(), "+", "%20")
	request, err := http.NewRequestWithContext(ctx, r.method, at.String(), nil)
	if err != nil {
		return nil, "", fmt.Errorf("making a request: %w", err)
	}
	request.URL = &at
	maps.Copy(request.Header, r.header)
	request.Header.Set("User-Agent", "muster")
	request.Header.Set("Accept-Encoding", "identity")
	if r.body == nil || r.body.Size() == 0 {
		none := sha256.Sum256(nil)
		return request, hex.EncodeToString(none[:]), nil
	}
	anew := func() io.ReadCloser { return io.NopCloser(io.NewSectionReader(r.body, 0, r.body.Size())) }
	request.Body, request.ContentLength = anew(), r.body.Size()
	request.GetBody = func() (io.ReadCloser, error) { return anew(), nil }
	if at.Scheme == "https" {
		return request, unsigned, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, anew()); err != nil {
		return nil, "", fmt.Errorf("reading what is to be sent: %w", err)
	}
	return request, hex.EncodeToString(sum.Sum(nil)), nil
}

// s3Said is what replies say in XML, those of errors and the others.
type s3Said struct {
	XMLName xml.Name
	Code    string // of an error

	Keys   []string `xml:"Contents>Key"`
	Common []string `xml:"CommonPrefixes>Prefix"`
	Next   string   `xml:"NextContinuationToken"`

	UploadID string    `xml:"UploadId"`
	Uploads  []s3Begun `xml:"Upload"`
	More     bool      `xml:"IsTruncated"`
	NextKey  string    `xml:"NextKeyMarker"`
	NextID   string    `xml:"NextUploadIdMarker"`
}

// s3Begun is an upload that has not ended.
type s3Begun struct {
	Key       string
	UploadID  string `xml:"UploadId"`
	Initiated time.Time
}

// ask makes a request whose reply is XML. Some calls say that they failed behind a status of success.
func (s *s3Service) ask(ctx context.Context, r s3Request) (said s3Said, err error) {
	reply, err := s.send(ctx, r)
	if err != nil {
		return said, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, mostReply))
	if err != nil {
		return said, err
	}
	if err := xml.NewDecoder(bytes.NewReader(text)).Decode(&said); err != nil {
		return said, &s3Error{reply.StatusCode, ""}
	}
	if said.XMLName.Local == "Error" {
		return said, &s3Error{reply.StatusCode, said.Code}
	}
	return said, nil
}

// do makes a request whose reply has no content.
func (s *s3Service) do(ctx context.Context, r s3Request) (http.Header, error) {
	reply, err := s.send(ctx, r)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(reply.Body, mostError)) // so that the connection can be used again
	return reply.Header, err
}
