package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
)

// generation is a snapshot whose delta can be forged.
type generation struct {
	hosts []host
	delta assess.Rows
}

// generations makes two snapshots: device 1 keeps a row, loses one, gains one and has one changed;
// device 2 stays; device 3 goes; device 4 comes. The delta is correct.
func generations(l *lab) (before, after generation) {
	l.Helper()
	table := func(rows ...string) host {
		h := newHost(1, "1")
		d := row.Device{ID: h.id, Name: "host-1", GroupName: defender.GroupNone}
		for _, scanned := range rows {
			name, path, _ := strings.Cut(scanned, "=")
			piece, evidence := d.Piece(), row.Evidence([]string{path}, nil)
			h.rows[defender.Software] = appendRow(h.rows[defender.Software], defender.Software, &piece,
				row.SoftwareKey{Vendor: "acme", Name: name, Version: "1"}, &evidence, row.NewTimestamp(noon))
		}
		return h
	}
	same := newHost(2, "1", 2, 2, 2, 2, 2)
	before.hosts = []host{table("changed=a", "kept=a", "lost=a"), same, newHost(3, "1", 0, 1)}
	after.hosts = []host{table("changed=b", "gained=a", "kept=a"), same, newHost(4, "1", 0, 1)}
	var differ assess.Differ
	for _, pair := range [][2]*assess.Rows{{&before.hosts[0].rows, &after.hosts[0].rows}, {&before.hosts[2].rows, nil},
		{nil, &after.hosts[2].rows}} {
		var delta assess.Delta
		if err := differ.Diff(pair[0], pair[1], row.NewTimestamp(noon), &delta); err != nil {
			l.Fatal(err)
		}
		for d := range after.delta {
			after.delta[d] = append(after.delta[d], delta.Rows[d]...)
		}
	}
	return before, after
}

// publish writes a generation as a snapshot of one range.
func (l *lab) publish(number int64, g generation) *snapshot.Manifest {
	l.Helper()
	w := l.writer(0)
	for _, h := range g.hosts {
		l.add(w, h)
	}
	if err := w.AddDelta(&assess.Delta{Rows: g.delta}); err != nil {
		l.Fatal(err)
	}
	m := manifestOf(l.close(w))
	m.Number, m.Previous, m.Begun = number, number-1, noon
	return m
}

// without removes the line that contains all words.
func without(t *testing.T, rows []byte, words ...string) []byte {
	t.Helper()
	var kept [][]byte
	for _, line := range bytes.SplitAfter(rows, []byte("\n")) {
		if hasAll(line, words) {
			continue
		}
		kept = append(kept, line)
	}
	left := bytes.Join(kept, nil)
	if len(left) == len(rows) {
		t.Fatalf("no line holds all of %q in\n%s", words, rows)
	}
	return left
}

func hasAll(line []byte, words []string) bool {
	for _, word := range words {
		if !bytes.Contains(line, []byte(word)) {
			return false
		}
	}
	return true
}

// forged is a delta row of a host's software, with another status than New.
func forged(t *testing.T, h host, status string) []byte {
	t.Helper()
	var differ assess.Differ
	var delta assess.Delta
	if err := differ.Diff(nil, &h.rows, row.NewTimestamp(noon), &delta); err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(delta.Rows[defender.Software], []byte(`"New"`), []byte(status), 1)
}

