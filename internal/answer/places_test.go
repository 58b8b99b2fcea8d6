package answer

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/snapshot/projection"
)

// The places of a sum say for every CVE and product in which heads it is, and nothing else, whether the heads are
// summed at once or by groups.
func TestPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cve := func(n int) projection.CVE {
			return projection.CVE{ID: fmt.Sprintf("CVE-%d", n/2), Advisory: n%2 == 1}
		}
		product := func(n int) projection.Product {
			return projection.Product{Vendor: fmt.Sprintf("vendor %d", n/3), Name: fmt.Sprintf("name %d", n%3)}
		}
		const most = 9
		some := rapid.SliceOfNDistinct(rapid.IntRange(0, most), 0, most, rapid.ID[int])
		var heads []*projection.Head
		var ofCVE, ofProduct [most + 1]map[int]bool // the heads that have it
		add := func(to *[most + 1]map[int]bool, n, head int) {
			if to[n] == nil {
				to[n] = map[int]bool{}
			}
			to[n][head] = true
		}
		for i := range rapid.IntRange(1, 20).Draw(t, "heads") {
			h := &projection.Head{}
			for _, n := range slices.Sorted(slices.Values(some.Draw(t, "CVEs"))) {
				h.CVEs = append(h.CVEs, cve(n))
				add(&ofCVE, n, i)
			}
			for _, n := range slices.Sorted(slices.Values(some.Draw(t, "products"))) {
				h.Products = append(h.Products, product(n))
				add(&ofProduct, n, i)
			}
			heads = append(heads, h)
		}
		sumOf := func(from, to int) *projection.Head {
			sum := &projection.Head{}
			in := func(of map[int]bool) bool {
				return slices.ContainsFunc(slices.Collect(maps.Keys(of)), func(i int) bool { return from <= i && i < to })
			}
			for n := range most + 1 {
				if in(ofCVE[n]) {
					sum.CVEs = append(sum.CVEs, cve(n))
				}
				if in(ofProduct[n]) {
					sum.Products = append(sum.Products, product(n))
				}
			}
			return sum
		}
		sum := sumOf(0, len(heads))
		p := placesOf(sum, heads)
		var groups []groupHead
		for from := 0; from < len(heads); {
			to := rapid.IntRange(from+1, len(heads)).Draw(t, "end of group")
			of := sumOf(from, to)
			groups = append(groups, groupHead{ranges: to - from, summed: &summed{of, placesOf(of, heads[from:to])}})
			from = to
		}
		if diff := cmp.Diff(p, placesOfGroups(sum, groups), cmp.AllowUnexported(places{})); diff != "" {
			t.Fatalf("places of %d heads (-at once +by groups):\n%s", len(heads), diff)
		}
		for n := range most + 1 {
			for i := range heads {
				has := func(numbers []int) bool {
					return slices.ContainsFunc(numbers, func(n int) bool { return p.has(n, i) })
				}
				id := n / 2 * 2 // a CVE and an advisory may have one id
				if got, want := has(lookUp(sum, cve(n).ID, "", "")), ofCVE[id][i] || ofCVE[id+1][i]; got != want {
					t.Fatalf("%s in head %d: %t, want %t", cve(n).ID, i, got, want)
				}
				one := product(n)
				if got, want := has(lookUp(sum, "", one.Vendor, one.Name)), ofProduct[n][i]; got != want {
					t.Fatalf("%s of %s in head %d: %t, want %t", one.Name, one.Vendor, i, got, want)
				}
			}
		}
	})
}
