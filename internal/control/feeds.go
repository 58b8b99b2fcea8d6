package control

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"time"
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
}

// CatalogSummary sums a catalog up.
type CatalogSummary struct {
	// Products are CPE pairs, Packages packages of ecosystems.
	Products int `json:"products"`
	Packages int `json:"packages"`
	// Rules are compiled statements on versions.
	Rules int `json:"rules"`
	// CVEs are those that are not rejected; Scored those that have a score.
	CVEs   int `json:"cves"`
	Scored int `json:"scored"`
	// Titles are vendor and product texts that lead to a product by majority.
	Titles int `json:"titles"`
	// Lifecycles are products with release cycles.
	Lifecycles int `json:"lifecycles"`
	// Unattached are statements whose product no exact key identifies.
	Unattached int `json:"unattached"`
	// Feeds are the sources, by name.
	Feeds []FeedSummary `json:"feeds"`
}

// FeedSummary says how much one feed gave.
type FeedSummary struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
}

// BuiltCatalog is the catalog that the next generation uses.
type BuiltCatalog struct {
	ID        string                  `json:"id"`
	BuiltTime time.Time               `json:"builtTime"`
	Summary   Encoded[CatalogSummary] `json:"summary"`
}

// FeedList is the reply to GET /v1/feeds; Catalog is null before the first
// import.
type FeedList struct {
	Feeds   []Feed        `json:"feeds"`
	Catalog *BuiltCatalog `json:"catalog"`
	Build   *Build        `json:"build"`
}

// Build is one making of the catalog: its state is "waiting", "running", "built" or
// "failed".
type Build struct {
	Number int64 `json:"number"`
	// URL is where the build's state can be read.
	URL       string     `json:"url"`
	State     string     `json:"state"`
	AskedTime time.Time  `json:"askedTime"`
	BegunTime *time.Time `json:"begunTime,omitempty"`
	EndedTime *time.Time `json:"endedTime,omitempty"`
	// Failure is why it failed; the catalog stays what it was.
	Failure string `json:"failure,omitempty"`
	// Catalog is the id of what was built.
	Catalog string                   `json:"catalog,omitempty"`
	Summary *Encoded[CatalogSummary] `json:"summary,omitempty"`
}

// Imported says what became of a feed.
type Imported struct {
	Feed
	Unchanged bool `json:"unchanged,omitempty"`
	// Skipped counts records that are odd on their own; Odd shows the first.
	Skipped int      `json:"skipped"`
	Odd     []string `json:"odd,omitempty"`
	Error   string   `json:"error,omitempty"`
}

// FeedsReply is the reply to imports and refreshes. Catalog is null where no new
// one was needed, or it is not built yet; Build is what builds it.
type FeedsReply struct {
	Feeds   []Imported               `json:"feeds"`
	Catalog *Encoded[CatalogSummary] `json:"catalog"`
	Build   *Build                   `json:"build"`
}

const feedsPath = "/v1/feeds"

// ListFeeds lists feeds, and the catalog that was built of them.
func ListFeeds() Request[FeedList] { return get[FeedList](feedsPath) }

// Files are what a feed is imported from.
type Files struct {
	Names []string
	// Open opens one of them; again for every try.
	Open func(name string) (io.ReadCloser, error)
	// Sent is told how many bytes of all were sent.
	Sent func(bytes int64)
}

// ImportFeed puts files in the place of what a feed had. With allowShrink it may
// lose more than half of its records.
func ImportFeed(kind, name string, allowShrink bool, files Files) Request[FeedsReply] {
	boundary := multipart.NewWriter(nil).Boundary()
	return Request[FeedsReply]{Call{
		Method: http.MethodPut, Path: at(at(feedsPath, kind), name),
		Query:       url.Values{"allowShrink": {strconv.FormatBool(allowShrink)}},
		ContentType: "multipart/form-data; boundary=" + boundary,
		Body:        func() (io.ReadCloser, error) { return files.body(boundary), nil },
	}}
}

// body begins to send the files, one part each. Closing what it returns ends it.
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

// copy sends one file, and counts.
func (f *Files) copy(part io.Writer, name string, sent *int64) error {
	file, err := f.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(io.MultiWriter(part, counter(func(n int) { *sent += int64(n); f.Sent(*sent) })), file)
	return err
}

// counter is told how many bytes were written.
type counter func(n int)

// Write implements io.Writer.
func (c counter) Write(p []byte) (int, error) {
	c(len(p))
	return len(p), nil
}

// ShowBuild tells of a build.
func ShowBuild(number int64) Request[Build] {
	return get[Build](at("/v1/catalog/builds", strconv.FormatInt(number, 10)))
}

// RefreshFeeds fetches the feeds that were fetched before; the one of a kind and
// name, if they are not empty.
func RefreshFeeds(kind, name string, allowShrink bool) Request[FeedsReply] {
	return Request[FeedsReply]{Call{Method: http.MethodPost, Path: feedsPath + "/refresh",
		Query: url.Values{"kind": {kind}, "name": {name}, "allowShrink": {strconv.FormatBool(allowShrink)}}}}
}
