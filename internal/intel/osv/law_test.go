package osv_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/osv"
	"github.com/muster-project/muster/internal/version"
)

// orders has an ecosystem of each order, and versions as it writes them.
var orders = []struct {
	ecosystem, kind, versions string
	scheme                    version.Scheme
}{
	{"Debian:12", "ECOSYSTEM", `(1:)?[0-3]\.[0-9](~rc1)?-[1-3](\+deb12u[12])?`, version.Debian},
	{"Red Hat:enterprise_linux:9::baseos", "ECOSYSTEM", `[01]:[0-3]\.[0-9]-[1-3]\.el9(_[12])?`, version.RPM},
	{"Alpine:v3.20", "ECOSYSTEM", `[0-3]\.[0-9](_rc1)?-r[0-3]`, version.Alpine},
	{"Go", "SEMVER", `[0-3]\.[0-2]\.[0-2](-(0|rc\.[12]))?`, version.SemVer},
	{"npm", "ECOSYSTEM", `[0-3]\.[0-2]\.[0-2](-(0|rc\.[12]))?`, version.SemVer},
	{"PyPI", "ECOSYSTEM", `[0-3]\.[0-3](rc[12]|\.post1|\.dev1)?`, version.PyPI},
	{"Maven", "ECOSYSTEM", `[0-3]\.[0-3](-SNAPSHOT|-rc-[12]|\.Final)?`, version.Maven},
	{"RubyGems", "ECOSYSTEM", `[0-3]\.[0-3](\.pre[12])?`, version.RubyGems},
	{"NuGet", "ECOSYSTEM", `[0-3]\.[0-3]\.[0-3](-beta[12])?`, version.NuGet},
	{"Packagist", "ECOSYSTEM", `[0-3]\.[0-3]\.[0-3](-beta[12])?`, version.Packagist},
	{"CRAN", "ECOSYSTEM", `[0-3]\.[0-3](-[12])?`, version.CRAN},
	{"Hackage", "ECOSYSTEM", `[0-3]\.[0-3](\.[0-3])?`, version.Hackage},
	{"Pub", "SEMVER", `[0-3]\.[0-2]\.[0-2](-dev)?`, version.Pub},
}

// vulnerable is the pseudo-code of the OSV schema, section "Evaluation", without what is about
// packages and lists. Each event is a pair of its name and its version. The text does not say how
// events of one version are sorted: they stay as they are, but what is affected last comes last.
func vulnerable(compare func(a, b string) int, v string, events [][2]string) bool {
	before := true
	for _, e := range events {
		if e[0] == "limit" {
			before = false
		}
	}
	for _, e := range events {
		if e[0] == "limit" && (e[1] == "*" || compare(v, e[1]) < 0) {
			before = true
		}
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b [2]string) int {
		if c := compare(a[1], b[1]); c != 0 || a[0] == b[0] {
			return c
		}
		switch "last_affected" {
		case a[0]:
			return 1
		case b[0]:
			return -1
		}
		return 0
	})
	is := false
	for _, e := range sorted {
		switch {
		case e[0] == "introduced" && compare(v, e[1]) >= 0:
			is = true
		case e[0] == "fixed" && compare(v, e[1]) >= 0:
			is = false
		case e[0] == "last_affected" && compare(v, e[1]) > 0:
			is = false
		}
	}
	return before && is
}

// names are those of events, the more frequent ones twice.
var names = []string{"introduced", "introduced", "fixed", "fixed", "last_affected", "limit"}

// TestEventsAreTheSpecification compares ranges with the specification's own algorithm, for events
// in any order.
func TestEventsAreTheSpecification(t *testing.T) {
	for _, order := range orders {
		t.Run(order.ecosystem, func(t *testing.T) {
			compare := func(a, b string) int {
				if a == "0" || b == "0" || a == "*" || b == "*" {
					return special(a) - special(b)
				}
				c, err := version.Compare(order.scheme, a, b)
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			rapid.Check(t, func(r *rapid.T) {
				versions := rapid.SliceOfNDistinct(rapid.StringMatching(order.versions), 1, 8, rapid.ID).Draw(r, "versions")
				one := rapid.SampledFrom(versions)
				events := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) [2]string {
					name := rapid.SampledFrom(names).Draw(r, "event")
					text := one.Draw(r, "at")
					if name == "introduced" && rapid.IntRange(0, 3).Draw(r, "from the first") == 0 {
						text = "0"
					}
					if name == "limit" && rapid.Bool().Draw(r, "no limit") {
						text = "*"
					}
					return [2]string{name, text}
				}), 1, 8).Draw(r, "events")
				listed := rapid.SliceOfN(one, 0, 3).Draw(r, "listed")
				p := parsed(t, order.ecosystem, order.kind, events, listed)
				for _, v := range append(versions, rapid.StringMatching(order.versions).Draw(r, "other")) {
					isListed := slices.ContainsFunc(listed, func(l string) bool { return compare(l, v) == 0 })
					want := vulnerable(compare, v, events) || isListed
					if got := states(compare, p, v); got != want {
						r.Fatalf("%s: %v, want %v; %v and %v are read as %+v and %v", v, got, want, events, listed,
							p.Ranges, p.Versions)
					}
				}
			})
		})
	}
}

func special(v string) int {
	switch v {
	case "0":
		return -1
	case "*":
		return 1
	}
	return 0
}

// parsed is what is read of an advisory with one range.
func parsed(t *testing.T, ecosystem, kind string, events [][2]string, versions []string) intel.Package {
	var list []map[string]string
	for _, e := range events {
		list = append(list, map[string]string{e[0]: e[1]})
	}
	type object = map[string]any
	data, err := json.Marshal(object{"id": "X-1", "affected": []object{{
		"package": object{"ecosystem": ecosystem, "name": "p"}, "versions": versions,
		"ranges": []object{{"type": kind, "events": list}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	records, odd := inteltest.Parse(t, osv.Feed{}, inteltest.File("X-1.json", string(data)))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	return records[0].Packages[0]
}

// states reports whether a package's ranges and versions contain a version.
func states(compare func(a, b string) int, p intel.Package, v string) bool {
	for _, r := range p.Ranges {
		low := r.Low == "" || compare(v, r.Low) >= 0
		high := r.High == "" || compare(v, r.High) < 0 || r.HighIncluded && compare(v, r.High) == 0
		if low && high {
			return true
		}
	}
	return slices.ContainsFunc(p.Versions, func(listed string) bool { return compare(listed, v) == 0 })
}

// TestManyVersionsOfManyRanges: an advisory may list very many versions and ranges. Every second
// version is in a range.
func TestManyVersionsOfManyRanges(t *testing.T) {
	var events [][2]string
	for i := range 5_000 {
		events = append(events, [2]string{"fixed", fmt.Sprintf("%d.0.2", i)}, [2]string{"introduced", fmt.Sprintf("%d.0.1", i)})
	}
	var versions []string
	for i := range 100_000 {
		versions = append(versions, fmt.Sprintf("%d.0.%d", i%5_000, 1+i/5_000%2))
	}
	p := parsed(t, "npm", "SEMVER", events, versions)
	if len(p.Ranges) != 5_000 || len(p.Versions) != 50_000 {
		t.Errorf("%d ranges and %d versions beside them", len(p.Ranges), len(p.Versions))
	}
}
