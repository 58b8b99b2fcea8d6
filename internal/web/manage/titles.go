package manage

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// titlesPage is what the page of titles shows.
type titlesPage struct {
	Sentence           string
	Unknown, Confirmed page.TableView
}

// lookedTitles is how many products are looked at, those on most devices first, for titles that nothing identifies;
// shownTitles is how many of these are shown.
const lookedTitles, shownTitles = 1000, 100

// showTitles is GET /intelligence/titles.
func showTitles(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	confirmed, err := page.Ask(ctx, v.API, control.ListTitles())
	if err != nil {
		return err
	}
	known := map[[2]string]bool{}
	for _, t := range confirmed.Titles {
		known[[2]string{strings.ToLower(t.Vendor), strings.ToLower(t.Name)}] = true
	}
	all, err := page.Ask(ctx, v.API, control.List[control.SoftwareRows](control.ListOfSoftware,
		&control.ListFilter{Sort: "-devices", Limit: lookedTitles}))
	if err != nil {
		return v.OrSetup(err)
	}
	var unknown []control.SoftwareRow
	for _, r := range all.Rows {
		if !r.Assessed && !known[[2]string{strings.ToLower(r.Vendor), strings.ToLower(r.Name)}] {
			unknown = append(unknown, r)
		}
	}
	may := v.Admitted(edge.Administers(nil)) == nil
	p := &titlesPage{Sentence: fmt.Sprintf("Of the %s on most devices, nothing identifies %s. For these no CVE is looked up.",
		page.Count(int64(len(all.Rows)), "product", "products"), page.Number(int64(len(unknown))))}
	if len(unknown) > shownTitles {
		p.Sentence += fmt.Sprintf(" The first %d are shown.", shownTitles)
		unknown = unknown[:shownTitles]
	}
	p.Unknown = columns("Vendor", "Name", "Devices", "Versions", "What is it?").Table(nil, page.Cells(unknown,
		func(r *control.SoftwareRow) []page.Cell { return unknownCells(r, may) }), "Titles that nothing identifies")
	p.Confirmed = columns("Vendor", "Name", "Product", "By", "When", "Remove").Table(nil, page.Cells(confirmed.Titles,
		func(t *control.ConfirmedTitle) []page.Cell { return confirmedCells(t, may) }), "Titles that were confirmed")
	return v.Page("titles", &page.Frame{Title: "Titles of software", Content: p})
}

// columns are columns that are not sorted.
func columns(names ...string) *page.List {
	l := new(page.List)
	for _, name := range names {
		l.Columns = append(l.Columns, page.Column{Name: name, Number: name == "Devices", Whole: name == "What is it?"})
	}
	return l
}

func unknownCells(r *control.SoftwareRow, may bool) []page.Cell {
	version, say := "", page.Cell{Text: "-"}
	if len(r.Versions) > 0 {
		version = r.Versions[0]
	}
	if may {
		say = page.Linked("Say what it is", page.Link("/intelligence/titles/confirm", "vendor", r.Vendor, "name", r.Name,
			"version", version))
	}
	return []page.Cell{page.TextCell(page.First(r.Vendor, "-")), page.TextCell(r.Name), {Text: page.Number(r.Devices)},
		page.TextCell(strings.Join(r.Versions, ", ")), say}
}

func confirmedCells(t *control.ConfirmedTitle, may bool) []page.Cell {
	product, remove := t.Product, page.Cell{Text: "-"}
	if !t.Known && product != control.NoProduct {
		product += " (no record names it, so nothing is found)"
	}
	if may {
		remove = page.Linked("Remove", page.Link("/intelligence/titles/remove", "vendor", t.Vendor, "name", t.Name))
	}
	return []page.Cell{page.TextCell(page.First(t.Vendor, "-")), page.TextCell(t.Name), page.TextCell(product),
		page.TextCell(t.ConfirmedBy), {Text: page.Instant(t.ConfirmedTime)}, remove}
}

// confirmForm says which product a title is.
func confirmForm() *page.Form {
	return &page.Form{Path: "/intelligence/titles/confirm", For: edge.Administers(nil), Plan: planConfirming, Do: confirmTitle}
}

// chosen is the product that the form names: the one that was typed, or else a candidate.
func chosen(values url.Values) string {
	return page.First(strings.TrimSpace(values.Get("product")), values.Get("candidate"))
}

