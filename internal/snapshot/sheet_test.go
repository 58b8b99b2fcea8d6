package snapshot_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot"
)

// drawEntry draws a device's entry, with indices below components.
func drawEntry(t *rapid.T, id string, components int) snapshot.Entry {
	e := snapshot.Entry{ID: id, Revision: rapid.Int64().Draw(t, "revision"), Due: rapid.Int64().Draw(t, "due")}
	copy(e.Report[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "report"))
	copy(e.Fingerprint[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "fingerprint"))
	for _, n := range []*int64{&e.Severities.Critical, &e.Severities.High, &e.Severities.Medium,
		&e.Severities.Low, &e.Severities.Unrated} {
		*n = rapid.Int64Range(0, 1<<40).Draw(t, "severity")
	}
	if components > 0 {
		e.Components = rapid.SliceOf(rapid.Uint32Range(0, uint32(components-1))).Draw(t, "components")
	}
	e.Coverage = drawCoverage(t)
	e.Profile.Key = rapid.SampledFrom([]string{"", "Linux", "Windows11"}).Draw(t, "profile")
	e.Profile.Fingerprint[0] = rapid.SampledFrom([]byte{0, 1}).Draw(t, "checks")
	return e
}

// drawCoverage draws the coverage of a device, which may be unknown.
func drawCoverage(t *rapid.T) (d coverage.Device) {
	if rapid.IntRange(0, 4).Draw(t, "unknown") == 0 {
		return d
	}
	d.State = coverage.State(rapid.IntRange(0, int(coverage.Assessed)).Draw(t, "state"))
	d.Reason = coverage.Reason(rapid.IntRange(1, coverage.ReasonCount-1).Draw(t, "reason"))
	for range rapid.IntRange(0, 4).Draw(t, "tallies") {
		d.Software.Add(coverage.State(rapid.IntRange(0, 2).Draw(t, "state")),
			coverage.Reason(rapid.IntRange(0, coverage.ReasonCount-1).Draw(t, "reason")),
			rapid.Int64Range(1, 1<<40).Draw(t, "n"))
	}
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"debian", "cvelist", "Debian:12", "npm", "é"}), 0, 3, rapid.ID)
	d.Feeds, d.Wants = names.Draw(t, "feeds"), names.Draw(t, "wants")
	if rapid.Bool().Draw(t, "checked") {
		d.Checks.Devices = 1
		d.Checks.Judge(rapid.Int64Range(0, 300).Draw(t, "failing"), rapid.Int64Range(0, 300).Draw(t, "passing"), 7)
		for _, reason := range names.Draw(t, "reasons") {
			n := 1 + int64(len(reason))
			d.Checks.Silence(counts.Silence{Cause: counts.CauseUnread, Reason: reason, Count: n, Devices: 1})
		}
	}
	return d
}

// TestSheetRoundTrip: each device and its rows are read back as written.
func TestSheetRoundTrip(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := l.writer(0)
		components := rapid.SliceOfDistinct(rapid.String(), rapid.ID).Draw(rt, "keys")
		for i, key := range components {
			if got := w.Component(assess.Component{Key: key}); int(got) != i {
				rt.Fatalf("component %q has index %d, want %d", key, got, i)
			}
		}
		hosts := drawHosts(rt, "1")
		var want []snapshot.Entry
		for i := range hosts {
			e := drawEntry(rt, hosts[i].id, len(components))
			if err := w.Add(e, &hosts[i].rows); err != nil {
				rt.Fatal(err)
			}
			want = append(want, e)
		}
		reader := l.open(l.close(w))
		sheet := reader.Sheet()
		if diff := cmp.Diff(want, sheet.Entries, cmpopts.EquateEmpty(),
			cmpopts.IgnoreUnexported(snapshot.Entry{}), cmpopts.IgnoreFields(snapshot.Entry{}, "Asked", "Checked")); diff != "" {
			rt.Fatalf("entries (-want +got):\n%s", diff)
		}
		for i, r := range sheet.Components {
			if r.Key != components[i] {
				rt.Fatalf("component %d is %q, want %q", i, r.Key, components[i])
			}
		}
		for i := range hosts {
			for d := range defender.Dataset(defender.DatasetCount) {
				if got, want := sheet.Entries[i].Rows(d), int64(bytes.Count(hosts[i].rows[d], []byte("\n"))); got != want {
					rt.Fatalf("%d rows of %s, want %d", got, d, want)
				}
			}
			if at, ok := reader.Find(hosts[i].id); at != i || !ok {
				rt.Fatalf("device %d found at %d, %t", i, at, ok)
			}
		}
		if _, ok := reader.Find(id(99)); ok {
			rt.Fatal("a device that is not there was found")
		}
	})
}

