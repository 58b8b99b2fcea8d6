package except_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/except"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

const cve = "CVE-2024-0001"

func set(t rapid.TB, all ...except.Exception) *except.Set {
	t.Helper()
	for i := range all {
		if all[i].CVE == "" {
			all[i].CVE = cve
		}
	}
	s, err := except.NewSet(all, noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProducts: a statement on one package never matches another.
func TestProducts(t *testing.T) {
	for _, test := range []struct {
		product except.Product
		of      except.Software
		want    bool
	}{
		{except.Product{}, except.Software{Name: "curl"}, true},
		{except.Product{PURL: "pkg:deb/debian/curl@7.88.1-10"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12"}, true},
		{except.Product{PURL: "pkg:deb/debian/curl"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10?arch=amd64"}, true},
		{except.Product{PURL: "pkg:deb/debian/curl@7.88.1-1"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10"}, false},
		{except.Product{PURL: "pkg:deb/debian/curl?arch=arm64"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10?arch=amd64"}, false},
		{except.Product{PURL: "pkg:deb/ubuntu/curl"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10"}, false},
		{except.Product{PURL: "pkg:deb/debian/libcurl4"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10"}, false},
		{except.Product{PURL: "pkg:deb/debian/curl?distro=debian-11"}, except.Software{PURL: "pkg:deb/debian/curl@7.88.1-10?distro=debian-12"}, false},
		{except.Product{PURL: "pkg:rpm/redhat/bind@9.16.23-1.el9?epoch=32"}, except.Software{PURL: "pkg:rpm/redhat/bind@9.16.23-1.el9?arch=x86_64&epoch=32"}, true},
		{except.Product{PURL: "pkg:rpm/redhat/bind@9.16.23-1.el9"}, except.Software{PURL: "pkg:rpm/redhat/bind@9.16.23-1.el9?epoch=32"}, false},
		{except.Product{PURL: "pkg:rpm/redhat/curl@7.76.1-1.el9?epoch=0"}, except.Software{PURL: "pkg:rpm/redhat/curl@7.76.1-1.el9"}, true},
		{except.Product{PURL: "pkg:npm/lodash@4.17.20"}, except.Software{PURL: "pkg:npm/lodash@4.17.21"}, false},
		{except.Product{PURL: "pkg:npm/lodash@4.17.20"}, except.Software{PURL: "pkg:npm/%40types/lodash@4.17.20"}, false},
		{except.Product{PURL: "pkg:pypi/Django@4.2"}, except.Software{PURL: "pkg:pypi/django@4.2"}, true},
		{except.Product{PURL: "pkg:npm/lodash"}, except.Software{Vendor: "lodash", Name: "lodash"}, false},
		{except.Product{Vendor: "google", Name: "chrome"}, except.Software{Vendor: "google", Name: "chrome", Version: "1"}, true},
		{except.Product{Vendor: "google", Name: "chrome", Version: "1"}, except.Software{Vendor: "google", Name: "chrome", Version: "1.0"}, false},
		{except.Product{Vendor: "google", Name: "chrome"}, except.Software{Vendor: "google", Name: "chrome_os"}, false},
		{except.Product{Name: "chrome"}, except.Software{Vendor: "other", Name: "Chrome"}, true},
	} {
		s := set(t, except.Exception{Product: test.product, Status: except.NotAffected})
		if got := s.Matching(cve, test.of) != nil; got != test.want {
			t.Errorf("%+v for %+v: %v, want %v", test.product, test.of, got, test.want)
		}
		if s.Matching("CVE-2024-0002", test.of) != nil {
			t.Errorf("%+v matches another CVE", test.product)
		}
	}
}

// TestWhatDecides: people come before documents, and the newest statement before those it follows.
func TestWhatDecides(t *testing.T) {
	group, other := int64(3), int64(4)
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	product := except.Product{Name: "curl"}
	state := func(s except.Status, hour int) except.Exception {
		return except.Exception{ID: string(s), Status: s, Product: product, Stated: at(hour)}
	}
	accepted := except.Exception{ID: "accepted", Status: except.Accepted, Reason: "r"}
	marking := except.Exception{ID: "marking", Status: except.Accepted, Mark: true, Reason: "r"}
	scoped := func(e except.Exception, s except.Scope) except.Exception { e.Scope = s; return e }
	timed := func(e except.Exception, from, until time.Time) except.Exception {
		e.From, e.Until = from, until
		return e
	}
	for what, test := range map[string]struct {
		all  []except.Exception
		want string
	}{
		"nothing":                  {nil, ""},
		"the newest statement":     {[]except.Exception{state(except.NotAffected, -2), state(except.Affected, -1)}, "affected"},
		"the newest, the other":    {[]except.Exception{state(except.NotAffected, -1), state(except.Affected, -2)}, "not_affected"},
		"the cautious of one time": {[]except.Exception{state(except.NotAffected, 0), state(except.UnderInvestigation, 0)}, "under_investigation"},
		"people":                   {[]except.Exception{state(except.Affected, 0), accepted}, "accepted"},
		"hiding before marking":    {[]except.Exception{marking, accepted}, "accepted"},
		"of a group":               {[]except.Exception{scoped(accepted, except.Scope{Group: &group})}, "accepted"},
		"of another group":         {[]except.Exception{scoped(accepted, except.Scope{Group: &other})}, ""},
		"of the device":            {[]except.Exception{scoped(accepted, except.Scope{Device: "d"})}, "accepted"},
		"of another device":        {[]except.Exception{scoped(accepted, except.Scope{Device: "e"}), marking}, "marking"},
		"of the device elsewhere":  {[]except.Exception{scoped(accepted, except.Scope{Device: "d", Group: &other})}, ""},
		"from now":                 {[]except.Exception{timed(accepted, noon, at(1))}, "accepted"},
		"not yet":                  {[]except.Exception{timed(accepted, at(1), time.Time{})}, ""},
		"until now":                {[]except.Exception{timed(accepted, time.Time{}, noon)}, ""},
	} {
		by := set(t, test.all...).Matching(cve, except.Software{Name: "curl"}).Decide(except.Place{Device: "d", Group: group})
		got := ""
		if by != nil {
			got = by.ID
		}
		if got != test.want {
			t.Errorf("%s: %q decides, want %q", what, got, test.want)
		}
	}
}

// TestOrderDoesNotMatter: what decides does not depend on the order in which exceptions are stored.
func TestOrderDoesNotMatter(t *testing.T) {
	statuses := []except.Status{except.Accepted, except.NotAffected, except.Fixed, except.Affected,
		except.UnderInvestigation}
	rapid.Check(t, func(t *rapid.T) {
		var all []except.Exception
		for i := range rapid.IntRange(0, 5).Draw(t, "n") {
			e := except.Exception{ID: string(rune('a' + i)), Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				Stated: noon.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hour")) * time.Hour)}
			e.Mark = e.Status == except.Accepted && rapid.Bool().Draw(t, "mark")
			all = append(all, e)
		}
		decide := func(all []except.Exception) *except.Exception {
			return set(t, all...).Matching(cve, except.Software{}).Decide(except.Place{})
		}
		a, b := decide(all), decide(rapid.Permutation(all).Draw(t, "order"))
		if (a == nil) != (b == nil) || a != nil && a.ID != b.ID {
			t.Fatalf("%+v decides, in another order %+v", a, b)
		}
	})
}

func TestCheck(t *testing.T) {
	good := except.Exception{CVE: cve, Status: except.Accepted, Reason: "r"}
	for what, test := range map[string]struct {
		change func(*except.Exception)
		want   string
	}{
		"good":           {func(*except.Exception) {}, ""},
		"no CVE":         {func(e *except.Exception) { e.CVE = "" }, "cve: is missing"},
		"no reason":      {func(e *except.Exception) { e.Reason = " " }, "reason: is missing"},
		"no status":      {func(e *except.Exception) { e.Status = "fine" }, `status: is "fine"`},
		"no product":     {func(e *except.Exception) { e.Status = except.Fixed }, "product: is missing"},
		"vendor alone":   {func(e *except.Exception) { e.Product.Vendor = "google" }, "product.name: is missing"},
		"both":           {func(e *except.Exception) { e.Product = except.Product{PURL: "pkg:npm/a", Name: "a"} }, "one or the other"},
		"no purl":        {func(e *except.Exception) { e.Product.PURL = "npm/a" }, "is no package URL"},
		"a marking VEX":  {func(e *except.Exception) { e.Status, e.Mark = except.Affected, true }, "mark: goes with"},
		"ends first":     {func(e *except.Exception) { e.From, e.Until = noon, noon }, "until: is not after from"},
		"control":        {func(e *except.Exception) { e.Reason = "a\x1b[2Jb" }, "reason: has control characters"},
		"a long reason":  {func(e *except.Exception) { e.Reason = strings.Repeat("a", 5000) }, "reason: has more than"},
		"another advice": {func(e *except.Exception) { e.CVE = "GHSA-5j5w-g665-5m35" }, ""},
	} {
		e := good
		test.change(&e)
		err := e.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", what, err, test.want)
		}
	}
}
