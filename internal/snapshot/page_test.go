package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
)

// TestPages: pages of any sizes, one after the other, give all rows, and none is empty.
func TestPages(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &snapshot.Manifest{}
		var want []byte
		for range rapid.IntRange(0, 4).Draw(rt, "ranges") {
			hosts := drawHosts(rt, "1")
			m.Add(l.write(0, hosts...))
			want = append(want, concat(hosts, defender.Vulnerabilities)...)
			want = append(want, concat(hosts, defender.CleanSoftware)...)
		}
		parts := l.parts(m, false, nil, defender.Vulnerabilities, defender.CleanSoftware)
		var got []byte
		var at snapshot.Position
		for more := parts.Len() > 0; more; {
			limit := rapid.Int64Range(1, 9).Draw(rt, "limit")
			next, following := parts.Advance(at, limit)
			page := l.rows(parts, at, next)
			if n := int64(bytes.Count(page, []byte("\n"))); n == 0 || n > limit || n < limit && following {
				rt.Fatalf("a page of %d rows has %d, more: %t", limit, n, following)
			}
			got, at, more = append(got, page...), next, following
		}
		if !bytes.Equal(got, want) {
			rt.Fatalf("pages have %d bytes, want %d:\n%s\n%s", len(got), len(want), got, want)
		}
	})
}

// TestPagesOfSegments does the same where pages begin and end inside segments.
func TestPagesOfSegments(t *testing.T) {
	l := newLab(t)
	r := l.write(0, huge(1), huge(2))
	parts := snapshot.PartsOf(l.full(r, defender.Vulnerabilities), r.Delta.Parts.Of(defender.Vulnerabilities))
	all := l.rows(parts, snapshot.Position{}, parts.End())
	for _, limit := range []int64{1_000, 5_001, 1 << 40} {
		var got []byte
		var at snapshot.Position
		for more := true; more; {
			var next snapshot.Position
			next, more = parts.Advance(at, limit)
			got = append(got, l.rows(parts, at, next)...)
			at = next
		}
		if !bytes.Equal(got, all) {
			t.Errorf("pages of %d rows have %d bytes, want %d", limit, len(got), len(all))
		}
	}
}

func TestPartsOfGroups(t *testing.T) {
	l := newLab(t)
	m := &snapshot.Manifest{}
	for n, group := range []int64{rbac.HiddenGroup, 0, 7} {
		m.Add(l.write(group, newHost(n, "1", 1, 1, 1)))
	}
	seven := func(g int64) bool { return g == 7 }
	for _, test := range []struct {
		what   string
		groups func(int64) bool
		want   int
	}{
		{"all", nil, 2}, {"one", seven, 1}, {"none", func(int64) bool { return false }, 0},
		{"hidden ones never", func(g int64) bool { return g == rbac.HiddenGroup }, 0},
	} {
		if n := l.parts(m, false, test.groups, defender.Software).Len(); n != test.want {
			t.Errorf("%s: %d parts, want %d", test.what, n, test.want)
		}
	}
	parts := l.parts(m, true, seven, defender.Software)
	part, err := parts.Part(0)
	if err != nil || parts.Len() != 1 ||
		!strings.Contains(part.Path, "DeltaSoftwareInventory/2026-11-23/1200/json/_RbacGroupId=7/part-00000-") {
		t.Errorf("delta parts %+v, %v", parts, err)
	}
}

// TestDamagedPage: no row of a damaged segment is shown, and the rows before it are.
func TestDamagedPage(t *testing.T) {
	l := newLab(t)
	part := l.full(l.write(0, huge(1)), defender.Vulnerabilities)
	first := part.Segments[0]
	l.damage(part.Path, part.Bytes-part.Segments[len(part.Segments)-1].Size/2)
	rows := int64(0)
	err := l.files.Rows(context.Background(), snapshot.PartsOf(part), snapshot.Position{}, snapshot.Position{Part: 1},
		func(lines []byte) error {
			rows += int64(bytes.Count(lines, []byte("\n")))
			return nil
		})
	last := part.Segments[len(part.Segments)-1]
	if !errors.Is(err, snapshot.ErrDamaged) || !strings.Contains(err.Error(), part.Path) || rows != part.Rows-last.Rows {
		t.Errorf("after %d of %d rows: %v", rows, part.Rows, err)
	}
	if got := l.rows(snapshot.PartsOf(part), snapshot.Position{},
		snapshot.Position{Row: first.Rows}); int64(len(got)) != first.Raw {
		t.Errorf("the sound segment gives %d bytes, want %d", len(got), first.Raw)
	}
}

// TestRowsStop says that an error of yield ends the reading, and so does the end of a context.
func TestRowsStop(t *testing.T) {
	l := newLab(t)
	parts := snapshot.PartsOf(l.full(l.write(0, newHost(1, "1", 0, 3)), defender.Software))
	stop := errors.New("stop")
	calls := 0
	yield := func([]byte) error { calls++; return stop }
	if err := l.files.Rows(context.Background(), parts, snapshot.Position{}, snapshot.Position{Part: 1},
		yield); err != stop || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.files.Rows(over, parts, snapshot.Position{}, snapshot.Position{Part: 1}, yield); !errors.Is(err,
		context.Canceled) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
