package intelligence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/database"
	stored "github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/publication"
)

// ages says how old feeds are.
type ages struct {
	clock  func() time.Time
	limits coverage.Limits
}

func (a *ages) describeFeed(f stored.Feed) control.Feed {
	described := control.Feed{Kind: f.Kind, Name: f.Name, URL: f.URL, Records: f.Records, Bytes: f.Bytes,
		ImportedTime: edge.TimeOrNull(f.Imported), CheckedTime: edge.TimeOrNull(f.Checked), Failure: f.Failure,
		Failures: f.Failures, Rejected: f.Skipped, Contents: encodedContents(f.Contents)}
	dated := library.Dated(&f)
	if asOf := dated.AsOf(a.clock()); !asOf.IsZero() {
		described.AsOfTime = edge.TimeOrNull(asOf)
		if limit := a.limits.Of(dated.Kind); limit > 0 {
			described.OldTime = edge.TimeOrNull(asOf.Add(limit))
		}
	}
	if from, ok := library.OriginOf(&f); ok {
		described.Bundle = &control.FeedBundle{Key: from.Key, MadeTime: from.Made}
	}
	return described
}

// encodedContents returns what is stored of a feed's contents.
func encodedContents(stored string) *control.Encoded[counts.FeedContents] {
	if stored == "" {
		return nil
	}
	contents := control.Encoded[counts.FeedContents](stored)
	return &contents
}

var (
	allowShrink = edge.TakesFlag("allowShrink", "accept a feed that has lost more than half of its records")
	replaces    = edge.TakesFlag("replace", "accept a feed that is about something else than the one of its name")
	takenBefore = edge.TakesText("before",
		"a time: refuse to replace a feed that was imported then or later")
	withRejections = edge.TakesFlag("rejected", "list the first records of each feed that were left out, with the reasons")
	fileName       = edge.TakesText("file",
		"the name of the file in the body, unless it is multipart; its extension tells the format")
	importKind   = edge.NeededText("kind", "the kind of the feed")
	refreshKind  = edge.TakesText("kind", "with name: the one feed to fetch")
	refreshName  = edge.TakesText("name", "with kind: the one feed to fetch")
	refreshThose = edge.TakesFlag("suggested", "fetch the feeds that GET /v1/feeds/suggestions lists")

	listsFeeds = edge.Description{
		Summary: "Feeds, the catalog that was built from them, and the newest build",
		Query:   []edge.Parameter{withRejections},
		Gives:   []edge.Payload{edge.JSONOf[control.FeedList](http.StatusOK, "all feeds")},
	}
	importsFeed = edge.Description{
		Summary: "Replaces the files of a feed",
		Query:   []edge.Parameter{fileName, allowShrink, replaces, takenBefore},
		Takes:   feedBodies(),
		Gives: []edge.Payload{edge.JSONOf[control.FeedsReply](http.StatusOK,
			"the feed is stored durably; build has the address of the state of the catalog's build")},
		Fails: []int{http.StatusNotFound, http.StatusConflict},
	}
	namesFeed = edge.Description{
		Summary: "Imports a feed under the name that its records give",
		Query:   append([]edge.Parameter{importKind}, importsFeed.Query...),
		Takes:   feedBodies(),
		Gives:   importsFeed.Gives,
		Fails:   importsFeed.Fails,
	}
	removesFeed = edge.Description{
		Summary: "Removes a feed; findings that only it knew are Fixed in the next snapshot",
		Gives: []edge.Payload{edge.JSONOf[control.FeedsReply](http.StatusOK,
			"the feed as it was; build has the address of the state of the catalog's build without it")},
		Fails: []int{http.StatusNotFound},
	}
	refreshesFeeds = edge.Description{
		Summary: "Fetches the feeds that were fetched before, or one feed, or those that are suggested",
		Query:   []edge.Parameter{refreshKind, refreshName, refreshThose, allowShrink},
		Gives: []edge.Payload{edge.JSONOf[control.FeedsReply](http.StatusOK,
			"the outcome of each feed; one that failed has an error")},
		Fails: []int{http.StatusNotFound, http.StatusConflict},
	}
)

