package snapshot_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
)

// manifest is a snapshot of three ranges, one of them hidden.
func (l *lab) manifest() *snapshot.Manifest {
	l.Helper()
	m := &snapshot.Manifest{Organization: "org", Number: 2, Previous: 1, Begun: noon, Catalog: "catalog-1", RowShape: 1,
		Feeds:        []counts.Feed{{Kind: "osv", Name: "debian", Records: 7, Day: "2026-11-20", Old: true}},
		RemovedFeeds: []counts.RemovedFeed{{Kind: "osv", Name: "Rocky Linux:9", Records: 3}}, Removal: 4}
	for n, group := range []int64{rbac.HiddenGroup, 0, 7} {
		made := l.write(group, newHost(n, "1", 1, 2, 3))
		if n == 1 {
			made.Delta.Unassessed = []snapshot.Unassessed{{Device: id(1), Problem: "odd"}}
			made.Delta.Truncated = []snapshot.Truncation{{Device: id(1), Dataset: "software", Dropped: 2},
				{Device: id(1), Paths: 3}}
			made.Coverage = coverage.Sum{
				Devices: coverage.Tallies{{State: coverage.Partly, Reason: coverage.NoProductCode, N: 1}},
				Software: coverage.Tallies{{State: coverage.NotAssessed, Reason: coverage.NoProductCode, N: 2},
					{State: coverage.Assessed, N: 3}},
				Wants: map[string]int64{"npm": 1}}
			made.Severities = counts.Severities{Critical: 1, High: 2, Medium: 3, Low: 4, Unrated: 5}
		}
		m.Add(made)
	}
	return m
}