// TestVerifyLaw1: every fault in a delta is reported once, and none in a correct delta.
func TestVerifyLaw1(t *testing.T) {
	replace := func(t *testing.T, rows []byte, old, new string) []byte {
		t.Helper()
		if bytes.Count(rows, []byte(old)) == 0 {
			t.Fatalf("no %q in\n%s", old, rows)
		}
		return bytes.Replace(rows, []byte(old), []byte(new), 1)
	}
	for _, test := range []struct {
		what  string
		forge func(*testing.T, []byte) []byte
		want  string
	}{
		{"the true delta", func(_ *testing.T, d []byte) []byte { return d }, ""},
		{"missing Fixed", func(t *testing.T, d []byte) []byte { return without(t, d, "lost", "Fixed") },
			"disappeared without Fixed"},
		{"missing Fixed of a device", func(t *testing.T, d []byte) []byte { return without(t, d, id(3)) },
			"disappeared without Fixed"},
		{"missing New", func(t *testing.T, d []byte) []byte { return without(t, d, "gained", "New") },
			"appeared without New"},
		{"missing Updated", func(t *testing.T, d []byte) []byte { return without(t, d, "changed") },
			"differs without Updated"},
		{"New instead of Updated", func(t *testing.T, d []byte) []byte { return replace(t, d, `"Updated"`, `"New"`) },
			"New, but a row before: true, after: true"},
		{"Fixed instead of New", func(t *testing.T, d []byte) []byte { return replace(t, d, `"New"`, `"Fixed"`) },
			"Fixed, but a row before: false, after: true"},
		{"an unknown status", func(t *testing.T, d []byte) []byte { return replace(t, d, `"New"`, `"Old"`) }, "Old, but"},
		{"Updated with the old content", func(t *testing.T, d []byte) []byte { return replace(t, d, `["b"]`, `["a"]`) },
			"Updated does not have"},
		{"Fixed with other content", func(t *testing.T, d []byte) []byte {
			return replace(t, d, `"DeviceName":"host-3.example.com"`, `"DeviceName":"host"`)
		}, "Fixed does not have"},
		{"another event time", func(t *testing.T, d []byte) []byte {
			return replace(t, d, `"EventTimestamp":"2026-11-23 12:00:00"`, `"EventTimestamp":"2026-11-23 12:00:01"`)
		}, "does not have"},
		{"a change that is none", func(t *testing.T, d []byte) []byte {
			gone := bytes.Index(d, []byte(`{"DeviceId":"`+id(3)))
			return slices.Concat(d[:gone], forged(t, newHost(2, "1", 0, 1), `"Updated"`), d[gone:])
		}, "Updated, but nothing differs"},
		{"a row of nothing", func(t *testing.T, d []byte) []byte {
			return slices.Concat(d, forged(t, newHost(9, "1", 0, 1), `"Fixed"`))
		}, "Fixed, but a row before: false, after: false"},
	} {
		t.Run(test.what, func(t *testing.T) {
			l := newLab(t)
			before, after := generations(l)
			after.delta[defender.Software] = test.forge(t, after.delta[defender.Software])
			problems := l.verify(l.publish(1, before), l.publish(2, after))
			switch {
			case test.want == "" && len(problems) > 0:
				t.Errorf("%q", problems)
			case test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Error(), test.want) ||
				!strings.Contains(problems[0].Error(), "snapshot 1 to 2: software of group 0")):
				t.Errorf("%q, want one that says %q", problems, test.want)
			}
		})
	}
}