// planConfirming shows the candidates, and says how many devices have the title.
func planConfirming(ctx context.Context, v *page.Visit, values url.Values) (p page.Plan, err error) {
	vendor, name := values.Get("vendor"), values.Get("name")
	p = page.Plan{Title: "Say what a title is", Verb: "Confirm", Back: "/intelligence/titles",
		Lead: page.ProductName(vendor, name) + ". A wrong product gives wrong findings: look at the maker's page first."}
	found, err := page.Ask(ctx, v.API, control.FindCandidates(page.First(values.Get("kind"), "windows"), vendor, name,
		values.Get("version")))
	if e := page.Refused(err); e != nil && e.Status == 400 {
		p.Problem, err = e.Message, nil
	}
	if err != nil {
		return p, err
	}
	candidates := []page.Choice{{Value: "", Label: "none of these"}}
	for _, c := range found.Candidates {
		candidates = append(candidates, page.Choice{Value: c.Product, Label: fmt.Sprintf("%s (%.0f %% alike)", c.Product, 100*c.Score),
			Chosen: c.Product == values.Get("candidate")})
	}
	p.Inputs = []page.Input{{Name: "vendor", Kind: "hidden", Value: vendor}, {Name: "name", Kind: "hidden", Value: name},
		{Name: "version", Kind: "hidden", Value: values.Get("version")}, {Name: "kind", Kind: "hidden", Value: values.Get("kind")},
		{Name: "candidate", Label: "Products with like names", Kind: "choice", Choices: candidates},
		{Name: "product", Label: "Or another product", Kind: "text", Value: values.Get("product"),
			Hint: "vendor:product as CPE names have it, or none: it is no product that has CVEs"}}
	product := chosen(values)
	if product == "" || p.Problem != "" {
		return p, nil
	}
	rows, err := page.Ask(ctx, v.API, control.List[control.SoftwareRows](control.ListOfSoftware,
		&control.ListFilter{Text: name, Limit: 1000}))
	if err != nil {
		return p, err
	}
	devices := int64(0)
	for _, r := range rows.Rows {
		if strings.EqualFold(r.Vendor, vendor) && strings.EqualFold(r.Name, name) {
			devices += r.Devices
		}
	}
	what := "as " + product
	if product == control.NoProduct {
		what = "as no product"
	}
	p.Will = []string{fmt.Sprintf("%s is assessed %s from the next snapshot on: %s.", page.ProductName(found.Vendor, found.Name), what,
		page.Count(devices, "device has it", "devices have it"))}
	return p, nil
}

// confirmTitle confirms the title, as the API spells it.
func confirmTitle(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	if chosen(values) == "" {
		return page.Done{}, edge.Invalid("choose a product, or type one")
	}
	found, err := page.Ask(ctx, v.API, control.FindCandidates(page.First(values.Get("kind"), "windows"), values.Get("vendor"),
		values.Get("name"), values.Get("version")))
	if err != nil {
		return page.Done{}, err
	}
	made, err := page.Ask(ctx, v.API, control.ConfirmTitle(control.TitleRequest{Vendor: found.Vendor, Name: found.Name,
		Product: chosen(values)}))
	return page.Done{Told: fmt.Sprintf("%s is %s from the next snapshot on.", page.ProductName(made.Vendor, made.Name), made.Product),
		To: "/intelligence/titles"}, err
}

// forgetForm removes a title that was confirmed.
func forgetForm() *page.Form {
	return &page.Form{Path: "/intelligence/titles/remove", For: edge.Administers(nil), Plan: planForgetting, Do: forgetTitle}
}

func planForgetting(ctx context.Context, v *page.Visit, values url.Values) (p page.Plan, err error) {
	vendor, name := values.Get("vendor"), values.Get("name")
	p = page.Plan{Title: "Remove a confirmed title", Verb: "Remove", Back: "/intelligence/titles",
		Inputs: []page.Input{{Name: "vendor", Kind: "hidden", Value: vendor}, {Name: "name", Kind: "hidden", Value: name}}}
	all, err := page.Ask(ctx, v.API, control.ListTitles())
	if err != nil {
		return p, err
	}
	for _, t := range all.Titles {
		if t.Vendor == vendor && t.Name == name {
			p.Will = []string{fmt.Sprintf("%s, which %s confirmed to be %s, is what the feeds say again from the next snapshot on.",
				page.ProductName(vendor, name), page.First(t.ConfirmedBy, "somebody"), t.Product)}
			return p, nil
		}
	}
	return p, edge.NotFound("no title %q was confirmed", edge.Clip(page.ProductName(vendor, name)))
}

func forgetTitle(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	gone, err := page.Ask(ctx, v.API, control.RemoveTitle(values.Get("vendor"), values.Get("name")))
	return page.Done{Told: fmt.Sprintf("%s is no longer confirmed to be %s.", page.ProductName(gone.Vendor, gone.Name), gone.Product),
		To: "/intelligence/titles"}, err
}
