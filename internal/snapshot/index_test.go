package snapshot_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/snapshot"
)

// TestNamesAreWrittenShort: names and ids are read as they were written, and usual ones take few
// bytes.
func TestNamesAreWrittenShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-z/-]{0,9}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}){0,4}`)
		name, like := text.Draw(t, "name"), text.Draw(t, "like")
		if got, err := snapshot.RoundTripName(name, like); got != name || err != nil {
			t.Fatalf("%q beside %q is read as %q, %v", name, like, got, err)
		}
		id := rapid.OneOf(text, rapid.StringMatching(`[0-9a-fA-F]{0,41}`)).Draw(t, "id")
		if got, err := snapshot.RoundTripID(id); got != id || err != nil {
			t.Fatalf("%q is read as %q, %v", id, got, err)
		}
	})
	if _, err := snapshot.RoundTripName(strings.Repeat("x", 600), ""); err == nil {
		t.Error("a name of 600 bytes is read")
	}
}

// drawDelta draws a delta of a range.
func drawDelta(t *rapid.T, s *synthetic, name string) snapshot.Delta {
	d := snapshot.Delta{Parts: snapshot.Parts{}}
	for set := range defender.Dataset(defender.DatasetCount) {
		if rapid.Bool().Draw(t, set.String()) {
			p := s.part(name+set.Folder(true)+"/part-"+s.attempt(), rapid.IntRange(1, 4).Draw(t, "segments"), 9, 99)
			d.Parts[set.String()] = p
		}
	}
	if rapid.Bool().Draw(t, "changed") {
		d.Changes = map[string]counts.Changes{defender.Software.String(): {New: rapid.Int64Range(1, 1<<40).Draw(t, "new"),
			Fixed: 2, Updated: 3}}
	}
	for n := range rapid.IntRange(0, 2).Draw(t, "noted") {
		d.Unassessed = append(d.Unassessed, snapshot.Unassessed{Device: id(n), Problem: rapid.String().Draw(t, "problem")})
		d.Truncated = append(d.Truncated, snapshot.Truncation{Device: "no id",
			Section: rapid.String().Draw(t, "section"), Paths: int64(n)},
			snapshot.Truncation{Device: id(n),
				Dataset: rapid.SampledFrom([]string{"", "software", "no-product-code"}).Draw(t, "dataset"), Dropped: 7})
	}
	return d
}

// TestDeltasRoundTrip: deltas of ranges are read as they were written, each by itself. A manifest
// with some ranges replaced keeps the rest, and equal manifests give equal bytes.
func TestDeltasRoundTrip(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(rt *rapid.T) {
		s := newSynthetic()
		draw := func() *snapshot.Made {
			return snapshot.MadeOf(snapshot.Range{Group: rapid.Int64Range(-1, 2).Draw(rt, "group")}, &snapshot.Index{},
				drawDelta(rt, s, "org/"))
		}
		var want []*snapshot.Made
		for range rapid.IntRange(0, 6).Draw(rt, "ranges") {
			want = append(want, draw())
		}
		name := "org/manifest/" + uuid.NewString() + ".manifest"
		check := func(m *snapshot.Manifest) *snapshot.Manifest {
			file, err := l.files.WriteManifest(name, m)
			if err != nil {
				rt.Fatal(err)
			}
			got, err := l.files.ReadManifest(name, file.SHA256)
			if err != nil {
				rt.Fatal(err)
			}
			for i := len(want) - 1; i >= 0; i-- {
				if diff := cmp.Diff(&want[i].Delta, l.delta(got, i), cmpopts.EquateEmpty()); diff != "" {
					rt.Fatalf("range %d (-want +got):\n%s", i, diff)
				}
			}
			if diff := cmp.Diff(manifestOf(want...).Totals(nil), got.Totals(nil)); diff != "" {
				rt.Fatalf("totals (-want +got):\n%s", diff)
			}
			l.remove(name)
			if got.Deltas.Path != "" {
				defer l.remove(got.Deltas.Path)
			}
			again, err := got.With(nil)
			if err != nil {
				rt.Fatal(err)
			}
			if data, _, err := snapshot.ManifestBytes(name, again); err != nil || snapshot.DigestOf(data) != file.SHA256 {
				rt.Fatalf("written again it has other bytes: %v", err)
			}
			return again
		}
		m := check(manifestOf(want...))
		others := map[int]*snapshot.Made{}
		for i := range want {
			if rapid.Bool().Draw(rt, "other") {
				want[i] = draw()
				others[i] = want[i]
			}
		}
		changed, err := m.With(others)
		if err != nil {
			rt.Fatal(err)
		}
		check(changed)
	})
}

// TestIndexAgain: an index is made again from its sheet and parts, byte for
// byte, and from nothing else.
func TestIndexAgain(t *testing.T) {
	l := newLab(t)
	r := l.write(3, newHost(1, "1", 1, 2, 30), huge(2))
	want, err := os.ReadFile(l.path(r.Index.Path))
	if err != nil {
		t.Fatal(err)
	}
	l.remove(r.Index.Path)
	if got, err := l.files.IndexAgain(r.Index); err != nil || string(got) != string(want) {
		t.Errorf("%d bytes, %v, want %d", len(got), err, len(want))
	}
	for what, name := range map[string]string{"sheet": l.index(&r.Range).Sheet.Path,
		"part": l.full(r, defender.Vulnerabilities).Path} {
		l.damage(name, 40)
		if _, err := l.files.IndexAgain(r.Index); !errors.Is(err, snapshot.ErrLost) {
			t.Errorf("damaged %s: %v", what, err)
		}
		l.damage(name, 40) // sound again
	}
	l.remove(l.full(r, defender.Software).Path)
	if _, err := l.files.IndexAgain(r.Index); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("missing part: %v", err)
	}
	if _, err := l.files.IndexAgain(snapshot.File{Path: "org/index/x"}); !errors.Is(err, snapshot.ErrLost) {
		t.Errorf("a name of no index: %v", err)
	}
}

// memoryOf returns how many bytes a call allocates.
func memoryOf(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// refused checks the error of a decoder.
func refused(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrNewer) {
		t.Errorf("error %v wraps neither ErrDamaged nor ErrNewer", err)
	}
}

// FuzzParseIndex: for any bytes parsing ends and takes memory in proportion to them, and an
// accepted index can be written and read back.
func FuzzParseIndex(f *testing.F) {
	m := newSynthetic().million(0)
	x, err := m.Ranges[0].Full()
	if err != nil {
		f.Fatal(err)
	}
	name := m.Ranges[0].Index.Path
	data, err := snapshot.AppendIndex(x, nil, name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[:len("muster index 1\n")+300])
	f.Add(data)
	f.Add([]byte("muster index 2\n"))
	f.Add([]byte("muster index 1\n\x00\x00\x00\x00" + strings.Repeat("\x00", 32) + "\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var x *snapshot.Index
		var err error
		if used, limit := memoryOf(func() { x, err = snapshot.ParseIndex(name, data) }),
			uint64(1<<20+16*len(data)); used > limit {
			t.Errorf("%d bytes used for an index of %d", used, len(data))
		}
		if err != nil {
			refused(t, err)
			return
		}
		written, err := snapshot.AppendIndex(x, nil, name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := snapshot.ParseIndex(name, written); err != nil || !cmp.Equal(x, again) {
			t.Errorf("read again it is another: %v", err)
		}
	})
}

// FuzzParseDeltas does the same for deltas, and for each section of them.
func FuzzParseDeltas(f *testing.F) {
	m := &snapshot.Manifest{}
	for _, made := range newLab(f).hostsWithNotes() {
		m.Add(made)
	}
	_, data, err := snapshot.ManifestBytes("m.manifest", m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("muster deltas 3\n"))
	f.Add([]byte("muster deltas 2\n\x00\x00\x00\xff\xff\xff\xff\x0f"))
	f.Add([]byte("muster deltas 1\n\x00\x00\x00\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		used := memoryOf(func() {
			all, err := snapshot.ParseDeltas(data)
			if err != nil {
				refused(t, err)
				return
			}
			for number := range 4 {
				if _, err := snapshot.DeltaOf(all, number); err != nil {
					refused(t, err)
				}
			}
			if written, err := snapshot.AppendDelta(all, nil, defender.DatasetCount); err != nil {
				t.Errorf("it cannot be written: %v", err)
			} else if _, err := snapshot.ParseDeltas(written); err != nil {
				t.Errorf("written again it cannot be read: %v", err)
			}
		})
		if limit := uint64(1<<20 + 64*len(data)); used > limit {
			t.Errorf("%d bytes used for deltas of %d", used, len(data))
		}
	})
}

// hostsWithNotes makes ranges with everything that deltas may contain.
func (l *lab) hostsWithNotes() []*snapshot.Made {
	l.Helper()
	some, other := l.write(0, newHost(1, "1", 1, 2, 3)), l.write(7, newHost(2, "1", 0, 1))
	some.Delta.Unassessed = []snapshot.Unassessed{{Device: id(1), Problem: "odd"}}
	other.Delta.Truncated = []snapshot.Truncation{{Device: id(2), Dataset: "software", Dropped: 2},
		{Device: "x", Section: "facts", Paths: 3}}
	return []*snapshot.Made{some, other}
}
