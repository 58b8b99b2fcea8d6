package chart_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/web/chart"
)

// counts draws numbers of all sizes, among them zero.
func counts(t *rapid.T, name string, least, most int) []int64 {
	one := rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(1, 9), rapid.Int64Range(0, 1<<40))
	return rapid.SliceOfN(one, least, most).Draw(t, name)
}

// Bars are on one scale: order is kept, the longest has the width, what is not zero can be seen, and zero cannot.
func TestBars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := []float64{}
		for _, n := range counts(t, "values", 0, 20) {
			values = append(values, float64(n)/rapid.SampledFrom([]float64{1, 1000}).Draw(t, "unit"))
		}
		widths := chart.Bars(values)
		if len(widths) != len(values) {
			t.Fatalf("%d bars of %d values", len(widths), len(values))
		}
		var longest int64
		for i, w := range widths {
			longest = max(longest, w)
			if w < 0 || w > chart.Width || (w == 0) != (values[i] == 0) || w > 0 && w < 10 {
				t.Errorf("%g has the width %d", values[i], w)
			}
			for j := range i {
				if values[i] > values[j] && w < widths[j] || values[i] < values[j] && w > widths[j] {
					t.Errorf("%v are drawn as %v", values, widths)
				}
			}
		}
		if longest != 0 && longest != chart.Width {
			t.Errorf("the longest has %d", longest)
		}
	})
}

// Parts fill the bar in their order, with the gaps, and each that is not zero can be seen.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := counts(t, "values", 0, 20)
		parts := chart.Parts(values...)
		var end, there int64
		for i, p := range parts {
			if (p.Width == 0) != (values[i] == 0) || p.Width > 0 && p.Width < 10 {
				t.Errorf("%d of %v has the width %d", values[i], values, p.Width)
			}
			if p.Width == 0 {
				continue
			}
			if there > 0 {
				end += 3
			}
			if p.X != end {
				t.Errorf("%v: a part begins at %d, the one before ends at %d", values, p.X, end)
			}
			end, there = p.X+p.Width, there+1
			for j := range i {
				more, less := values[i] > values[j], values[i] < values[j] && values[j] > 0
				if more && p.Width < parts[j].Width-1 || less && p.Width > parts[j].Width+1 {
					t.Errorf("%v are drawn as %v", values, parts)
				}
			}
		}
		if there > 0 && end != chart.Width {
			t.Errorf("%v end at %d", values, end)
		}
	})
}

// corner is a corner of a path.
type corner struct{ x, y int64 }

// corners reads the corners of a path of absolute moves and lines, a list for each of its pieces.
func corners(t rapid.TB, path string) (pieces [][]corner) {
	if path == "" {
		return nil
	}
	for _, piece := range strings.Split(path, "M")[1:] {
		var all []corner
		for _, text := range strings.Split(strings.TrimSuffix(piece, "Z"), "L") {
			var c corner
			if n, err := fmt.Sscanf(text, "%d %d", &c.x, &c.y); n != 2 || err != nil {
				t.Fatalf("the path %q has %q", path, text)
			}
			all = append(all, c)
		}
		pieces = append(pieces, all)
	}
	return pieces
}

// A line stays in its box and goes from the left to the right; it has a piece for each run of known days, none where
// nothing is known, and is higher where the value is.
func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chart.Reading {
			if rapid.IntRange(0, 3).Draw(t, "known") == 0 {
				return chart.Reading{}
			}
			return chart.Known(float64(counts(t, "value", 1, 1)[0]))
		}), 0, 400).Draw(t, "days")
		most := rapid.SampledFrom([]float64{0, 100}).Draw(t, "most")
		strip := chart.Line(days, most)
		runs, highest := 0, 0.0
		for i, d := range days {
			if d.Known {
				highest = max(highest, d.Value)
				if i == 0 || !days[i-1].Known {
					runs++
				}
			}
		}
		lines, areas := corners(t, strip.Line), corners(t, strip.Area)
		if len(lines) != runs || len(areas) != runs || strip.Highest != highest {
			t.Fatalf("%d runs have %d lines and %d areas, the highest %g is %g", runs, len(lines), len(areas), highest,
				strip.Highest)
		}
		at, piece := int64(0), 0
		for i := 0; i < len(days); i++ {
			if !days[i].Known {
				continue
			}
			run := lines[piece]
			if run[0].x < at || run[0].x < int64(i*chart.Width/len(days)) {
				t.Errorf("a piece begins at %d, before its day %d", run[0].x, i)
			}
			var values []float64
			for ; i < len(days) && days[i].Known; i++ {
				values = append(values, days[i].Value)
			}
			if len(values) == 1 {
				values = append(values, values[0])
			}
			checkRun(t, run, areas[piece], values)
			at = run[len(run)-1].x
			if at > int64(i*chart.Width/len(days)) || at <= run[0].x && len(days) < chart.Width/3 {
				t.Errorf("a piece goes from %d to %d, behind its day %d", run[0].x, at, i)
			}
			piece++
		}
	})
}

