package clienttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// cutAfter is the number of bytes before a connection is cut. The part that is downloaded is
// several times as large.
const cutAfter = 60_000

// download is a part that was downloaded with net/http.
type download struct {
	link    string
	content []byte
}

// part downloads the first file of an export with net/http.
func (s *site) part() download {
	s.Helper()
	link := s.links("SoftwareVulnerabilitiesExport")[0]
	d := download{link, s.get(http.StatusOK, link)}
	if len(d.content) < 3*cutAfter {
		s.Fatalf("the part has %d bytes, too few to be cut", len(d.content))
	}
	return d
}

// forged is the link with a wrong signature.
func (d download) forged() string { return strings.Replace(d.link, "sig=", "sig=A", 1) }

// sum is the SHA-256 of the content, in hex.
func (d download) sum() string {
	sum := sha256.Sum256(d.content)
	return hex.EncodeToString(sum[:])
}

// host is the server's host and port.
func (s *site) host() string {
	s.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		s.Fatal(err)
	}
	return u.Host
}

// useGoStorage reads links with azblob. Package api tests how it handles single replies.
func useGoStorage(t *testing.T, s *site) {
	part := s.part()
	t.Run("The slashes of a link are not escaped; a client may send `%3D` for `=`: whole", func(t *testing.T) {
		body := bytes.NewBuffer(nil)
		if _, err := io.Copy(body, s.stream(part.link, nil)); err != nil {
			t.Fatal(err)
		}
		equal(t, "content", body.Bytes(), part.content)
	})
	t.Run("A client may send `%2F` for a slash, as Azure's URL builder does", func(t *testing.T) {
		address, query, _ := strings.Cut(part.link, "?")
		name := address[strings.Index(address, "/tvm-export/")+len("/tvm-export/"):]
		link := strings.TrimSuffix(address, name) + strings.ReplaceAll(name, "/", "%2F") + "?" + query
		body, err := io.ReadAll(s.stream(link, nil))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "content", body, part.content)
	})
	t.Run("`HEAD` and `Range` work: parallel blocks", func(t *testing.T) {
		got := make([]byte, len(part.content))
		if _, err := s.blob(part.link).DownloadBuffer(t.Context(), got,
			&blob.DownloadBufferOptions{BlockSize: 10_000, Concurrency: 5}); err != nil {
			t.Fatal(err)
		}
		equal(t, "content", got, part.content)
	})
	t.Run("after a cut connection it goes on where it was", func(t *testing.T) {
		cutter := newCutter(t, s.host(), 2, cutAfter)
		got, err := io.ReadAll(s.stream(cutter.through(part.link), &blob.RetryReaderOptions{MaxRetries: 3}))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "content", got, part.content)
		cutter.check(len(part.content))
	})
	t.Run("A link whose signature is wrong gets 403 with that code and another detail", func(t *testing.T) {
		_, err := s.blob(part.forged()).GetProperties(t.Context(), nil)
		if !bloberror.HasCode(err, bloberror.AuthenticationFailed) {
			t.Errorf("error %v, want 403", err)
		}
	})
}

// check checks that connections were cut, and that no more bytes were sent than a client needs that
// resumes.
func (c *cutter) check(size int) {
	c.Helper()
	c.stop()
	if left := c.left.Load(); left > 0 {
		c.Errorf("%d connections were not cut", left)
	}
	if passed := c.passed.Load(); passed > int64(size)*3/2 {
		c.Errorf("%d bytes were sent for a file of %d", passed, size)
	}
}

// blob returns Azure's client of a link.
func (s *site) blob(link string) *blob.Client {
	s.Helper()
	var options blob.ClientOptions
	options.Transport = s.http
	client, err := blob.NewClientWithNoCredential(link, &options)
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// stream begins to read a link. With options it resumes after failures.
func (s *site) stream(link string, again *blob.RetryReaderOptions) io.Reader {
	s.Helper()
	reply, err := s.blob(link).DownloadStream(s.Context(), nil)
	if err != nil {
		s.Fatal(err)
	}
	body := reply.Body
	if again != nil {
		body = reply.NewRetryReader(s.Context(), again)
	}
	s.Cleanup(func() { body.Close() })
	return body
}

// useNodeStorage reads links with @azure/storage-blob.
func useNodeStorage(t *testing.T, s *site) {
	part := s.part()
	cutter := newCutter(t, s.host(), 2, cutAfter)
	whole := part.sum()
	got := script[struct {
		Type, ContentType, Tag        string
		Length                        int
		Exists                        bool
		Stream, Blocks, File, Resumed string // SHA-256
		Range                         string
		EchoedRequestID               bool
		NotModified                   int
		Refused                       map[string]string
	}](s, "storage.js", part.link, cutter.through(part.link), part.forged())
	equal(t, "blob type", got.Type, "BlockBlob")
	equal(t, "content type", got.ContentType, "application/octet-stream")
	equal(t, "length", got.Length, len(part.content))
	equal(t, "exists", got.Exists, true)
	equal(t, "request id comes back", got.EchoedRequestID, true)
	equal(t, "whole", got.Stream, whole)
	equal(t, "parallel blocks", got.Blocks, whole)
	equal(t, "file", got.File, whole)
	equal(t, "range", got.Range, hex.EncodeToString(part.content[100:200]))
	equal(t, "after a cut connection", got.Resumed, whole)
	equal(t, "not modified", got.NotModified, http.StatusNotModified)
	equal(t, "refusals", got.Refused, map[string]string{
		"signature": "403 AuthenticationFailed", "signature, by HEAD": "403 AuthenticationFailed",
		"range": "416 InvalidRange", "ETag": "412 ConditionNotMet", "tags": "400 InvalidQueryParameterValue",
	})
	cutter.check(len(part.content))
}
