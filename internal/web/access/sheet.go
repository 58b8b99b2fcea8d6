package access

import (
	"slices"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// managed is a page for managers: what the API tells others of devices has its pages elsewhere.
func managed(show func(*page.Visit) error) func(*page.Visit) error {
	return func(v *page.Visit) error {
		if err := v.Admitted(edge.Manages(nil)); err != nil {
			return err
		}
		return show(v)
	}
}

// sheet is a page of facts and tables.
type sheet struct {
	Tabs    []page.Entry
	Lead    string
	Actions []page.Entry
	Facts   [][2]string
	// Fields are those of the filter above the tables; none: there is no filter.
	Fields []field
	Parts  []part
}

// part is a table with what is said of it.
type part struct {
	Title, Note, Empty string
	Table              page.TableView
	Pager              []page.Entry
	Actions            []page.Entry
}

// field is a field of a filter.
type field struct {
	Name, Label, Value string
	Choices            []page.Choice
}

// table makes a table of rows.
func table(caption string, columns []page.Column, rows [][]page.Cell) page.TableView {
	return (&page.List{Columns: columns}).Table(nil, rows, caption)
}

// columns are columns of texts.
func columns(names ...string) (all []page.Column) {
	for _, n := range names {
		all = append(all, page.Column{Name: n})
	}
	return all
}

// tabs are the pages of managers.
func tabs(here string) []page.Entry {
	all := []page.Entry{{Name: "Clients", Path: "/access"}, {Name: "Groups", Path: "/access/groups"},
		{Name: "Enrolments", Path: "/access/enrollments"}, {Name: "Devices", Path: "/access/devices"}}
	for i := range all {
		all[i].Here = all[i].Path == here
	}
	return all
}

// expiry says when something ends.
func expiry(at *time.Time) string {
	if at == nil {
		return "without end"
	}
	return page.Instant(*at)
}

// filledName is the field that tells a form that somebody has filled in from one that is shown first.
const filledName = "filled"

// filled is that field.
var filled = page.Input{Name: filledName, Kind: "hidden", Value: "yes"}

// plainAddress refuses an address that asks for something that the page does not have.
func plainAddress(v *page.Visit, names ...string) error {
	for name := range v.URL.Query() {
		if !slices.Contains(names, name) {
			return edge.Invalid("%q is nothing that this page can be asked for", edge.Clip(name))
		}
	}
	return nil
}
