package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// hostileNames are names that addresses, paths, queries and filters could take for something else.
func hostileNames() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"a", "B", "/", "//", "..", ".", "-_-", "-", "_", "%2F", "%", "%25", "?", "#", "&", "=", "+", ";",
		" ", ",", ":", "@", "'", `"`, "<b>", "\\", "İ", "ß", "ſ", "K", "名", "é", "e\u0301", "~", "*", "|", "\u200d"})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces"), "")
	})
}

// Every product has a page, whatever its vendor and its name are, and every list links to it by an address that
// works; its numbers are the rows behind them.
func TestProductsWithHostileNames(t *testing.T) {
	s := emptySite(t)
	names := hostileNames()
	var all []inventory.Software
	for i := range 120 {
		all = append(all, inventory.Software{Kind: "generic", Vendor: names.Example(2 * i), Name: names.Example(2*i+1) + "x", Version: "1"})
	}
	for _, one := range [][2]string{{"", "alone"}, {"", "with/slash"}, {"a/b", "c"}, {"mark-_-ed", "name-_-d"}, {"", "-_-"}, {"İ", "İ"},
		{"..", ".."}, {"other", "alone"}} {
		all = append(all, inventory.Software{Kind: "generic", Vendor: one[0], Name: one[1], Version: "1"})
	}
	half := len(all) / 2
	var reports []*inventory.Report
	for i, software := range [][]inventory.Software{all, all[:half], all[:len(all)-1]} {
		reports = append(reports, &inventory.Report{Source: "test", Device: inventory.Device{Name: fmt.Sprintf("device-%d", i),
			OSPlatform: "Linux"}, Software: software})
	}
	if err := s.Receive(t.Context(), reports...); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	b, session := s.as(t, []auth.Permission{auth.ReadVulnerabilities, auth.ReadSoftware})
	listed, err := control.Do(t.Context(), session, control.List[control.SoftwareRows](control.ListOfSoftware,
		&control.ListFilter{Limit: 1000}))
	if err != nil || len(listed.Value.Rows) < 80 {
		t.Fatalf("%d products: %v", len(listed.Value.Rows), err)
	}
	links := map[string]bool{}
	linked := regexp.MustCompile(`href="(/software/[^"]*)"`)
	for _, found := range linked.FindAllStringSubmatch(b.page("/software?rows=1000", http.StatusOK), -1) {
		links[html.UnescapeString(found[1])] = true
	}
	if len(links) != len(listed.Value.Rows) {
		t.Errorf("the list has %d addresses for %d products", len(links), len(listed.Value.Rows))
	}
	numbers := regexp.MustCompile(`<p class="lead"><a href="(/devices[^"]*)">([0-9,]+) devices</a>`)
	compared := 0
	for link := range links {
		found := numbers.FindStringSubmatch(b.page(link, http.StatusOK))
		if found == nil {
			t.Errorf("%s has no number of devices", link)
			continue
		}
		path, query, _ := strings.Cut(html.UnescapeString(found[1]), "?")
		if values, err := url.ParseQuery(query); err != nil || several(listed.Value.Rows, values.Get("software")) {
			continue // the manual says that a filter selects all that have the name, or vendor/name
		}
		compared++
		if rows := len(b.rows(path + ".csv?" + query)); rows != number(t, found[2]) {
			t.Errorf("%s has %s devices, and %d rows are behind that", link, found[2], rows)
		}
	}
	if compared < 60 {
		t.Errorf("only %d numbers were compared", compared)
	}
	for _, r := range listed.Value.Rows {
		of := &control.ListFilter{Software: r.Vendor + "/" + r.Name, Limit: 1000}
		got, err := control.Do(t.Context(), session, control.List[control.SoftwareRows](control.ListOfSoftware, of))
		if err != nil || !contains(got.Value.Rows, r.Vendor, r.Name) {
			t.Errorf("the filter %q does not find %q of %q: %v", of.Software, r.Name, r.Vendor, err)
		}
	}
}

// several tells whether a filter selects more than one product.
func several(rows []control.SoftwareRow, filter string) bool {
	n := 0
	for _, r := range rows {
		if strings.EqualFold(r.Name, filter) || strings.EqualFold(r.Vendor+"/"+r.Name, filter) {
			n++
		}
	}
	return n > 1
}

func contains(rows []control.SoftwareRow, vendor, name string) bool {
	for _, r := range rows {
		if r.Vendor == vendor && r.Name == name {
			return true
		}
	}
	return false
}
