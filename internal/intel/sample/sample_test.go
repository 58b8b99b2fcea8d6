package sample_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/intel/sample/sampletest"
)

// records parses one feed, which must have no odd records.
func records(t testing.TB, f sample.Feed) []intel.Record {
	t.Helper()
	feed, err := feeds.New(f.Kind, feeds.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var all []intel.Record
	for record, err := range feed.Parse(t.Context(), f.Files) {
		if err != nil {
			t.Fatalf("feed %s: %v", f.Name, err)
		}
		all = append(all, record)
	}
	return all
}

func TestFeedsAreSound(t *testing.T) {
	for _, f := range sample.Feeds() {
		t.Run(f.Name, func(t *testing.T) {
			statements := 0
			for _, r := range records(t, f) {
				statements += len(r.Affected) + len(r.Packages)
				if r.CVE != nil || r.Lifecycle != nil {
					statements++
				}
			}
			if statements == 0 {
				t.Errorf("says nothing")
			}
		})
	}
}

func TestEveryCVEHasAScore(t *testing.T) {
	scored, named := map[string]bool{}, map[string]string{}
	for _, f := range sample.Feeds() {
		for _, r := range records(t, f) {
			if r.CVE != nil {
				named[r.CVE.ID] = r.Source
				scored[r.CVE.ID] = scored[r.CVE.ID] || len(r.CVE.Scores) > 0
			}
			for _, a := range r.Affected {
				named[a.CVE] = r.Source
			}
			for _, p := range r.Packages {
				for _, id := range p.CVEs {
					named[id] = r.Source
				}
			}
		}
	}
	for id, source := range named {
		if !scored[id] {
			t.Errorf("%s, named by %s, has no score", id, source)
		}
	}
	if len(named) < 3000 {
		t.Errorf("%d CVEs, want at least 3000", len(named))
	}
}

// More than the longest fact, in bytes and words; prose is longer.
const (
	maxText  = 128
	maxWords = 16
)

func TestFactsOnly(t *testing.T) {
	for _, f := range sample.Feeds() {
		for doc, err := range intel.DefaultLimits().Documents(f.Files) {
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if err := json.Unmarshal(doc.Data, &value); err != nil {
				t.Fatal(err)
			}
			if err := checkFacts(value); err != nil {
				t.Errorf("%s: %v", doc.Name, err)
			}
		}
	}
}

// prose are the keys under which feeds have text for people.
var prose = []string{"description", "title", "summary", "details", "notes", "credit", "solution",
	"workaround", "link", "action"}

// checkFacts reports the first long text, link or prose in a JSON value.
func checkFacts(value any) error {
	switch value := value.(type) {
	case string:
		if len(value) > maxText || len(strings.Fields(value)) > maxWords || strings.Contains(value, "://") {
			return errors.New("not a fact: " + value)
		}
	case []any:
		for _, item := range value {
			if err := checkFacts(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for key, item := range value {
			for _, word := range prose {
				if strings.Contains(strings.ToLower(key), word) {
					return errors.New("prose under key " + key)
				}
			}
			if err := checkFacts(item); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestSizeAndNotice(t *testing.T) {
	total := int64(0)
	for _, f := range sample.Feeds() {
		if !strings.Contains(sample.Notice(), "data/"+f.Name) {
			t.Errorf("NOTICE does not name feed %s", f.Name)
		}
		err := fs.WalkDir(f.Files, ".", func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				total += info.Size()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if total > 3<<20 {
		t.Errorf("sample takes %d bytes", total)
	}
}

func TestCatalogKnowsExploitedCVEs(t *testing.T) {
	c := sampletest.Catalog(t)
	for _, test := range []struct {
		name, vendor, version, cve string
		affected                   bool
	}{
		{"Mozilla Firefox (x64 en-US)", "Mozilla", "131.0.1", "CVE-2024-9680", true},
		{"Mozilla Firefox (x64 en-US)", "Mozilla", "131.0.2", "CVE-2024-9680", false},
		{"Google Chrome", "Google LLC", "127.0.6533.72", "CVE-2024-7971", true},
		{"Google Chrome", "Google LLC", "128.0.6613.84", "CVE-2024-7971", false},
	} {
		v := c.Verdict(catalog.Component{Kind: "windows", Vendor: test.vendor, Name: test.name, Version: test.version,
			OSPlatform: "Windows11"})
		at := slices.IndexFunc(v.Hits, func(h catalog.Hit) bool { return h.CVE == test.cve })
		switch {
		case at >= 0 != test.affected:
			t.Errorf("%s %s: %s affects it: %v, want %v", test.name, test.version, test.cve, at >= 0, test.affected)
		case at >= 0 && (v.Hits[at].Exploit < intel.ExploitVerified || !v.Hits[at].Scored):
			t.Errorf("%s %s: %+v, want an exploited CVE with a score", test.name, test.version, v.Hits[at])
		}
	}
}
