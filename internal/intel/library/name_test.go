package library_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
)

// ecosystems are those that the OSV schema defines (its section "Defined ecosystems"), with the
// form of what may follow the colon.
var ecosystems = map[string]string{
	"AlmaLinux": "[1-9][0-9]?", "Alpaquita": "(stream|2[0-9])", "Alpine": `v3\.[0-9]{1,2}`,
	"Android": "", "Azure Linux": "[1-9]",
	"BellSoft Hardened Containers": "(stream|2[0-9])", "Bioconductor": `3\.[0-9]{1,2}`, "Bitnami": "",
	"Chainguard": "", "CleanStart": "",
	"ConanCenter": "", "CRAN": "", "crates.io": "", "Debian": "[1-9][0-9]?",
	"Docker Hardened Images": `(debian|alpine):[0-9.]{2,5}[0-9]`,
	"Echo":                   "", "FreeBSD": "(kernel|ports|src)", "GHC": "", "GitHub Actions": "", "Go": "",
	"Hackage": "", "Hex": "", "Julia": "",
	"Kubernetes": "", "Linux": "", "Mageia": "[1-9]",
	"Maven":   `https://[a-z]{1,9}\.example\.com(:[0-9]{2,4})?(/[a-z0-9._-]{1,9}[a-z]){0,3}`,
	"MinimOS": "", "npm": "", "NuGet": "", "opam": "", "openEuler": `2[0-9]\.0[39](-LTS(-SP[1-4])?)?`,
	"openSUSE": `(Tumbleweed|Leap (Micro )?1[56]\.[0-9])`, "OSS-Fuzz": "", "Packagist": "",
	"Photon OS": `[1-5]\.0`, "Pub": "", "PyPI": "",
	"Red Hat":     `(rhel_(eus|aus|e4s|tus):[6-9]\.[0-9]{1,2}::(baseos|appstream)|enterprise_linux:[5-9]::[a-z]{3,9}|openshift:4\.[0-9]{1,2}::el[89])`,
	"Rocky Linux": "[89]", "Root": `(Debian:1[0-3]|Alpine:3\.[0-9]{1,2}|PyPI|npm)`, "RubyGems": "",
	"SUSE":     `(Linux Enterprise (Server|Desktop|Micro|Live Patching|High Performance Computing|Module for (Basesystem|SAP Applications|Python 3)|Server for SAP Applications) 1[25]( SP[1-7])?(-LTSS|-ESPOS|-TERADATA)?|Manager (Client Tools|Server Module) [0-9.]{0,2}[0-9])`,
	"SwiftURL": "", "Ubuntu": `(Pro:)?(FIPS-updates:)?(1[468]|2[0246])\.(04|10)(:LTS)?`,
	"VSCode": `https://open-vsx\.example\.org`, "Wolfi": "",
}

// ecosystem draws the name of an ecosystem, with or without a release.
func ecosystem(t *rapid.T) string {
	var names []string
	for name := range ecosystems {
		names = append(names, name)
	}
	name := rapid.SampledFrom(sorted(names)).Draw(t, "ecosystem")
	if form := ecosystems[name]; form != "" && rapid.IntRange(0, 3).Draw(t, "released") > 0 {
		name += ":" + rapid.StringMatching(form).Draw(t, "release")
	}
	return name
}

// advisoriesOf is a feed of n advisories of an ecosystem.
func advisoriesOf(ecosystem string, n int) string {
	return fmt.Sprintf(`{"id":"A-%d","affected":[{"package":{"ecosystem":%q,"name":"p"},"versions":["1"]}]}`, n,
		ecosystem)
}

// Issue 9: names may hold what ecosystems hold. Every ecosystem's feed is named after it, imported
// and fetched under that name, and no name leads to a file or an address of something else.
func TestFeedsOfAllEcosystems(t *testing.T) {
	var mutex sync.Mutex
	asked := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		name, _ := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/all.zip")
		asked[name] = r.URL.EscapedPath()
		http.NotFound(w, r)
	}))
	defer server.Close()
	l := newLab(t)
	rapid.Check(t, func(t *rapid.T) {
		name := ecosystem(t)
		done, _, err := l.library.Import(l.ctx,
			library.Import{Kind: intel.OSV, Files: oneFile("all.json", advisoriesOf(name, 1))})
		if err != nil || len(done) != 1 || done[0].Feed.Name != name {
			t.Fatalf("%q: %+v, %v", name, done, err)
		}
		if _, _, err = l.library.Import(l.ctx, library.Import{Kind: intel.OSV, Name: name,
			Files: oneFile("all.json", advisoriesOf(name, 1))}); err != nil {
			t.Errorf("%q again: %v", name, err)
		}
		if strings.ContainsAny(done[0].Feed.Path, " :") || strings.Count(done[0].Feed.Path, "/") != 2 {
			t.Errorf("the files of %q are in %q", name, done[0].Feed.Path)
		}
		if _, _, err := l.library.Refresh(l.ctx,
			[]library.Source{{Kind: intel.OSV, Name: name, URL: server.URL}}, false); err != nil {
			t.Fatal(err)
		}
		mutex.Lock()
		defer mutex.Unlock()
		if path := asked[name]; strings.Count(path, "/") != 2 {
			t.Errorf("%q was fetched from %q of %q", name, path, asked)
		}
	})
}