func TestManifestRoundTrip(t *testing.T) {
	l := newLab(t)
	want := l.manifest()
	file, err := l.files.WriteManifest(snapshot.ManifestName("org", 2, "x"), want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.files.ReadManifest(file.Path, file.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	own := cmpopts.IgnoreUnexported(snapshot.Manifest{}, snapshot.Range{})
	if got.Name != file.Path {
		t.Errorf("it was read from %q", got.Name)
	}
	got.Name = ""
	if diff := cmp.Diff(want, got, own); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i := range want.Ranges {
		if diff := cmp.Diff(l.index(&want.Ranges[i]), l.index(&got.Ranges[i])); diff != "" {
			t.Errorf("index of range %d (-want +got):\n%s", i, diff)
		}
		if diff := cmp.Diff(l.delta(want, i), l.delta(got, i)); diff != "" {
			t.Errorf("delta of range %d (-want +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(want.Totals(nil), got.Totals(nil)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	full, delta := l.named(got)
	if len(full) != 3*(1+1+3)+2 || len(delta) != 3*3 {
		t.Errorf("%d full and %d delta files", len(full), len(delta))
	}
	for _, f := range append(full, delta...) {
		if err := l.files.Check(f, true); err != nil {
			t.Error(err)
		}
	}
}

// TestManifestOfVersion2: it is written again with the same bytes, for a repair, and says nothing of
// coverage.
func TestManifestOfVersion2(t *testing.T) {
	l := newLab(t)
	m := l.manifest()
	m.Version = 2
	name := snapshot.ManifestName("org", 2, "x")
	file, err := l.files.WriteManifest(name, m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.files.ReadManifest(file.Path, file.SHA256)
	if err != nil || got.Version != 2 || got.Totals(nil).Coverage != nil || got.Feeds != nil {
		t.Fatalf("read as %+v, %v", got, err)
	}
	data, _, err := snapshot.ManifestBytes(name, got)
	if err != nil || snapshot.DigestOf(data) != file.SHA256 {
		t.Errorf("written again it is another: %v", err)
	}
	if bytes.Contains(data, []byte("debian")) || bytes.Contains(data, []byte("npm")) {
		t.Errorf("it has coverage: %q", data)
	}
}

func TestTotals(t *testing.T) {
	got := newLab(t).manifest().Totals(nil)
	got.Bytes = 0
	want := counts.Snapshot{
		Coverage: &counts.Coverage{Devices: []counts.Covered{{State: "partly", Reason: "noProductCode", Count: 1}},
			Software: []counts.Covered{{State: "notAssessed", Reason: "noProductCode", Count: 2}, {State: "assessed", Count: 3}},
			Unknown:  1, Wants: []counts.Wanted{{Name: "npm", Devices: 1}}},
		Devices: 2, Hidden: 1, Parts: 6, Unassessed: 1, Truncated: 2,
		Rows: map[string]int64{"configurations": 2, "software": 4, "vulnerabilities": 6,
			"clean-software": 0, "no-product-code": 0, "non-cve-advisories": 0},
		Severities: counts.Severities{Critical: 1, High: 2, Medium: 3, Low: 4, Unrated: 5},
		Changes: map[string]counts.Changes{"configurations": {New: 2}, "software": {New: 4}, "vulnerabilities": {New: 6},
			"clean-software": {}, "no-product-code": {}, "non-cve-advisories": {}},
		RemovedFeeds: []counts.RemovedFeed{{Kind: "osv", Name: "Rocky Linux:9", Records: 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// put writes any bytes as a manifest.
func (l *lab) put(name string, data []byte) snapshot.Digest {
	l.Helper()
	if err := os.WriteFile(l.path(name), data, 0o600); err != nil {
		l.Fatal(err)
	}
	return sha256.Sum256(data)
}

func TestManifestRefuses(t *testing.T) {
	l := newLab(t)
	part := func(text string) string {
		return `{"version":1,"ranges":[{"full":{"software":` + text + `}}]}`
	}
	for _, test := range []struct {
		what, data string
		want       error
	}{
		{"nothing", "", snapshot.ErrDamaged},
		{"no JSON", "muster", snapshot.ErrDamaged},
		{"no version", "{}", snapshot.ErrDamaged},
		{"a version that is none", `{"version":-1}`, snapshot.ErrDamaged},
		{"a word for a version", `{"version":"1"}`, snapshot.ErrDamaged},
		{"a newer version", `{"version":5,"ranges":{"in another":"form"}}`, snapshot.ErrNewer},
		{"no table", `{"version":2}`, snapshot.ErrDamaged},
		{"a head in another form", `{"version":2,"number":"two"}`, snapshot.ErrDamaged},
		{"an empty table", `{"version":2}` + "\n\x00\x00", nil},
		{"more behind the table", `{"version":2}` + "\n\x00\x00\x00", snapshot.ErrDamaged},
		{"more ranges than bytes", `{"version":2}` + "\n\xff\xff\xff\xff\x0f", snapshot.ErrDamaged},
		{"ranges in another form", `{"version":1,"ranges":{}}`, snapshot.ErrDamaged},
		{"a digest that is none", part(`{"sha256":"00"}`), snapshot.ErrDamaged},
		{"no part", part(`null`), snapshot.ErrDamaged},
		{"a part without segments", part(`{"path":"a","bytes":20}`), snapshot.ErrDamaged},
		{"segments that hold less", part(`{"path":"a","bytes":30,"rows":2,"raw":9,"segments":[{"rows":1,"size":10,"raw":9}]}`), snapshot.ErrDamaged},
		{"segments that hold more", part(`{"path":"a","bytes":29,"rows":1,"raw":9,"segments":[{"rows":1,"size":10,"raw":9}]}`), snapshot.ErrDamaged},
		{"negative rows", part(`{"path":"a","bytes":30,"rows":-1,"raw":9,"segments":[{"rows":-1,"size":10,"raw":9}]}`),
			snapshot.ErrDamaged},
		{"an unknown dataset", `{"version":1,"ranges":[{"delta":{"hosts":{}}}]}`, snapshot.ErrDamaged},
		{"a whole part", part(`{"path":"a","bytes":30,"rows":1,"raw":9,"segments":[{"rows":1,"size":10,"raw":9}]}`), nil},
	} {
		sum := l.put("m.json", []byte(test.data))
		_, err := l.files.ReadManifest("m.json", sum)
		if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), "m.json") {
			t.Errorf("%s: error %v, want %v", test.what, err, test.want)
		}
	}
	l.put("m.json", []byte(`{"version":2}`))
	if _, err := l.files.ReadManifest("m.json", snapshot.Digest{}); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("another hash: %v", err)
	}
	if _, err := l.files.ReadManifest("gone.json", snapshot.Digest{}); !errors.Is(err, snapshot.ErrDamaged) ||
		!strings.Contains(err.Error(), "gone.json") {
		t.Errorf("missing: %v", err)
	}
}

// FuzzReadManifest: for any bytes reading ends with a usable manifest, or with an error that says
// what is wrong.
func FuzzReadManifest(f *testing.F) {
	l := newLab(f)
	f.Add([]byte(`{"version":1,"ranges":[{"group":1,"sheet":{"path":"s","bytes":1},"full":{"software":{"path":"a","bytes":30,"rows":1,"raw":9,` +
		`"segments":[{"rows":1,"size":10,"raw":9}]}},"kept":[{"device":"d"}]}]}`))
	f.Add([]byte(`{"version":3}`))
	if data, _, err := snapshot.ManifestBytes("m.json", l.manifest()); err == nil {
		f.Add(data)
	}
	f.Add([]byte(`{"version":1,"ranges":[{"full":{"software":null}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &lab{TB: t, folder: l.folder, files: l.files}
		m, err := l.files.ReadManifest("m.json", l.put("m.json", data))
		if err != nil {
			if !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrNewer) {
				t.Errorf("error %v wraps neither ErrDamaged nor ErrNewer", err)
			}
			return
		}
		m.Totals(nil)
		m.FullFiles()
		m.DeltaFiles()
		parts := l.parts(m, false, nil, defender.Software, defender.Vulnerabilities)
		var pages int64
		for at, more := (snapshot.Position{}), parts.Len() > 0; more && pages < 100; pages++ {
			at, more = parts.Advance(at, 1000)
		}
		l.verify(m, m)
	})
}
