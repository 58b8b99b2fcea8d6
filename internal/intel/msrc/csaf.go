package msrc

import (
	"cmp"
	"encoding/json"
	"iter"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// advisory is what a CSAF document says beside its CVE (CSAF 2.0, section 3.2.1 and 3.2.2).
type advisory struct {
	name     string
	severity intel.Severity
	released time.Time
	changed  time.Time
	products map[string]product // by their ids
	groups   map[string][]string
}

// product is a product of a CSAF document, and the first version of it with the fix.
type product struct{ name, build string }

// readAdvisory reads the head of a CSAF document, and returns the reader of its CVEs. Documents of other
// publishers are none of this feed.
func readAdvisory(doc intel.Document, text, products json.RawMessage) (reader, error) {
	var head struct {
		Severity struct {
			Text string `json:"text"`
		} `json:"aggregate_severity"`
		Publisher struct {
			Namespace string `json:"namespace"`
		} `json:"publisher"`
		Tracking struct {
			ID      string `json:"id"`
			Initial string `json:"initial_release_date"`
			Current string `json:"current_release_date"`
		} `json:"tracking"`
	}
	if err := intel.Unmarshal(part(doc, text), &head); err != nil {
		return nil, err
	}
	if head.Publisher.Namespace != namespace {
		return nil, intel.ErrNotRecord
	}
	a := &advisory{name: strings.TrimPrefix(head.Tracking.ID, "msrc_"), severity: intel.ParseSeverity(head.Severity.Text),
		released: dayAt(head.Tracking.Initial), changed: dayAt(head.Tracking.Current)}
	if a.released.IsZero() {
		return nil, doc.Odd("initial_release_date %.40q: want a time", head.Tracking.Initial)
	}
	var tree productTree
	if err := intel.Unmarshal(part(doc, products), &tree); err != nil {
		return nil, err
	}
	a.products, a.groups = tree.names(), map[string][]string{}
	for _, g := range tree.Groups {
		a.groups[g.ID] = g.Products
	}
	return a.read, nil
}

// namespace is the one of Microsoft's documents.
const namespace = "https://msrc.microsoft.com"

// productTree has the members of a product tree that are read.
type productTree struct {
	Branches []branch      `json:"branches"`
	Names    []fullProduct `json:"full_product_names"`
	Groups   []struct {
		ID       string   `json:"group_id"`
		Products []string `json:"product_ids"`
	} `json:"product_groups"`
	Relationships []struct {
		Product   fullProduct `json:"full_product_name"`
		Reference string      `json:"product_reference"`
		RelatesTo string      `json:"relates_to_product_reference"`
	} `json:"relationships"`
}

type fullProduct struct {
	ID   string `json:"product_id"`
	Name string `json:"name"`
}

// branch is a branch of a product tree. Microsoft's end in two versions of a product: those before the fix
// ("<129.0.2792.52"), and the one with it ("129.0.2792.52").
type branch struct {
	Category string       `json:"category"`
	Name     string       `json:"name"`
	Product  *fullProduct `json:"product"`
	Branches []branch     `json:"branches"`
}

// names returns the products by their ids.
func (t *productTree) names() map[string]product {
	names := map[string]product{}
	for _, p := range t.Names {
		names[p.ID] = product{name: productOf(p.Name)}
	}
	for i := range t.Branches {
		t.Branches[i].names("", names)
	}
	for _, r := range t.Relationships {
		part, whole := names[r.Reference], names[r.RelatesTo]
		if part.name != "" && whole.name != "" {
			names[r.Product.ID] = product{name: part.name + " on " + whole.name, build: part.build}
		}
	}
	return names
}

// names adds the products of a branch below one that names them.
func (b *branch) names(name string, names map[string]product) {
	if b.Category == "product_name" {
		name = productOf(b.Name)
	}
	if b.Product != nil {
		p := product{name: cmp.Or(name, productOf(b.Product.Name))}
		switch b.Category {
		case "product_version_range":
			p.build = buildOf(strings.TrimPrefix(b.Name, "<"))
		case "product_version":
			p.build = buildOf(b.Name)
		}
		names[b.Product.ID] = p
	}
	for i := range b.Branches {
		b.Branches[i].names(name, names)
	}
}

// flaw has the members of a CVE in a CSAF document that are read.
type flaw struct {
	CVE   string `json:"cve"`
	Title string `json:"title"`
	Notes []struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"notes"`
	Threats []struct {
		Category string `json:"category"`
		Details  string `json:"details"`
	} `json:"threats"`
	Remediations []struct {
		Category string   `json:"category"`
		Details  string   `json:"details"`
		URL      string   `json:"url"`
		Products []string `json:"product_ids"`
		Groups   []string `json:"group_ids"`
	} `json:"remediations"`
}

// read reads a CVE.
func (a *advisory) read(doc intel.Document) (intel.Record, error) {
	var f flaw
	if err := intel.Unmarshal(doc, &f); err != nil {
		return intel.Record{}, err
	}
	record, err := about(doc, cmp.Or(f.CVE, a.name))
	if err != nil {
		return record, err
	}
	record.Published, record.Modified = a.released, a.changed
	record.CVE = f.facts(&record)
	for _, r := range f.Remediations {
		if r.Category != "vendor_fix" {
			continue
		}
		update := intel.Update{CVE: cve(&record), ID: idOfURL(r.URL), Published: record.Published, Severity: a.severity}
		if update.ID == "" {
			update.Title = intel.ReleaseTitle(record.Published)
		}
		build, _, _ := strings.Cut(r.Details, ":") // "129.0.2792.52:Security Update:https://…"
		for id := range a.members(r.Products, r.Groups) {
			p := a.products[id]
			update.Product, update.FixedBuild = p.name, cmp.Or(p.build, buildOf(build))
			if err := add(doc, &record, &update, id); err != nil {
				return record, err
			}
		}
	}
	return record, nil
}

// members yields the ids of products, and of those in groups.
func (a *advisory) members(products, groups []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range products {
			if !yield(id) {
				return
			}
		}
		for _, group := range groups {
			for _, id := range a.groups[group] {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// facts returns what is said of the CVE itself.
func (f *flaw) facts(r *intel.Record) *intel.CVE {
	cna, status := "", ""
	for _, n := range f.Notes {
		if n.Title == "Assigning CNA" {
			cna = n.Text
		}
	}
	for _, t := range f.Threats {
		if t.Category == "exploit_status" {
			status += ";" + t.Details
		}
	}
	return factsOf(r, f.Title, cna, status)
}

// idOfURL returns the number of the KB article that an address of Microsoft's leads to:
// "https://support.microsoft.com/help/5041580", "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5041580".
func idOfURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	switch u.Hostname() {
	case "support.microsoft.com":
		return idOf(path.Base(u.Path))
	case "catalog.update.microsoft.com", "www.catalog.update.microsoft.com":
		return idOf(u.Query().Get("q"))
	}
	return ""
}