// A name with a control character, a blank at an end, or a part that could be a path of another
// place is refused, before anything is stored.
func TestHostileFeedNames(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(t *rapid.T) {
		name := ecosystem(t)
		at := rapid.IntRange(0, len(name)).Draw(t, "place")
		bad := rapid.SampledFrom([]string{"\x00", "\n", "\t", "\x7f", "\u202e", "\u00a0", "\\", "%2e", "?", "#", "'", `"`,
			"é", "../", "/..", "//..//",
			strings.Repeat("n", 201)}).Draw(t, "bad")
		name = rapid.SampledFrom([]string{name[:at] + bad + name[at:], " " + name, name + " ", "/" + name,
			"../" + name, "./" + name,
			".", "..", "-" + name, "a/" + name, "a/../b", "Maven:https://", "Maven:https://a/../b", "Maven:https://a//b",
			"Maven:https://a/"}).Draw(t, "name")
		_, _, err := l.library.Import(l.ctx,
			library.Import{Kind: intel.OSV, Name: name, Files: oneFile("all.json", advisoriesOf("Go", 1))})
		if !errors.Is(err, library.ErrFeedName) {
			t.Errorf("importing %q: %v", name, err)
		}
		all, _, err := l.library.Refresh(l.ctx,
			[]library.Source{{Kind: intel.OSV, Name: name, URL: "http://127.0.0.1:1"}}, false)
		if err != nil || len(all) != 1 || !errors.Is(all[0].Err, library.ErrFeedName) {
			t.Errorf("fetching %q: %+v, %v", name, all, err)
		}
	})
	l.wantRecords(map[string]int64{})
}

// A feed that no name fits, or that would be about something else, changes nothing.
func TestMistakenFeeds(t *testing.T) {
	l := newLab(t)
	take := func(in library.Import, text string) (library.Imported, error) {
		in.Kind, in.Files = intel.OSV, oneFile("all.json", text)
		done, _, err := l.library.Import(l.ctx, in)
		if err != nil {
			return library.Imported{}, err
		}
		return done[0], nil
	}
	nvd := func(in library.Import, cve string) error {
		in.Kind, in.Files = intel.NVD, oneFile("a.json", inteltest.NVD([]inteltest.Weakness{
			{CVE: cve, Vendor: "google", Product: "chrome", Before: "9", Score: 9.8}}))
		_, _, err := l.library.Import(l.ctx, in)
		return err
	}
	if _, err := take(library.Import{}, advisoriesOf("AlmaLinux:8", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := take(library.Import{Name: "AlmaLinux:8"},
		advisoriesOf("AlmaLinux:9", 1)); !errors.Is(err, library.ErrChanged) ||
		!strings.Contains(err.Error(), `feed "AlmaLinux:8" held AlmaLinux:8 and would hold AlmaLinux:9`) {
		t.Errorf("another release: %v", err)
	}
	if _, err := take(library.Import{}, advisoriesOf("a|b", 1)); err == nil ||
		!strings.Contains(err.Error(), "do not say which feed") {
		t.Errorf("an ecosystem that is no name: %v", err)
	}
	l.wantRecords(map[string]int64{"AlmaLinux:8": 1})
	taken, err := take(library.Import{Name: "AlmaLinux:8", Replace: true}, advisoriesOf("AlmaLinux:9", 1))
	if err != nil || len(taken.Notes) != 3 || !strings.Contains(taken.Notes[0], `would fetch "AlmaLinux:8"`) {
		t.Errorf("a name of another release: %q, %v", taken.Notes, err)
	}
	if taken, err = take(library.Import{}, advisoriesOf("AlmaLinux:9", 1)); err != nil || len(taken.Notes) != 3 ||
		!strings.Contains(taken.Notes[0], `muster feed remove osv "AlmaLinux:8"`) {
		t.Errorf("a second feed of a release: %q, %v", taken.Notes, err)
	}
	both := `{"id":"A-1","affected":[{"package":{"ecosystem":"AlmaLinux:9","name":"p"},"versions":["1"]},
		{"package":{"ecosystem":"AlmaLinux:10","name":"p"},"versions":["1"]}]}`
	if taken, err = take(library.Import{}, both); err != nil || taken.Feed.Name != "AlmaLinux" ||
		!strings.Contains(fmt.Sprint(taken.Notes), `feed "AlmaLinux:9" is about AlmaLinux:9, too`) {
		t.Errorf("a feed that has another: %q, %v", taken.Notes, err)
	}
	if taken, err = take(library.Import{}, advisoriesOf("AlmaLinux:10", 1)); err != nil ||
		!strings.Contains(fmt.Sprint(taken.Notes), `feed "AlmaLinux", about 2 ecosystems, has AlmaLinux:10 already`) {
		t.Errorf("a feed that another has: %q, %v", taken.Notes, err)
	}
	if err := errors.Join(nvd(library.Import{Name: "mine"}, "CVE-2023-0001"),
		nvd(library.Import{}, "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	if err := nvd(library.Import{Name: "mine"}, "CVE-2024-0001"); !errors.Is(err, library.ErrChanged) {
		t.Errorf("another year: %v", err)
	}
	before, err := l.store.Intelligence.Feed(l.ctx, "nvd", "nvd-2024")
	if err != nil {
		t.Fatal(err)
	}
	if err := nvd(library.Import{Before: before.Imported}, "CVE-2024-0001"); !errors.Is(err, library.ErrNewer) {
		t.Errorf("one that was imported meanwhile: %v", err)
	}
	l.wantRecords(map[string]int64{"AlmaLinux:8": 1, "AlmaLinux:9": 1, "AlmaLinux": 1, "AlmaLinux:10": 1, "mine": 1,
		"nvd-2024": 1})
}
