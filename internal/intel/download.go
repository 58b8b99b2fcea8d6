package intel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// ErrInsecure says that an address is neither https nor local: feeds decide what a fleet is told.
var ErrInsecure = errors.New("not an https address")

// StatusError says that a server answered, and not with what was asked for.
type StatusError struct {
	Code   int
	Status string
}

func (e *StatusError) Error() string { return fmt.Sprintf("the server answered %q", e.Status) }

// maxDescription bounds a document that only says where the data is.
const maxDescription = 8 << 20

// Download fetches a feed's raw files. The zero value uses the default client
// and the default limit.
type Download struct {
	Client *http.Client
	// MaxBytes bounds one file; zero is 8 GiB.
	MaxBytes int64
	// Accept is the media type that is asked for; empty for any.
	Accept string
	// Sums, if not nil, returns the hashes that the publisher names for a file that has changed.
	Sums func(ctx context.Context, name, address string) ([]Sum, error)
}

// ErrNoAddress says that a feed is not fetched, because nobody publishes its kind and nobody said from where.
var ErrNoAddress = errors.New("nobody publishes this kind: import it, or name an address")

// From is Files of one file of a feed that nobody publishes, from an address of the operator's; ErrNoAddress without
// one.
func (d Download) From(ctx context.Context, dst *os.Root, since Mark, name, address string) (Mark, error) {
	if address == "" {
		return "", ErrNoAddress
	}
	return d.Files(ctx, dst, since, map[string]string{name: address})
}

// Files updates the named files in dst from their addresses, each requested with the validator of
// its last answer. The returned mark has the validators of all of them.
func (d Download) Files(ctx context.Context, dst *os.Root, since Mark, addresses map[string]string) (Mark, error) {
	known, err := since.validators()
	if err != nil {
		return since, err
	}
	next := make(map[string]validator, len(addresses))
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		last := known[name]
		if _, err := dst.Stat(name); err != nil || last.URL != addresses[name] {
			last = validator{URL: addresses[name]}
		}
		if next[name], err = d.file(ctx, dst, name, last); errors.Is(err, ErrSum) { // it was perhaps being replaced
			next[name], err = d.file(ctx, dst, name, last)
		}
		if err != nil {
			return since, err
		}
	}
	text, err := json.Marshal(next)
	return Mark(text), err
}

// validator is the server's value for asking whether a file has changed.
type validator struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

func (m Mark) validators() (map[string]validator, error) {
	if m == "" {
		return nil, nil
	}
	var known map[string]validator
	if err := json.Unmarshal([]byte(m), &known); err != nil {
		return nil, fmt.Errorf("reading mark %.100q: %w", m, err)
	}
	return known, nil
}

// file fetches one file unless it is unchanged, and returns its new validator.
func (d Download) file(ctx context.Context, dst *os.Root, name string, last validator) (validator, error) {
	reply, err := d.get(ctx, last)
	if err != nil {
		return last, err
	}
	defer reply.Body.Close()
	if reply.StatusCode == http.StatusNotModified {
		return last, nil
	}
	limit := d.MaxBytes
	if limit == 0 {
		limit = 8 << 30
	}
	sums := storageSums(reply)
	if d.Sums != nil {
		named, err := d.Sums(ctx, name, last.URL)
		if err != nil {
			return last, err
		}
		sums = append(sums, named...)
	}
	if err := replace(dst, name, reply.Body, limit, sums); err != nil {
		return last, fmt.Errorf("fetching %q: %w", last.URL, err)
	}
	return validator{URL: last.URL, ETag: reply.Header.Get("ETag"), Modified: reply.Header.Get("Last-Modified")}, nil
}

// Bytes fetches a small document that says where the data is.
func (d Download) Bytes(ctx context.Context, address string) ([]byte, error) {
	return d.BytesUpTo(ctx, address, maxDescription)
}