// feedBodies are the bodies that hold a feed's files.
func feedBodies() []edge.Payload {
	return []edge.Payload{
		edge.OtherBody(0, "application/octet-stream", "one file, unchanged"),
		edge.OtherBody(0, "multipart/form-data", "several files"),
	}
}

// feedCalls handles feeds.
type feedCalls struct {
	store     *stored.Store
	published *publication.Store
	library   *library.Library
	suggested *suggestions
	publisher *generation.Publisher
	ages
}

// listFeeds is GET /v1/feeds.
func (f *feedCalls) listFeeds(w *edge.Response, r *edge.Request) error {
	reply := control.FeedList{Feeds: []control.Feed{}}
	var err error
	if reply.Feeds, err = f.describeAll(r); err != nil {
		return err
	}
	if reply.Removed, err = f.removedSince(r); err != nil {
		return err
	}
	current, err := f.store.Catalog(r.Context())
	switch {
	case err == nil:
		reply.Catalog = &control.BuiltCatalog{ID: current.ID, BuiltTime: current.Built,
			Summary: control.Encoded[counts.Catalog](current.Summary)}
	case !errors.Is(err, database.ErrNotFound):
		return err
	}
	builds, err := f.store.Builds(r.Context())
	if err != nil {
		return err
	}
	if len(builds) > 0 {
		reply.Build = describeBuild(builds[0])
	}
	return w.JSON(http.StatusOK, reply)
}

// describeAll lists the feeds.
func (f *feedCalls) describeAll(r *edge.Request) ([]control.Feed, error) {
	listed, err := r.Query.Flag(withRejections)
	if err != nil {
		return nil, err
	}
	all, err := f.store.Feeds(r.Context())
	if err != nil {
		return nil, err
	}
	feeds := []control.Feed{}
	for _, one := range all {
		described := f.describeFeed(one)
		if listed {
			if described.Rejections, err = f.library.Rejected(r.Context(), one.Kind, one.Name); err != nil {
				return nil, err
			}
		}
		feeds = append(feeds, described)
	}
	return feeds, nil
}

// removedSince lists the feeds that were removed since the last snapshot of the caller's
// organization took its feeds.
func (f *feedCalls) removedSince(r *edge.Request) ([]control.RemovedFeed, error) {
	known, err := f.lastRemoval(r)
	if err != nil {
		return nil, err
	}
	removed, err := f.store.RemovedFeeds(r.Context())
	if err != nil {
		return nil, err
	}
	described := []control.RemovedFeed{}
	for _, one := range removed {
		if one.Sequence <= known {
			continue
		}
		described = append(described, control.RemovedFeed{Kind: one.Kind, Name: one.Name, Records: one.Records,
			RemovedTime: one.At, Contents: encodedContents(one.Contents)})
	}
	return described, nil
}

// lastRemoval returns the number of the last removal that the last snapshot of the caller's
// organization knows, 0 if there is none, or if damage hides it: then all removals are told. Times
// would not do, because a snapshot's is of whole seconds, and never that of the one before.
func (f *feedCalls) lastRemoval(r *edge.Request) (int64, error) {
	last, err := f.published.Latest(r.Context(), r.Caller.Organization)
	switch {
	case errors.Is(err, database.ErrNotFound):
		return 0, nil
	case err != nil:
		return 0, err
	}
	m, err := f.publisher.Manifest(last)
	if err != nil {
		return 0, nil
	}
	return m.Removal, nil
}

func (a *ages) describeImport(in library.Imported) control.Imported {
	described := control.Imported{Feed: a.describeFeed(in.Feed), Skipped: in.Skipped, Notes: in.Notes}
	if described.Notes == nil {
		described.Notes = []string{}
	}
	for _, odd := range in.Odd {
		described.Odd = append(described.Odd, odd.Error())
	}
	return described
}

// replyOf begins a reply with the build of a number; 0 is none.
func (f *feedCalls) replyOf(ctx context.Context, number int64) (control.FeedsReply, error) {
	reply := control.FeedsReply{Feeds: []control.Imported{}}
	if number == 0 {
		return reply, nil
	}
	b, err := f.store.Build(ctx, number)
	if err != nil {
		return reply, err
	}
	reply.Build = describeBuild(b)
	reply.Catalog = reply.Build.Summary
	return reply, nil
}

