package snapshot_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/snapshot"
)

// TestCopyIsAdd: a range with devices copied in runs has the same rows as one made entirely anew,
// and the verifier finds nothing wrong.
func TestCopyIsAdd(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(rt *rapid.T) {
		hosts := drawHosts(rt, "1")
		old := l.writer(0)
		for i := range hosts {
			entry := snapshot.Entry{ID: hosts[i].id, Severities: counts.Severities{High: int64(i)}}
			for range i % 3 {
				entry.Components = append(entry.Components,
					old.Component(assess.Component{Key: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "component")}))
			}
			if err := old.Add(entry, &hosts[i].rows); err != nil {
				rt.Fatal(err)
			}
		}
		oldRange := l.close(old)
		reader := l.open(oldRange)
		w := l.writer(0)
		w.Component(assess.Component{Key: "b"})
		var want []host
		for i := 0; i < len(hosts); {
			n := rapid.IntRange(1, len(hosts)-i).Draw(rt, "run")
			switch rapid.SampledFrom([]string{"copy", "make", "leave out"}).Draw(rt, "what") {
			case "copy":
				if err := w.Copy(reader, i, i+n); err != nil {
					rt.Fatal(err)
				}
				want = append(want, hosts[i:i+n]...)
			case "make":
				for _, h := range hosts[i : i+n] {
					fresh := newHost(h.n, "2", 1, 2, 3, 4, 5)
					l.add(w, fresh)
					want = append(want, fresh)
				}
			}
			i += n
		}
		got := l.close(w)
		checkHosts(rt, l, got, want)
		checkCarried(rt, reader, l.open(got))
	})
}

// checkHosts checks that a range contains the devices, read device by device and as parts.
func checkHosts(t *rapid.T, l *lab, r *snapshot.Made, want []host) {
	if r.Devices != int64(len(want)) {
		t.Fatalf("%d devices, want %d", r.Devices, len(want))
	}
	reader := l.open(r)
	var rows assess.Rows
	for i := range want {
		if err := reader.Rows(i, &rows); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i].rows, rows,
			cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })); diff != "" {
			t.Fatalf("device %d (-want +got):\n%s", i, diff)
		}
	}
	for d := range defender.Dataset(defender.DatasetCount) {
		parts := l.parts(manifestOf(r), false, nil, d)
		if got := l.rows(parts, snapshot.Position{}, parts.End()); !bytes.Equal(got, concat(want, d)) {
			t.Fatalf("%s: the part has other rows than the devices", d)
		}
	}
	if problems := l.verify(manifestOf(r)); len(problems) > 0 {
		t.Fatalf("%q", problems)
	}
}

// checkCarried checks that copied devices have their old entries, with the new sheet's indices.
func checkCarried(t *rapid.T, old, now *snapshot.RangeReader) {
	keys := func(r *snapshot.RangeReader, e snapshot.Entry) (keys []string) {
		for _, i := range e.Components {
			keys = append(keys, r.Sheet().Components[i].Key)
		}
		return keys
	}
	for _, e := range now.Sheet().Entries {
		i, _ := old.Find(e.ID)
		before := old.Sheet().Entries[i]
		if e.Severities != before.Severities {
			continue // made anew
		}
		if diff := cmp.Diff(keys(old, before), keys(now, e)); len(e.Components) > 0 && diff != "" {
			t.Fatalf("components of %s (-want +got):\n%s", e.ID, diff)
		}
	}
}

// TestDamagedRange says that no damaged byte of a part is used or copied (design.md, law 3).
func TestDamagedRange(t *testing.T) {
	l := newLab(t)
	write := func() *snapshot.Made { return l.write(0, newHost(1, "1", 1, 2, 30), newHost(2, "1", 1, 2, 30)) }
	for what, damage := range map[string]func(*snapshot.Made){
		"part":         func(r *snapshot.Made) { l.damage(l.full(r, defender.Vulnerabilities).Path, 20) },
		"sheet":        func(r *snapshot.Made) { l.damage(l.index(&r.Range).Sheet.Path, 20) },
		"part is gone": func(r *snapshot.Made) { l.remove(l.full(r, defender.Software).Path) },
		"part is cut": func(r *snapshot.Made) {
			if err := os.Truncate(l.path(l.full(r, defender.Software).Path), 30); err != nil {
				t.Fatal(err)
			}
		},
		"manifest misses a part": func(r *snapshot.Made) { delete(l.index(&r.Range).Full, defender.Software.String()) },
		"another sheet": func(r *snapshot.Made) {
			l.index(&r.Range).Sheet = l.index(&l.write(0, newHost(1, "1", 1, 2, 30)).Range).Sheet
		},
	} {
		r := write()
		damage(r)
		reader, err := l.files.OpenRange(&r.Range, nil)
		if err == nil {
			var rows assess.Rows
			if err := reader.Rows(1, &rows); !errors.Is(err, snapshot.ErrDamaged) {
				t.Errorf("%s: Rows: %v", what, err)
			}
			w := l.writer(0)
			err = w.Copy(reader, 0, 2)
			w.Abort()
		}
		if !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%s: error %v, want ErrDamaged", what, err)
		}
	}
}

// TestAbort says that an aborted range leaves no file.
func TestAbort(t *testing.T) {
	l := newLab(t)
	w := l.writer(0)
	h := newHost(1, "1", 1, 1, 1, 1, 1)
	l.add(w, h)
	l.addDelta(w, nil, &h.rows)
	w.Abort()
	w = l.writer(0)
	l.add(w, h)
	l.add(w, h) // twice: the sheet refuses
	if _, err := w.Close(); err == nil {
		t.Error("a device came twice")
	}
	w.Abort()
	err := fs.WalkDir(os.DirFS(l.folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOutdate says that a device can be marked as never up to date.
func TestOutdate(t *testing.T) {
	l := newLab(t)
	w := l.writer(0)
	for n := range 2 {
		h := newHost(n, "1", 1)
		if err := w.Add(snapshot.Entry{ID: h.id, Fingerprint: [16]byte{1}}, &h.rows); err != nil {
			t.Fatal(err)
		}
	}
	w.Outdate()
	entries := l.open(l.close(w)).Sheet().Entries
	if entries[0].Fingerprint != [16]byte{1} || entries[1].Fingerprint != [16]byte{} {
		t.Errorf("%x, %x", entries[0].Fingerprint, entries[1].Fingerprint)
	}
}
