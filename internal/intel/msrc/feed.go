// Package msrc reads what Microsoft's Security Response Center says of updates: which update, by the number of
// its KB article, first fixes a CVE in which product, and which updates it replaces. The records judge nothing by
// themselves (intel.Update): fixed builds are in CVE records, too, and whoever joins both knows what a device lacks.
//
// Three forms are read, told by their content. A feed may have files of all of them.
//
//   - Documents of months of the CVRF API in JSON ("2025-Sep"): document.go, cvrf.go.
//   - CSAF documents of one CVE each ("msrc_cve-2025-29806.json"): document.go, csaf.go.
//   - The definitions of WES-NG (https://github.com/bitsadmin/wesng), lists of lines in a zip, made of all that
//     Microsoft published since 2008: definition.go.
//
// What they say is collected (collect.go): documents and rows on one CVE are far apart, and the day of an update
// shows only when all that name it are known.
//
// Products keep Microsoft's words, with one blank between words. Those of CBL-Mariner and Azure Linux are left
// out: these are packages of a distribution, which its own advisories judge.
package msrc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"

	"github.com/muster-project/muster/internal/intel"
)

// Feed is Microsoft's updates.
type Feed struct {
	Client *http.Client
	// URL is the address of the API, without "/updates", or of WES-NG's definitions; empty for the official one.
	URL string
	// Name is what the feed is called: Listed is fetched from WES-NG, any other from Microsoft.
	Name string
}

var _ intel.Feed = Feed{}

// Parse yields a record for each CVE, and for each update without one (intel.Feed). The records do not
// depend on the order of documents and rows.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return func(yield func(intel.Record, error) bool) {
		p := parser{yield: yield}
		if p.documents(ctx, fsys) && p.lists(ctx, fsys) {
			p.end(ctx)
		}
	}
}

// parser collects what the files of a feed say, and then yields it.
type parser struct {
	yield func(intel.Record, error) bool
	rows  rows
	odd   error // the first document or row that was left out
}

// pass tells of an error; false ends the sequence.
func (p *parser) pass(err error) bool {
	if err == nil {
		return true
	}
	odd, isOdd := errors.AsType[*intel.RecordError](err)
	if isOdd && p.odd == nil {
		p.odd = odd
	}
	return p.yield(intel.Record{}, err) && isOdd
}

// documents collects what documents say.
func (p *parser) documents(ctx context.Context, fsys fs.FS) bool {
	limits := intel.DefaultLimits()
	limits.Entry = maxDocument
	for record, err := range intel.Decode(ctx, limits.Documents(fsys), decode) {
		if errors.Is(err, intel.ErrNoRecords) {
			return true // there may be lists
		}
		if err == nil {
			err = p.take(&record)
		}
		if !p.pass(err) {
			return false
		}
	}
	return true
}

// take collects what a document says of one CVE.
func (p *parser) take(r *intel.Record) error {
	if r.CVE != nil {
		p.rows.note(r.CVE, r.Published, r.Modified)
	}
	for _, u := range r.Updates {
		told := statement{product: u.Product, id: u.ID, day: u.Published, changed: r.Modified, supersedes: u.Supersedes,
			severity: u.Severity, title: u.Title, build: u.FixedBuild}
		if u.CVE != "" {
			told.cves = []string{u.CVE}
		} else {
			told.advisory = r.Source
		}
		if err := p.rows.add(&told); err != nil {
			return fmt.Errorf("reading the document of %q: %w", r.Source, err)
		}
	}
	return nil
}

// lists collects what lists of rows say.
func (p *parser) lists(ctx context.Context, fsys fs.FS) bool {
	l := list{rows: &p.rows}
	for line, err := range intel.DefaultLimits().AllLines(fsys, maxLine) {
		if err = cmp.Or(err, ctx.Err()); err == nil {
			err = l.line(&line)
		}
		if !p.pass(err) {
			return false
		}
	}
	return p.pass(l.unfinished())
}

// end yields what was collected.
func (p *parser) end(ctx context.Context) {
	switch {
	case p.rows.isEmpty() && p.odd != nil:
		p.yield(intel.Record{}, fmt.Errorf("%w, and the first was left out: %s", intel.ErrNoRecords, p.odd))
		return
	case p.rows.isEmpty():
		p.yield(intel.Record{}, intel.ErrNoRecords)
		return
	}
	for record := range p.rows.records() {
		if err := ctx.Err(); err != nil {
			p.yield(intel.Record{}, err)
			return
		}
		if !p.yield(record, nil) {
			return
		}
	}
}