// importFeed is PUT /v1/feeds/{kind}/{name}, and POST /v1/feeds?kind=, where the records give the
// name: the body replaces the files of the feed, as one file with the name in the parameter file,
// or as the files of a multipart body. The reply comes when the feed is durable, and has the
// address of the state of the catalog's build.
func (f *feedCalls) importFeed(w *edge.Response, r *edge.Request) error {
	in, err := importOf(w, r)
	if err != nil {
		return err
	}
	done, number, err := f.library.Import(r.Context(), in)
	if err != nil {
		return badFeed(err)
	}
	reply, err := f.replyOf(r.Context(), number)
	if err != nil {
		return err
	}
	for _, in := range done {
		reply.Feeds = append(reply.Feeds, f.describeImport(in))
	}
	return w.JSON(http.StatusOK, reply)
}

// importOf reads what to import.
func importOf(w *edge.Response, r *edge.Request) (in library.Import, err error) {
	kind := r.PathValue("kind")
	if in.Name = r.PathValue("name"); in.Name == "" {
		if kind = r.Query.Text(importKind); kind == "" {
			return in, edge.Missing("kind", "the kind of the feed")
		}
	}
	if in.Kind, err = feedKind(kind); err != nil {
		return in, err
	}
	if in.AllowShrink, err = r.Query.Flag(allowShrink); err != nil {
		return in, err
	}
	if in.Replace, err = r.Query.Flag(replaces); err != nil {
		return in, err
	}
	if text := r.Query.Text(takenBefore); text != "" {
		if in.Before, err = time.Parse(time.RFC3339, text); err != nil {
			return in, edge.Invalid("before is %q, must be a time such as 2026-11-23T22:50:12Z", edge.Clip(text))
		}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return in, edge.Refuse(http.StatusUnsupportedMediaType, "",
			"Content-Encoding is %q: send files unchanged and without Content-Encoding, also compressed files",
			edge.Clip(coding))
	}
	in.Files, err = rawFiles(w, r, in.Kind)
	return in, err
}

// removeFeed is DELETE /v1/feeds/{kind}/{name}.
func (f *feedCalls) removeFeed(w *edge.Response, r *edge.Request) error {
	kind, err := feedKind(r.PathValue("kind"))
	if err != nil {
		return err
	}
	was, err := f.store.Feed(r.Context(), string(kind), r.PathValue("name"))
	if err != nil {
		return err
	}
	number, err := f.library.Remove(r.Context(), kind, was.Name)
	if err != nil {
		return err
	}
	reply, err := f.replyOf(r.Context(), number)
	if err != nil {
		return err
	}
	reply.Feeds = append(reply.Feeds, f.describeImport(library.Imported{Feed: was}))
	return w.JSON(http.StatusOK, reply)
}

// feedKind reads a kind.
func feedKind(text string) (intel.Kind, error) {
	kind := intel.Kind(text)
	if !slices.Contains(feeds.Kinds(), kind) {
		return "", edge.NotFound("feed kind %q is not one of %q", edge.Clip(text), feeds.Kinds())
	}
	return kind, nil
}

// badFeed distinguishes invalid feeds from errors of the server. Errors that edge.Explain knows
// stay; errors of files and folders are the server's; the rest was found in what was sent, and is
// shown.
func badFeed(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return edge.Invalid("two of the files have the same name")
	}
	var ours *fs.PathError
	if errors.As(err, &ours) || edge.Explain(err).Status != http.StatusInternalServerError {
		return err
	}
	return edge.Invalid("%v", err)
}

// rawFiles yields the files of a body, which it reads as they are asked for. A file that the kind does
// not read is refused, even beside others.
func rawFiles(w *edge.Response, r *edge.Request, kind intel.Kind) (iter.Seq2[library.RawFile, error], error) {
	sent := edge.ReadPatiently(w, r)
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(mediaType, "multipart/") {
		return multipartFiles(multipart.NewReader(sent, parameters["boundary"]), kind), nil
	}
	name := r.Query.Text(fileName)
	switch {
	case name == "":
		return nil, edge.Missing("file", "the name of the file in the body, such as all.zip; its extension tells the format")
	case !isFileName(name):
		return nil, edge.Invalid("file is %q, must be a name without folders", edge.Clip(name))
	}
	if err := intel.NotRead(kind, name); err != nil {
		return nil, edge.Invalid("%v", err)
	}
	return func(yield func(library.RawFile, error) bool) {
		yield(library.RawFile{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(sent), nil }}, nil)
	}, nil
}

