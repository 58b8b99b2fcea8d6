package export

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// links handles the calls via files, and the links that they return.
type links struct {
	pulls     *pulls
	origins   *edge.Origins
	gate      *edge.Gate // of export calls
	downloads *edge.Gate // of downloads
	files     *snapshot.Files
	signer    linkSigner
	// direct signs links of the store of files; nil if the server answers links.
	direct   func(context.Context, snapshot.File, time.Time) (string, error)
	maxHours int // the longest lifetime of a link
}

// exportFiles returns the handler of a call via files: contract.md, section 5.
func (s *links) exportFiles(call defender.Call) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		hours, err := r.Query.Number(sasValidHours(s.maxHours))
		if err != nil {
			return err
		}
		p, err := s.pulls.begin(r, call)
		if err != nil {
			return err
		}
		done, err := s.gate.Enter(r.Context(), w, r.Caller.Key())
		if err != nil {
			return err
		}
		defer done()
		files, err := p.files(s.pulls.publisher)
		if err != nil {
			return err
		}
		origin := s.origins.Of(r.Request)
		all, err := s.sign(r.Context(), origin, files, hours)
		if err != nil {
			return err
		}
		w.Note(slog.Int("links", len(all)))
		return replyFiles(w, defender.ExportFilesResponse{
			Context: call.Context(origin), ExportFiles: all, GeneratedTime: p.generated.UTC().Format(time.RFC3339)})
	}
}

// files lists the files of a pull.
func (p *pull) files(publisher *generation.Publisher) (all []snapshot.File, err error) {
	for _, n := range p.snapshots {
		m, err := publisher.Manifest(n)
		if err != nil {
			return nil, err
		}
		parts, err := p.parts(m)
		if err != nil {
			return nil, err
		}
		for i := range parts.Len() {
			part, err := parts.Part(i)
			if err != nil {
				return nil, err
			}
			all = append(all, part.File)
		}
	}
	return all, nil
}

// directAtOnce is how many files the store is asked about at a time, for links of its own.
const directAtOnce = 8

// sign returns links to files, in their order, for some hours from now on.
func (s *links) sign(ctx context.Context, origin string, files []snapshot.File, hours int64) ([]string, error) {
	all, now := make([]string, len(files)), s.pulls.clock()
	if s.direct == nil {
		for i, f := range files {
			all[i] = s.signer.link(origin, f.Path, now, hours)
		}
		return all, nil
	}
	signing, ctx := errgroup.WithContext(ctx)
	signing.SetLimit(directAtOnce)
	for i, f := range files {
		signing.Go(func() (err error) {
			all[i], err = s.direct(ctx, f, now.Add(time.Duration(hours)*time.Hour))
			return err
		})
	}
	return all, signing.Wait()
}

// replyFiles writes links without escaping &, because people paste them.
func replyFiles(w *edge.Response, reply defender.ExportFilesResponse) error {
	var body strings.Builder
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(reply); err != nil {
		return fmt.Errorf("writing links: %w", err)
	}
	w.Header().Set(odataVersion, defender.MetadataVersion)
	return w.Body(http.StatusOK, []byte(body.String()))
}

// sendFile is the handler of links. The signature is the credential; other credentials of the
// request are ignored.
func (s *links) sendFile(w *edge.Response, r *edge.Request) error {
	greetStorage(w, r.Request)
	name := r.PathValue("path")
	now := s.pulls.clock()
	if problem := s.signer.check(name, r.URL.Query(), now); problem != "" {
		return refuseLink(w, problem, now)
	}
	err := s.sendLinked(w, r, name)
	if err != nil {
		w.Header().Set(errorCodeHeader, storageCode(edge.Explain(err).Status))
	}
	return err
}

// sendLinked sends the file of a checked link.
func (s *links) sendLinked(w *edge.Response, r *edge.Request, name string) error {
	if asked := unsupported(r.Request); asked != "" {
		return edge.Invalid("%q is not supported: links only read one file", asked)
	}
	done, err := s.downloads.Enter(r.Context(), w, s.origins.ClientAddress(r.Request).String())
	if err != nil {
		return err
	}
	defer done()
	file, err := s.locate(r.Context(), name)
	if err != nil {
		return err
	}
	if err := s.files.Check(file, false); err != nil {
		return err
	}
	return s.sendPart(w, r, file)
}

// sendPart sends a file of a checked link, or the requested range of it.
func (s *links) sendPart(w *edge.Response, r *edge.Request, file snapshot.File) error {
	content, err := s.files.Open(file.Path)
	if err != nil {
		return fmt.Errorf("opening %q: %w", file.Path, err)
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return fmt.Errorf("opening %q: %w", file.Path, err)
	}
	if asked := r.Header.Get("X-Ms-Range"); asked != "" {
		r.Header.Set("Range", asked) // the header of Azure's own clients
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	describeBlob(w.Header(), file, info.ModTime())
	out := &contentWriter{Response: w}
	http.ServeContent(out, r.Request, "", info.ModTime(), content)
	switch out.refused {
	case http.StatusRequestedRangeNotSatisfiable:
		return edge.Refuse(http.StatusRequestedRangeNotSatisfiable, "",
			"the file has %d bytes, none of them in the range %q", file.Bytes, edge.Clip(r.Header.Get("Range")))
	case http.StatusPreconditionFailed:
		return edge.Refuse(http.StatusPreconditionFailed, "",
			"the file does not meet a condition of the request: its ETag is %s", entityTag(file))
	}
	return nil
}

// locate finds a part by its name, in a manifest whose files are kept. Files that no such manifest
// names are not found.
func (s *links) locate(ctx context.Context, name string) (snapshot.File, error) {
	gone := edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound,
		"the file is no longer kept: ask for new links")
	wanted, ok := snapshot.ParsePartName(name)
	if !ok {
		return snapshot.File{}, gone
	}
	all, err := s.pulls.store.Snapshots(ctx, wanted.Organization)
	if err != nil {
		return snapshot.File{}, err
	}
	for _, n := range all {
		kept := n.Full
		if wanted.Delta {
			kept = n.Delta
		}
		if kept != publication.Kept || !wanted.MayBeIn(n.Begun) {
			continue
		}
		m, err := s.pulls.publisher.Manifest(n)
		if err != nil {
			return snapshot.File{}, err
		}
		part, err := m.Find(&wanted)
		if err != nil {
			return snapshot.File{}, err
		}
		if part != nil {
			return part.File, nil
		}
	}
	return snapshot.File{}, gone
}