// checkRun compares a piece of a line, and its area, with its values.
func checkRun(t rapid.TB, run, area []corner, values []float64) {
	if len(run) != len(values) || len(area) != len(run)+2 || area[0].y != chart.StripHeight ||
		area[len(area)-1].y != chart.StripHeight {
		t.Fatalf("%d values have the line %v and the area %v", len(values), run, area)
	}
	for i, c := range run {
		if c.x < 0 || c.x > chart.Width || c.y < 0 || c.y > chart.StripHeight || area[i+1] != c {
			t.Errorf("%v leaves the box, or its area has %v", c, area[i+1])
		}
		if values[i] == 0 && c.y != chart.StripHeight {
			t.Errorf("zero is at %d", c.y)
		}
		if i == 0 {
			continue
		}
		before, rose, fell := run[i-1], values[i] > values[i-1], values[i] < values[i-1]
		if c.x < before.x || rose && c.y > before.y || fell && c.y < before.y {
			t.Errorf("%v are drawn as %v", values, run)
		}
	}
}

var barOf = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z`)

// Bars of a balance stay in their box, on their side of the line and in their day; each number that is not zero has one
// that can be seen, and of a day that nobody can tell of, and of one that is not there, there is none.
func TestBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chart.Change {
			n := counts(t, "numbers", 3, 3)
			kind := rapid.IntRange(0, 5).Draw(t, "kind")
			return chart.Change{Up: n[0], Down: n[1], Lost: n[2], Known: kind > 0, Absent: kind == 5}
		}), 0, 90).Draw(t, "days")
		b := chart.Balance(days)
		var up, down, lost, unknown int
		for _, d := range days {
			switch {
			case d.Absent:
			case !d.Known:
				unknown++
			default:
				up, down, lost = up+one(d.Up), down+one(d.Down), lost+one(d.Lost)
			}
		}
		if len(b.Up) != up || len(b.Down) != down || len(b.Lost) != lost || len(b.Unknown) != unknown {
			t.Fatalf("%+v are drawn as %+v", days, b)
		}
		if b.Zero < 0 || b.Zero > chart.BalanceHeight {
			t.Errorf("the line is at %d", b.Zero)
		}
		for _, bar := range b.Up {
			if bar.Y+bar.Height != b.Zero {
				t.Errorf("%+v does not stand on %d", bar, b.Zero)
			}
		}
		for _, bar := range append(append([]chart.Bar{}, b.Down...), b.Lost...) {
			if bar.Y < b.Zero {
				t.Errorf("%+v is above %d", bar, b.Zero)
			}
		}
		for _, all := range [][]chart.Bar{b.Up, b.Down, b.Lost, b.Unknown} {
			found := barOf.FindAllStringSubmatch(chart.Path(all), -1)
			if len(found) != len(all) || barOf.ReplaceAllString(chart.Path(all), "") != "" {
				t.Fatalf("%+v is the path %q", all, chart.Path(all))
			}
			end := int64(0)
			for i, bar := range all {
				outside := bar.Y < 0 || bar.X+bar.Width > chart.Width || bar.Y+bar.Height > chart.BalanceHeight
				if bar.X < end || bar.Width < 1 || bar.Height < 4 || outside || found[i][1] != fmt.Sprint(bar.X) {
					t.Errorf("%+v", bar)
				}
				end = bar.X + bar.Width
			}
		}
	})
}

func one(n int64) int {
	if n > 0 {
		return 1
	}
	return 0
}

// Nothing, one day, and days of nothing are drawn as such.
func TestStates(t *testing.T) {
	if s := chart.Line(nil, 0); s.Line != "" || s.Area != "" {
		t.Errorf("no day is drawn as %q", s.Line)
	}
	if s := chart.Line([]chart.Reading{chart.Known(7)}, 0); s.Line != "M0 20L1000 20" {
		t.Errorf("one day is drawn as %q", s.Line)
	}
	if s := chart.Line([]chart.Reading{chart.Known(0), chart.Known(0)}, 0); s.Line != "M0 400L1000 400" {
		t.Errorf("zero is drawn as %q", s.Line)
	}
	if s := chart.Line([]chart.Reading{chart.Known(50), {}, chart.Known(100)}, 200); s.Line != "M0 305L333 305M666 210L1000 210" {
		t.Errorf("a gap is drawn as %q", s.Line)
	}
	if b := chart.Balance(make([]chart.Change, 0)); b.Zero != 200 || b.Up != nil || b.Unknown != nil {
		t.Errorf("no day is drawn as %+v", b)
	}
	if b := chart.Balance([]chart.Change{{Known: true}, {}}); b.Zero != 200 || b.Up != nil || len(b.Unknown) != 1 {
		t.Errorf("a day without changes, and an unknown one, are drawn as %+v", b)
	}
	if p := chart.Parts(0, 5, 0); p[1] != (chart.Part{Width: 1000}) {
		t.Errorf("one part is drawn as %+v", p)
	}
}