// isFileName tells whether a raw file may have a name.
func isFileName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 200 && !strings.ContainsAny(name, "/\\\x00")
}

// multipartFiles yields the parts with a file name.
func multipartFiles(parts *multipart.Reader, kind intel.Kind) iter.Seq2[library.RawFile, error] {
	return func(yield func(library.RawFile, error) bool) {
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(library.RawFile{}, edge.Invalid("reading the multipart body: %v", err))
				return
			}
			if part.FileName() == "" {
				continue // a field of a form
			}
			if !isFileName(part.FileName()) {
				yield(library.RawFile{}, edge.Invalid("the file name %q must be one without folders", edge.Clip(part.FileName())))
				return
			}
			if err := intel.NotRead(kind, part.FileName()); err != nil {
				yield(library.RawFile{}, edge.Invalid("%v", err))
				return
			}
			file := library.RawFile{Name: part.FileName(), Open: func() (io.ReadCloser, error) { return part, nil }}
			if !yield(file, nil) {
				return
			}
		}
	}
}

// refreshFeeds is POST /v1/feeds/refresh: it fetches the feeds that were fetched before, or the
// one of kind and name. The caller cannot choose the address: otherwise the server could be used
// to attack its network.
func (f *feedCalls) refreshFeeds(w *edge.Response, r *edge.Request) error {
	shrinks, err := r.Query.Flag(allowShrink)
	if err != nil {
		return err
	}
	sources, err := f.sources(r)
	if err != nil {
		return err
	}
	if sources != nil && len(sources) == 0 { // nothing is suggested
		return w.JSON(http.StatusOK, control.FeedsReply{Feeds: []control.Imported{}})
	}
	done, number, err := f.library.Refresh(r.Context(), sources, shrinks)
	if err != nil {
		return err
	}
	if number != 0 {
		b, err := f.library.Wait(r.Context(), number)
		if err == nil && b.State == stored.BuildFailed {
			err = fmt.Errorf("building the catalog: %s", b.Failure)
		}
		if err != nil {
			return err
		}
	}
	reply, err := f.replyOf(r.Context(), number)
	if err != nil {
		return err
	}
	for _, one := range done {
		if database.IsFull(one.Err) {
			return one.Err // an error of the server's disk, not of a feed
		}
		described := f.describeImport(one.Imported)
		if described.Unchanged = one.Unchanged; one.Err != nil {
			described.Error = one.Err.Error()
		}
		reply.Feeds = append(reply.Feeds, described)
	}
	return w.JSON(http.StatusOK, reply)
}

// sources returns what a refresh is asked to fetch; nil is what was fetched before.
func (f *feedCalls) sources(r *edge.Request) ([]library.Source, error) {
	one := r.Query.Text(refreshKind) != "" || r.Query.Text(refreshName) != ""
	those, err := r.Query.Flag(refreshThose)
	switch {
	case err != nil:
		return nil, err
	case those && one:
		return nil, edge.Invalid("suggested goes without kind and name")
	case those:
		return f.suggested.sources(r)
	case !one:
		return nil, nil
	}
	kind, err := feedKind(r.Query.Text(refreshKind))
	if err != nil {
		return nil, err
	}
	name := r.Query.Text(refreshName)
	if name == "" {
		return nil, edge.Missing("name", "the feed's name")
	}
	source, err := f.suggested.sourceOf(r.Context(), kind, name)
	return []library.Source{source}, err
}

// showBuild is GET /v1/catalog/builds/{number}.
func (f *feedCalls) showBuild(w *edge.Response, r *edge.Request) error {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return edge.NotFound("no build %q", edge.Clip(r.PathValue("number")))
	}
	b, err := f.store.Build(r.Context(), number)
	if errors.Is(err, database.ErrNotFound) {
		return edge.NotFound("no build %d, or it is no longer kept", number)
	}
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, describeBuild(b))
}
