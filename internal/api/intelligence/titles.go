package intelligence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/titles"
	stored "github.com/muster-project/muster/internal/store/intelligence"
)

var (
	titleVendor  = edge.TakesText("vendor", "the maker, as rows show it; none if they show none")
	titleName    = edge.NeededText("name", "the name, as rows show it")
	titleVersion = edge.TakesText("version", "the version, as rows show it")
	titleKind    = edge.TakesText("kind", "windows, which is the default, or macos")

	listsTitles = edge.Description{
		Summary: "The titles of software that were confirmed on this installation",
		Gives:   []edge.Payload{edge.JSONOf[control.TitleList](http.StatusOK, "in the order in which they were confirmed")},
		Fails:   []int{http.StatusConflict},
	}
	findsCandidates = edge.Description{
		Summary: "The products that a title may be, by the names that feeds have",
		Query:   []edge.Parameter{titleKind, titleVendor, titleName, titleVersion},
		Gives:   []edge.Payload{edge.JSONOf[control.TitleCandidates](http.StatusOK, "those with most words in common first")},
	}
	confirmsTitle = edge.Description{
		Summary: "Confirms which product a title is; the next snapshot assesses it as that",
		Takes:   []edge.Payload{edge.JSONOf[control.TitleRequest](0, "the title, and a product or none")},
		Gives:   []edge.Payload{edge.JSONOf[control.ConfirmedTitle](http.StatusOK, "the catalog has it")},
		Fails:   []int{http.StatusConflict},
	}
	removesTitle = edge.Description{
		Summary: "Removes a title that was confirmed",
		Query:   []edge.Parameter{titleVendor, titleName},
		Gives:   []edge.Payload{edge.JSONOf[control.ConfirmedTitle](http.StatusOK, "the title as it was; the catalog no longer has it")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
)

// titleCalls handles titles that people confirm.
type titleCalls struct {
	library *library.Library
	clock   func() time.Time
}

// listTitles is GET /v1/titles.
func (c *titleCalls) listTitles(w *edge.Response, r *edge.Request) error {
	text, err := library.ConfirmedTitles(r.Context(), c.library)
	if err != nil {
		return err
	}
	list, err := confirm.Parse(text)
	if err != nil {
		return badTitle(err)
	}
	current, err := c.library.Current(r.Context())
	if err != nil {
		return err
	}
	named := namedBy(current)
	reply := control.TitleList{Titles: []control.ConfirmedTitle{}}
	for _, t := range list {
		reply.Titles = append(reply.Titles, describeTitle(t, named))
	}
	return w.JSON(http.StatusOK, reply)
}

// describeTitle describes a title; named are the products that feeds name.
func describeTitle(t confirm.Title, named map[string]bool) control.ConfirmedTitle {
	return control.ConfirmedTitle{Vendor: t.Vendor, Name: t.Name, Product: cmp.Or(t.Product, control.NoProduct),
		Known: named[t.Product], ConfirmedBy: t.By, ConfirmedTime: t.At}
}

// namedBy returns the pairs that a catalog's feeds name.
func namedBy(c *catalog.Catalog) map[string]bool {
	named := map[string]bool{}
	for pair := range confirm.Pairs(tablesOf(c)) {
		named[pair] = true
	}
	return named
}

func tablesOf(c *catalog.Catalog) (tables []*table.Table) {
	for _, s := range c.Sources() {
		tables = append(tables, s.Table)
	}
	return tables
}

// findCandidates is GET /v1/titles/candidates.
func (c *titleCalls) findCandidates(w *edge.Response, r *edge.Request) error {
	kind, vendor, name := r.Query.Text(titleKind), r.Query.Text(titleVendor), r.Query.Text(titleName)
	switch kind {
	case "":
		kind = "windows"
	case "windows", "macos":
	default:
		return edge.Invalid("kind is %q, must be windows or macos", edge.Clip(kind))
	}
	if name == "" {
		return edge.Missing("name", "the name of the software")
	}
	title := confirm.Shown(vendor, name, r.Query.Text(titleVersion))
	if err := (confirm.Title{Vendor: title.Vendor, Name: title.Name}).Check(); err != nil {
		return badTitle(err)
	}
	current, err := c.library.Current(r.Context())
	if err != nil {
		return err
	}
	verdict := current.Verdict(catalog.Component{Kind: kind, Vendor: title.Vendor, Name: title.Name})
	reply := control.TitleCandidates{Vendor: title.Vendor, Name: title.Name, Candidates: []control.TitleCandidate{},
		Unknown: !verdict.Product && verdict.Rule == catalog.RuleNone}
	if reply.Unknown {
		for _, n := range confirm.Candidates(title, catalog.MakerOf(current, title.Vendor),
			confirm.Pairs(tablesOf(current))) {
			reply.Candidates = append(reply.Candidates, control.TitleCandidate{Product: n.Product, Score: n.Score})
		}
	}
	return w.JSON(http.StatusOK, reply)
}

// confirmTitle is POST /v1/titles. The reply comes when the catalog has the title.
func (c *titleCalls) confirmTitle(w *edge.Response, r *edge.Request) error {
	var asked control.TitleRequest
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	t := confirm.Title{Vendor: asked.Vendor, Name: asked.Name, Product: asked.Product, By: r.Caller.Name,
		At: c.clock().UTC().Truncate(time.Millisecond)}
	switch t.Product {
	case "":
		return edge.Invalid("product: is missing, must be vendor:product, or %s", control.NoProduct)
	case control.NoProduct:
		t.Product = ""
	}
	return c.change(w, r, func(text string) (string, confirm.Title, error) {
		text, err := confirm.Add(text, t)
		return text, t, err
	})
}

// removeTitle is DELETE /v1/titles.
func (c *titleCalls) removeTitle(w *edge.Response, r *edge.Request) error {
	asked := confirm.Title{Vendor: r.Query.Text(titleVendor), Name: r.Query.Text(titleName)}
	if asked.Name == "" {
		return edge.Missing("name", "the name of the software")
	}
	return c.change(w, r, func(text string) (string, confirm.Title, error) { return confirm.Remove(text, asked) })
}

// change changes the confirmed titles and waits for the catalog.
func (c *titleCalls) change(w *edge.Response, r *edge.Request,
	how func(text string) (string, confirm.Title, error)) error {
	var done confirm.Title
	number, err := library.ChangeTitles(r.Context(), c.library, func(text string) (string, error) {
		changed, t, err := how(text)
		done = t
		return changed, err
	})
	if err != nil {
		return badTitle(err)
	}
	if err := c.await(r.Context(), number); err != nil {
		return err
	}
	current, err := c.library.Current(r.Context())
	if err != nil {
		return err
	}
	w.Note(slog.String("vendor", done.Vendor), slog.String("name", done.Name), slog.String("product", done.Product))
	return w.JSON(http.StatusOK, describeTitle(done, namedBy(current)))
}

// await waits for a build of the catalog.
func (c *titleCalls) await(ctx context.Context, number int64) error {
	b, err := c.library.Wait(ctx, number)
	if err == nil && b.State == stored.BuildFailed {
		err = fmt.Errorf("building the catalog: %s", b.Failure)
	}
	return err
}

// badTitle distinguishes what is wrong with a request from errors of the server.
func badTitle(err error) error {
	switch {
	case errors.Is(err, confirm.ErrForeign):
		return edge.Refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, confirm.ErrUnknown):
		return edge.NotFound("%v", err)
	case errors.Is(err, confirm.ErrInvalid), errors.Is(err, alias.ErrFormat), errors.Is(err, titles.ErrEmpty):
		return edge.Invalid("%v", err)
	}
	return err
}
