package control

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/counts"
)

// Feed is one source of intelligence.
type Feed struct {
	Kind         string     `json:"kind"`
	Name         string     `json:"name"`
	URL          string     `json:"url,omitempty"`
	Records      int64      `json:"records"`
	Bytes        int64      `json:"bytes"`
	ImportedTime *time.Time `json:"importedTime,omitempty"`
	CheckedTime  *time.Time `json:"checkedTime,omitempty"`
	Failure      string     `json:"failure,omitempty"`
	// Failures is how many refreshes in a row failed.
	Failures int64 `json:"failures,omitempty"`
	// AsOfTime is the time up to which the feed knows, OldTime when it is, or was, too old to judge by.
	AsOfTime *time.Time `json:"asOfTime,omitempty"`
	OldTime  *time.Time `json:"oldTime,omitempty"`
	// Bundle is the bundle that the feed is from.
	Bundle *FeedBundle `json:"bundle,omitempty"`
	// Rejected counts records that were left out because they could not be used.
	Rejected int64 `json:"rejected"`
	// Contents says what the records are about; null from a server that does not know yet.
	Contents *Encoded[counts.FeedContents] `json:"contents"`
	// Rejections are the first of the records that were left out, if they were asked for.
	Rejections []counts.Rejection `json:"rejections,omitzero"`
}

// FeedBundle is a bundle of feeds: the id of the key that signed it, and when it was made.
type FeedBundle struct {
	Key      string    `json:"key"`
	MadeTime time.Time `json:"madeTime"`
}

// RemovedFeed is a feed that was removed and did not come again. What only it knew is no longer
// assessed.
type RemovedFeed struct {
	Kind        string                        `json:"kind"`
	Name        string                        `json:"name"`
	Records     int64                         `json:"records"`
	RemovedTime time.Time                     `json:"removedTime"`
	Contents    *Encoded[counts.FeedContents] `json:"contents"`
}

// BuiltCatalog is the catalog that the next generation uses.
type BuiltCatalog struct {
	ID        string                  `json:"id"`
	BuiltTime time.Time               `json:"builtTime"`
	Summary   Encoded[counts.Catalog] `json:"summary"`
}

// FeedList is the reply to GET /v1/feeds; Catalog is null before the first
// import.
type FeedList struct {
	Feeds   []Feed        `json:"feeds"`
	Catalog *BuiltCatalog `json:"catalog"`
	Build   *Build        `json:"build"`
	// Removed are the feeds that were removed since the organization's last snapshot took its feeds.
	Removed []RemovedFeed `json:"removed"`
}

// Build is one build of the catalog: its state is "waiting", "running", "built" or "failed".
type Build struct {
	Number int64 `json:"number"`
	// URL is where the build's state can be read.
	URL       string     `json:"url"`
	State     string     `json:"state"`
	AskedTime time.Time  `json:"askedTime"`
	BegunTime *time.Time `json:"begunTime,omitempty"`
	EndedTime *time.Time `json:"endedTime,omitempty"`
	// Failure is why it failed; the previous catalog stays in use.
	Failure string `json:"failure,omitempty"`
	// Catalog is the id of the catalog that was built.
	Catalog string                   `json:"catalog,omitempty"`
	Summary *Encoded[counts.Catalog] `json:"summary,omitempty"`
}

// Imported is the outcome for one feed.
type Imported struct {
	Feed
	Unchanged bool `json:"unchanged,omitempty"`
	// Skipped counts records that could not be used; Odd tells why for the first of them.
	Skipped int      `json:"skipped"`
	Odd     []string `json:"odd,omitempty"`
	// Notes are things that people should know of the feed; none is an error.
	Notes []string `json:"notes"`
	Error string   `json:"error,omitempty"`
}

// FeedsReply is the reply to imports and refreshes. Catalog is null if no new one was needed
// or it is not built yet; Build is the build that makes it.
type FeedsReply struct {
	Feeds   []Imported               `json:"feeds"`
	Catalog *Encoded[counts.Catalog] `json:"catalog"`
	Build   *Build                   `json:"build"`
	// Bundle is what was imported, if it was a bundle.
	Bundle *FeedBundle `json:"bundle,omitempty"`
}

const feedsPath = "/v1/feeds"

// ListFeeds lists feeds, and the catalog that was built from them; with rejected also the first
// records of each that were left out.
func ListFeeds(rejected bool) Request[FeedList] {
	r := get[FeedList](feedsPath)
	if rejected {
		r = r.with(url.Values{"rejected": {"true"}})
	}
	return r
}

// Files are the files of a feed to import.
type Files struct {
	Names []string
	// Open opens a file; again for every attempt.
	Open func(name string) (io.ReadCloser, error)
	// Sent is called with the number of bytes sent so far.
	Sent func(bytes int64)
}

// FeedImport says what to import, and what to accept.
type FeedImport struct {
	Kind string
	// Name is that of the feed; "" if the records give it.
	Name string
	// AllowShrink accepts a feed that has lost more than half of its records, Replace one that is
	// about something else than before.
	AllowShrink, Replace bool
	// Before, if not zero, protects a feed that was imported at that time or later.
	Before time.Time
	Files  Files
}