// sheet is a small valid sheet.
func sheet(t testing.TB) []byte {
	t.Helper()
	s := snapshot.Sheet{Catalog: "catalog-1", Components: []assess.Component{{Key: "chrome"}},
		Asked: []snapshot.Asked{{Feeds: []string{"debian"}, Wants: []string{"npm"}}},
		Entries: []snapshot.Entry{{ID: id(1), Components: []uint32{0, 0}, Coverage: coverage.Device{
			State: coverage.Partly, Reason: coverage.NoEcosystemFeed,
			Software: coverage.Tallies{{State: coverage.Assessed, N: 300}}}, Profile: assess.Profile{Key: "Linux"}},
			{ID: id(2)}}}
	data, err := snapshot.AppendSheet(&s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// oldSheets are sheets of two devices that earlier programs wrote, by version.
var oldSheets = map[int]string{
	1: "6d757374657220736865657420310a09636174616c6f672d3101066368726f6d65010000000000000000000000000000000200000000000000000000000000000000000000010e0000000000000000000000000000000000000000000000000000000000000000090000000000000000000000000000000a00000000000200000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
	3: "6d757374657220736865657420330a09636174616c6f672d3101066368726f6d650000000000000000000000000000000001010664656269616e01036e706d0200000000000000000000000000000000000000010e00000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000002000015000102ac0200000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000",
}

// sheetOf is the sheet of a version.
func sheetOf(t testing.TB, version int) []byte {
	t.Helper()
	data, err := hex.DecodeString(oldSheets[version])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Devices of sheets before version 4 are read and are not up to date. The coverage of those of version 1 is unknown.
func TestSheetsOfEarlierVersions(t *testing.T) {
	for version := range oldSheets {
		s, err := snapshot.ParseSheet(sheetOf(t, version))
		if err != nil {
			t.Fatal(err)
		}
		if e := s.Entries; len(e) != 2 || e[0].ID != id(1) || len(e[0].Components) != 2 || e[0].Revision != 7 {
			t.Errorf("version %d is read as %+v", version, s)
		}
		for i, e := range s.Entries {
			known := version > 1 && i == 0
			if e.Fingerprint != [16]byte{} || e.Profile.Key != "" || e.Coverage.Known() != known {
				t.Errorf("version %d, device %q: fingerprint %x, coverage %+v", version, e.ID, e.Fingerprint, e.Coverage)
			}
		}
		for cut := range sheetOf(t, version) {
			if _, err := snapshot.ParseSheet(sheetOf(t, version)[:cut]); !errors.Is(err, snapshot.ErrDamaged) {
				t.Errorf("version %d, cut to %d bytes: error %v, want ErrDamaged", version, cut, err)
			}
		}
	}
}

func TestSheetRefuses(t *testing.T) {
	good := sheet(t)
	if _, err := snapshot.ParseSheet(good); err != nil {
		t.Fatal(err)
	}
	word, _, _ := bytes.Cut(good, []byte("\n"))
	for _, test := range []struct {
		what string
		data string
		want error
	}{
		{"nothing", "", snapshot.ErrDamaged},
		{"something else", "\x1f\x8b" + string(good), snapshot.ErrDamaged},
		{"an older form", "muster sheet 0\n", snapshot.ErrDamaged},
		{"no number", "muster sheet one\n", snapshot.ErrDamaged},
		{"no end of the word", "muster sheet 5", snapshot.ErrDamaged},
		{"a newer form", strings.Replace(string(good), string(word), "muster sheet 5", 1), snapshot.ErrNewer},
		{"a much newer form", "muster sheet 1234\nx", snapshot.ErrNewer},
		{"more at the end", string(good) + "x", snapshot.ErrDamaged},
		{"devices out of order", strings.Replace(string(good), "\x00\x01\x00", "\x00\x03\x00", 1), snapshot.ErrDamaged},
		{"more devices than bytes", string(word) + "\n\x00\x00\xff\xff\xff\xff\x0f", snapshot.ErrDamaged},
	} {
		if _, err := snapshot.ParseSheet([]byte(test.data)); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.what, err, test.want)
		}
	}
	for cut := range good {
		if _, err := snapshot.ParseSheet(good[:cut]); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("cut to %d bytes: error %v, want ErrDamaged", cut, err)
		}
	}
}

func TestSheetRefusesToBeWritten(t *testing.T) {
	for _, entries := range [][]snapshot.Entry{{{ID: "host"}}, {{ID: id(2)}, {ID: id(1)}}, {{ID: id(1)}, {ID: id(1)}}} {
		if _, err := snapshot.AppendSheet(&snapshot.Sheet{Entries: entries}, nil); err == nil {
			t.Errorf("%v: no error", entries)
		}
	}
}

// FuzzParseSheet: for any bytes parsing ends, takes memory in proportion to them and fails with
// ErrDamaged; an accepted sheet can be written and read back.
func FuzzParseSheet(f *testing.F) {
	f.Add(sheet(f))
	f.Add([]byte("muster sheet 1\n\x00\x00\xff\xff\xff\xff\x0f"))
	f.Add([]byte("muster sheet 4\n"))
	f.Add([]byte("muster sheet 4\n\x00\x00\x00\x01\x01x\x01y\x01\x01\x02\x03\x01\x00\x05\x00\x00"))
	f.Add(sheetOf(f, 3))
	f.Add(sheetOf(f, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := snapshot.ParseSheet(data)
		runtime.ReadMemStats(&after)
		if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+16*len(data)); used > limit {
			t.Errorf("%d bytes used for a sheet of %d", used, len(data))
		}
		if err != nil {
			if !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrNewer) {
				t.Errorf("error %v wraps neither ErrDamaged nor ErrNewer", err)
			}
			return
		}
		written, err := snapshot.AppendSheet(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := snapshot.ParseSheet(written)
		if err != nil {
			t.Fatal(err)
		}
		if rewritten, err := snapshot.AppendSheet(again, nil); err != nil || !bytes.Equal(rewritten, written) {
			t.Errorf("read again it is another: %v", err)
		}
	})
}