// BytesUpTo fetches a document of at most so many bytes.
func (d Download) BytesUpTo(ctx context.Context, address string, most int64) ([]byte, error) {
	reply, err := d.get(ctx, validator{URL: address})
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(io.LimitReader(reply.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", address, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("fetching %q: more than %d bytes: %w", address, most, ErrTooLarge)
	}
	return data, nil
}

// SHA256Beside returns the sum in the file that a publisher has beside another one, under its name and ".sha256": the
// hash, and perhaps the name of the file (CSAF 2.0, section 7.1.18). There is none if the publisher has no such file.
func (d Download) SHA256Beside(ctx context.Context, address string) ([]Sum, error) {
	text, err := d.Beside(ctx, address+".sha256")
	if err != nil || text == "" {
		return nil, err
	}
	digits, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	sum, err := SHA256(digits)
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", address+".sha256", err)
	}
	return []Sum{sum}, nil
}

// Beside fetches the small text that says what a file must be; "" if there is none.
func (d Download) Beside(ctx context.Context, address string) (string, error) {
	text, err := d.BytesUpTo(ctx, address, maxBeside)
	var status *StatusError
	if errors.As(err, &status) {
		switch status.Code {
		case http.StatusNotFound, http.StatusGone, http.StatusForbidden: // object storage says 403 of what is not there
			return "", nil
		}
	}
	return string(text), err
}

// maxBeside bounds such a text, in bytes.
const maxBeside = 64 << 10

// tries is how often a document that is kept packed is asked for.
const tries = 2

// Packed fetches a document of at most so many bytes and writes it packed by gzip, as file name of dst. A document that
// check refuses is not kept.
func (d Download) Packed(ctx context.Context, dst *os.Root, name, address string, most int64,
	check func(text []byte) error) error {
	var text []byte
	var err error
	for range tries {
		if text, err = d.BytesUpTo(ctx, address, most); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return err
	}
	if err := check(text); err != nil {
		return fmt.Errorf("fetching %q: %w", address, err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err = z.Write(text); err == nil {
		err = z.Close()
	}
	if err != nil {
		return fmt.Errorf("packing %q: %w", address, err)
	}
	return Replace(dst, name, &packed, int64(packed.Len()))
}

// get requests last.URL. The status of the answer is 200, or 304 if last has a validator.
func (d Download) get(ctx context.Context, last validator) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, last.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", last.URL, err)
	}
	if err := checkSecure(request.URL); err != nil {
		return nil, err
	}
	setIf(request.Header, "Accept", d.Accept)
	setIf(request.Header, "If-None-Match", last.ETag)
	setIf(request.Header, "If-Modified-Since", last.Modified)
	reply, err := d.client().Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", last.URL, err)
	}
	conditional := last.ETag != "" || last.Modified != ""
	if reply.StatusCode != http.StatusOK && (reply.StatusCode != http.StatusNotModified || !conditional) {
		reply.Body.Close()
		return nil, fmt.Errorf("fetching %q: %w", last.URL, &StatusError{reply.StatusCode, reply.Status})
	}
	return reply, nil
}

func setIf(header http.Header, key, value string) {
	if value != "" {
		header.Set(key, value)
	}
}

// client returns the given client, which then follows only secure redirects.
func (d Download) client() *http.Client {
	client := http.Client{}
	if d.Client != nil {
		client = *d.Client
	}
	next := client.CheckRedirect
	client.CheckRedirect = func(request *http.Request, via []*http.Request) error {
		if err := checkSecure(request.URL); err != nil {
			return err
		}
		if next != nil {
			return next(request, via)
		}
		if len(via) >= 10 {
			return errors.New("more than 10 redirects")
		}
		return nil
	}
	return &client
}

func checkSecure(u *url.URL) error {
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" || u.Scheme == "http" && local {
		return nil
	}
	return fmt.Errorf("address %q: %w", u.Redacted(), ErrInsecure)
}

// Replace writes r, at most limit bytes, as file name in one step: after an error the old file is still there.
func Replace(dst *os.Root, name string, r io.Reader, limit int64) error {
	return replace(dst, name, r, limit, nil)
}

// replace is Replace for a file with sums.
func replace(dst *os.Root, name string, r io.Reader, limit int64, sums []Sum) error {
	partial := name + ".partial"
	err := write(dst, partial, r, limit)
	if err == nil {
		err = checkFile(dst, partial, sums)
	}
	if err != nil {
		return errors.Join(err, dst.Remove(partial))
	}
	return dst.Rename(partial, name)
}

func write(dst *os.Root, name string, r io.Reader, limit int64) error {
	f, err := dst.Create(name)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	return errors.Join(err, f.Close())
}
