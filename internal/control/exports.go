package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
)

// machinesPath is what the paths of export calls begin with.
const machinesPath = "/api/machines/"

// sinceQuery returns the parameters of a call for changes after a time; none for the zero time.
func sinceQuery(since time.Time) url.Values {
	query := url.Values{}
	if !since.IsZero() {
		query.Set("sinceTime", since.UTC().Format(time.RFC3339))
	}
	return query
}

// ExportFiles asks for the links of an export via files; since is for changes.
func ExportFiles(call defender.Call, since time.Time) Request[defender.ExportFilesResponse] {
	return get[defender.ExportFilesResponse](machinesPath + call.Name).with(sinceQuery(since))
}

// MissingKBs asks for the KBs that a device lacks. A page has all: no device lacks 10,000.
func MissingKBs(device string) Request[defender.Page[defender.ProductFix]] {
	return get[defender.Page[defender.ProductFix]](machinesPath + url.PathEscape(device) + "/getmissingkbs")
}

// EachRow calls yield with every row of an export by page, as the server wrote it; since is for changes.
func EachRow(ctx context.Context, s *Session, call defender.Call, since time.Time,
	yield func(json.RawMessage) error) error {
	query := sinceQuery(since)
	query.Set("pageSize", "10000")
	for path := machinesPath + call.Name; ; {
		reply, err := Do(ctx, s, get[defender.Page[json.RawMessage]](path).with(query))
		if err != nil {
			return err
		}
		for _, row := range reply.Value.Value {
			if err := yield(row); err != nil {
				return err
			}
		}
		if reply.Value.NextLink == "" {
			return nil
		}
		next, err := url.Parse(reply.Value.NextLink)
		if err != nil {
			return fmt.Errorf("reading the next link: %w", err)
		}
		path, query = strings.TrimPrefix(next.Path, s.Base.Path), next.Query()
	}
}

// Download is a file behind a signed link. A connection that breaks is made again, and goes on where
// it broke. It implements io.ReadCloser.
type Download struct {
	ctx  context.Context
	http *http.Client
	link string
	// tag is the ETag of the file: it must not change in between.
	tag        string
	size, read int64
	body       io.ReadCloser
	tries      int
}

// Open begins the download of a linked file. The link is its own permission: no token is sent.
func (s *Session) Open(ctx context.Context, link string) (*Download, error) {
	d := &Download{ctx: ctx, http: s.HTTP, link: link}
	return d, d.connect()
}

// connect asks for the file, from the first byte that is missing.
func (d *Download) connect() error {
	request, err := http.NewRequestWithContext(d.ctx, http.MethodGet, d.link, nil)
	if err != nil {
		return fmt.Errorf("reading a link: %w", err)
	}
	want := http.StatusOK
	if d.read > 0 {
		want = http.StatusPartialContent
		request.Header.Set("Range", "bytes="+strconv.FormatInt(d.read, 10)+"-")
		if d.tag != "" {
			request.Header.Set("If-Match", d.tag)
		}
	}
	response, err := d.http.Do(request)
	if err != nil {
		var failed *url.Error // its text has the link, which is a secret
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	if response.StatusCode != want {
		defer response.Body.Close()
		return readError(response)
	}
	if d.read == 0 {
		d.size, d.tag = response.ContentLength, response.Header.Get("ETag")
	}
	d.body = response.Body
	return nil
}

// maxResumes is how often in a row a download is resumed without a byte in between.
const maxResumes = 3

// Read implements io.Reader.
func (d *Download) Read(p []byte) (int, error) {
	for {
		n, err := d.body.Read(p)
		d.read += int64(n)
		if n > 0 {
			d.tries = 0
			return n, nil
		}
		if err == nil {
			continue
		}
		if errors.Is(err, io.EOF) && (d.size < 0 || d.read == d.size) {
			return 0, io.EOF
		}
		d.body.Close()
		if d.tries++; d.tries > maxResumes || d.ctx.Err() != nil {
			return 0, fmt.Errorf("%w: the download broke after %d of %d bytes: %w", ErrNoAnswer, d.read, d.size, err)
		}
		if err := d.connect(); err != nil {
			return 0, err
		}
	}
}

// Close implements io.Closer.
func (d *Download) Close() error { return d.body.Close() }