// ImportFeed replaces the files of a feed.
func ImportFeed(in FeedImport) Request[FeedsReply] {
	boundary := multipart.NewWriter(nil).Boundary()
	call := Call{Method: http.MethodPost, Path: feedsPath,
		Query:       url.Values{"allowShrink": {strconv.FormatBool(in.AllowShrink)}},
		ContentType: "multipart/form-data; boundary=" + boundary,
		Body:        func() (io.ReadCloser, error) { return in.Files.body(boundary), nil },
	}
	if in.Name != "" {
		call.Method, call.Path = http.MethodPut, at(at(feedsPath, in.Kind), in.Name)
	} else {
		call.Query.Set("kind", in.Kind)
	}
	if in.Replace {
		call.Query.Set("replace", "true")
	}
	if !in.Before.IsZero() {
		call.Query.Set("before", in.Before.Format(time.RFC3339Nano))
	}
	return Request[FeedsReply]{call}
}

// RemoveFeed removes a feed.
func RemoveFeed(kind, name string) Request[FeedsReply] {
	return Request[FeedsReply]{Call{Method: http.MethodDelete, Path: at(at(feedsPath, kind), name)}}
}

// body begins to send the files, one part each. Closing the reader ends it.
func (f *Files) body(boundary string) io.ReadCloser {
	body, writer := io.Pipe()
	go func() { writer.CloseWithError(f.write(writer, boundary)) }()
	return body
}

func (f *Files) write(w io.Writer, boundary string) error {
	form := multipart.NewWriter(w)
	if err := form.SetBoundary(boundary); err != nil {
		return err
	}
	var sent int64
	for _, name := range f.Names {
		part, err := form.CreateFormFile("file", filepath.Base(name))
		if err != nil {
			return err
		}
		if err := f.copy(part, name, &sent); err != nil {
			return err
		}
	}
	return form.Close()
}

// copy sends one file and counts its bytes.
func (f *Files) copy(part io.Writer, name string, sent *int64) error {
	file, err := f.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(io.MultiWriter(part, counter(func(n int) { *sent += int64(n); f.Sent(*sent) })), file)
	return err
}

// counter is called with the number of bytes written.
type counter func(n int)

// Write implements io.Writer.
func (c counter) Write(p []byte) (int, error) {
	c(len(p))
	return len(p), nil
}

// ShowBuild shows a build.
func ShowBuild(number int64) Request[Build] {
	return get[Build](at("/v1/catalog/builds", strconv.FormatInt(number, 10)))
}

// RefreshFeeds fetches the feeds that were fetched before, or only the one with a kind and name
// if they are not "".
func RefreshFeeds(kind, name string, allowShrink bool) Request[FeedsReply] {
	return Request[FeedsReply]{Call{Method: http.MethodPost, Path: feedsPath + "/refresh",
		Query: url.Values{"kind": {kind}, "name": {name}, "allowShrink": {strconv.FormatBool(allowShrink)}}}}
}

// BundleKey is the public key of somebody whose bundles of feeds are imported.
type BundleKey struct {
	ID        string    `json:"id"`
	Key       string    `json:"key"`
	Name      string    `json:"name"`
	AddedTime time.Time `json:"addedTime"`
}

// NewBundleKey is a key to trust.
type NewBundleKey struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

// BundleKeyList is the reply to GET /v1/bundle/keys.
type BundleKeyList struct {
	Keys []BundleKey `json:"keys"`
}

const bundlePath, bundleKeysPath = "/v1/bundle", "/v1/bundle/keys"

// MakeBundle asks for all feeds in one file, which is not signed; Session.Stream reads it.
func MakeBundle() Call { return Call{Method: http.MethodGet, Path: bundlePath} }

// BundleImport says what to import, and what to accept.
type BundleImport struct {
	// Open opens the bundle; again for every attempt.
	Open func() (io.ReadCloser, error)
	// AllowOld accepts a bundle that is old, or older than what it replaces. The others are as in FeedImport.
	AllowOld, AllowShrink, Replace bool
}

// ImportBundle takes all feeds of a bundle.
func ImportBundle(in BundleImport) Request[FeedsReply] {
	query := url.Values{}
	for name, is := range map[string]bool{"allowOld": in.AllowOld, "allowShrink": in.AllowShrink, "replace": in.Replace} {
		if is {
			query.Set(name, "true")
		}
	}
	return Request[FeedsReply]{Call{Method: http.MethodPost, Path: bundlePath, Query: query, ContentType: Tar,
		Body: in.Open}}
}

// Tar is the media type of bundles.
const Tar = "application/x-tar"

// ListBundleKeys lists the keys whose bundles are imported.
func ListBundleKeys() Request[BundleKeyList] { return get[BundleKeyList](bundleKeysPath) }

// TrustBundleKey adds a key.
func TrustBundleKey(k NewBundleKey) Request[BundleKey] {
	return send[BundleKey](http.MethodPost, bundleKeysPath, k)
}

// DistrustBundleKey removes a key.
func DistrustBundleKey(id string) Request[Nothing] { return remove(at(bundleKeysPath, id)) }