// TestVerifyFiles: every kind of damage is reported with the name of the file, and checking
// continues.
func TestVerifyFiles(t *testing.T) {
	part := func(m *snapshot.Manifest) *snapshot.Part {
		x, err := m.Ranges[0].Full()
		if err != nil {
			t.Fatal(err)
		}
		return x.Full.Of(defender.Software)
	}
	for what, damage := range map[string]func(*lab, *snapshot.Manifest){
		"changed byte":  func(l *lab, m *snapshot.Manifest) { l.damage(part(m).Path, 15) },
		"missing file":  func(l *lab, m *snapshot.Manifest) { l.remove(part(m).Path) },
		"index":         func(l *lab, m *snapshot.Manifest) { l.damage(m.Ranges[0].Index.Path, 40) },
		"missing index": func(l *lab, m *snapshot.Manifest) { l.remove(m.Ranges[0].Index.Path) },
		"other counts":  func(l *lab, m *snapshot.Manifest) { m.Ranges[0].Rows[defender.Software]++ },
		"missing sheet": func(l *lab, m *snapshot.Manifest) { l.remove(l.index(&m.Ranges[0]).Sheet.Path) },
		"delta part":    func(l *lab, m *snapshot.Manifest) { l.damage(l.delta(m, 0).Parts.Of(defender.Software).Path, 15) },
		"trailing bytes": func(l *lab, m *snapshot.Manifest) {
			file, err := os.OpenFile(l.path(part(m).Path), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				l.Fatal(err)
			}
			file.WriteString("x")
			file.Close()
		},
		"other rows":      func(_ *lab, m *snapshot.Manifest) { part(m).Rows++ },
		"other raw bytes": func(_ *lab, m *snapshot.Manifest) { part(m).Raw-- },
		"other segments":  func(_ *lab, m *snapshot.Manifest) { part(m).Segments[0].CRC++ },
		"other devices":   func(_ *lab, m *snapshot.Manifest) { m.Ranges[0].Devices++ },
		"rows of another dataset": func(l *lab, m *snapshot.Manifest) {
			l.swap(m, newHost(1, "1", 0, 0, 0, 0, 2).rows[defender.NoProductCode])
		},
		"rows out of order": func(l *lab, m *snapshot.Manifest) {
			rows := newHost(1, "1", 0, 2).rows[defender.Software]
			first, second := row.Line(rows)
			l.swap(m, bytes.Join([][]byte{second, first}, nil))
		},
		"a row twice": func(l *lab, m *snapshot.Manifest) {
			rows := newHost(1, "1", 0, 1).rows[defender.Software]
			l.swap(m, append(bytes.Clone(rows), rows...))
		},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLab(t)
			m := l.manifest()
			m = manifestOf(&snapshot.Made{Range: m.Ranges[1], Delta: *l.delta(m, 1)},
				&snapshot.Made{Range: m.Ranges[2], Delta: *l.delta(m, 2)})
			damage(l, m)
			var problems []error
			files := 0
			v := proof.NewVerifier(l.files, func(snapshot.File) { files++ },
				func(err error) { problems = append(problems, err) }, unpaced, nil)
			v.Files(context.Background(), m, true, true)
			if full, delta := l.named(m); files != len(full)+len(delta) {
				t.Errorf("%d files looked at, want %d", files, len(full)+len(delta))
			}
			if len(problems) == 0 {
				t.Fatal("nothing noticed")
			}
			for _, err := range problems {
				if !errors.Is(err, snapshot.ErrDamaged) || !strings.Contains(err.Error(), "org/") {
					t.Errorf("%v", err)
				}
			}
			v.Files(context.Background(), m, true, true)
			if full, delta := l.named(m); files != len(full)+len(delta) {
				t.Errorf("files are read twice: %d", files)
			}
		})
	}
}

// delta reads the delta of a range.
func (l *lab) delta(m *snapshot.Manifest, number int) *snapshot.Delta {
	l.Helper()
	d, err := m.Delta(number)
	if err != nil {
		l.Fatal(err)
	}
	return d
}

// swap replaces a part of software by a well-formed part with other rows.
func (l *lab) swap(m *snapshot.Manifest, rows []byte) {
	l.Helper()
	h := host{id: id(1)}
	h.rows[defender.Software] = rows
	w := l.writer(rbac.HiddenGroup) // without a projection: they may be no rows
	l.add(w, h)
	r := l.close(w)
	l.index(&m.Ranges[0]).Full[defender.Software.String()] = l.full(r, defender.Software)
}

// TestVerifyUnreadable says that an unreadable list is one problem, not one per row.
func TestVerifyUnreadable(t *testing.T) {
	l := newLab(t)
	first, second := generations(l)
	before, after := l.publish(1, first), l.publish(2, second)
	l.remove(l.index(&before.Ranges[0]).Full.Of(defender.Software).Path)
	var problems []error
	v := proof.NewVerifier(l.files, func(snapshot.File) {},
		func(err error) { problems = append(problems, err) }, unpaced, nil)
	v.Delta(context.Background(), before, after)
	if len(problems) != 1 || !errors.Is(problems[0], snapshot.ErrDamaged) {
		t.Errorf("%q", problems)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	problems = nil
	v.Delta(over, before, after)
	v.Files(over, after, true, true)
	if len(problems) > 0 {
		t.Errorf("a context that is over: %q", problems)
	}
}

// TestVerifyMoves says that a device that changed its group must leave the old one and come to the
// new one (contract.md, section 8).
func TestVerifyMoves(t *testing.T) {
	l := newLab(t)
	h := newHost(1, "1", 0, 2)
	before := manifestOf(l.write(0, h))
	before.Number = 1
	leave := l.writer(0)
	l.addDelta(leave, &h.rows, nil)
	arrived, left := l.write(7, h), l.close(leave)
	after := manifestOf(left, arrived)
	after.Number, after.Begun = 2, noon
	if problems := l.verify(before, after); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
	after = manifestOf(arrived)
	after.Number, after.Begun = 2, noon
	if problems := l.verify(before, after); len(problems) != 2 || !strings.Contains(problems[0].Error(), "of group 0") {
		t.Errorf("%q, want two rows that disappeared without Fixed", problems)
	}
}
