package row_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/row/rowtest"
)

// Rows of version 1 are read. Pages show them as that version did, and AppendCurrent makes of them
// what this version would have written.
func TestRowsOfVersion1(t *testing.T) {
	eachShape(t, func(t *testing.T, s *row.Shape, rows []byte) {
		name := s.Dataset().String()
		if s.Delta() {
			name += "-delta"
		}
		if s.Dataset() == defender.NonCVEAdvisories {
			t.Skip("version 1 had no such rows")
		}
		var pages, current []byte
		old := row.ShapeIn(1, s.Dataset(), s.Delta())
		for _, earlier := range scanAll(t, s, readGolden(t, "v1", name+".file.jsonl")) {
			pages = append(old.AppendPage(pages, earlier), '\n')
			current = s.AppendCurrent(current, earlier)
		}
		if diff := cmp.Diff(string(readGolden(t, "v1", name+".page.jsonl")), string(pages)); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(string(rows), string(current)); diff != "" {
			t.Errorf("rows in the present form (-want +got):\n%s", diff)
		}
	})
}

func readGolden(t *testing.T, version, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden", version, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Rows that differ in form only are equal, and their present forms are the same. Rows that differ in
// the value of any field but the last-seen time are not, whatever their forms; a member of files that one
// of them lacks is no difference.
func TestRowsAreComparedByValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for d := range defender.Dataset(defender.DatasetCount) {
			s := row.ShapeOf(d, false)
			line := drawRow(t, d)
			now := scanOne(t, s, line)
			earlier := scanOne(t, s, rowtest.Earlier(t, s, line))
			if !row.EqualButLastSeen(now, earlier) || !row.EqualButLastSeen(earlier, now) {
				t.Fatalf("rows only differ in form, and yet:\n%s%s", now.Line(), earlier.Line())
			}
			if got := s.AppendCurrent(nil, earlier); !bytes.Equal(got, line) {
				t.Fatalf("present form:\n got %s\nwant %s", got, line)
			}
			changed, field := changeOne(t, s, now)
			if rapid.Bool().Draw(t, "changed row is of version 1") {
				changed = rowtest.Earlier(t, s, changed)
			}
			last := field == defender.FieldLastSeenTimestamp || field == defender.FieldTimestamp ||
				field == defender.FieldSoftwareLastSeenTimestamp || isGained(now, changed, field)
			for _, before := range []*row.Row{now, earlier} {
				if got := row.EqualButLastSeen(before, scanOne(t, s, changed)); got != last {
					t.Fatalf("%v differs, equal is %t:\n%s%s", field, got, before.Line(), changed)
				}
			}
		}
	})
}

// A change of version 1 shows the row that it is about, and no other.
func TestShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := defender.Dataset(rapid.IntRange(0, defender.DatasetCount-1).Draw(t, "dataset"))
		s, delta := row.ShapeOf(d, false), row.ShapeOf(d, true)
		now, at := scanOne(t, s, drawRow(t, d)), drawTime(t, "event")
		line := s.AppendDelta(nil, now, defender.Updated, row.NewTimestamp(at))
		earlier := rowtest.Earlier(t, delta, line)
		other, _ := changeOne(t, s, now)
		for _, change := range [][]byte{line, earlier} {
			scanned := scanOne(t, delta, change)
			if !row.Shows(scanned, now, row.NewTimestamp(at)) {
				t.Fatalf("the change does not show its row:\n%s%s", change, now.Line())
			}
			if row.Shows(scanned, now, row.NewTimestamp(at.Add(time.Second))) && at.Year() < 9999 {
				t.Fatalf("the change is of another time: %s", change)
			}
			if row.Shows(scanned, scanOne(t, s, other), row.NewTimestamp(at)) {
				t.Fatalf("the change shows another row:\n%s%s", change, other)
			}
		}
	})
}

// isGained reports whether a member of files alone is in one of two rows only.
func isGained(now *row.Row, changed []byte, field defender.Field) bool {
	fileOnly := field == defender.FieldIsOnboarded || field == defender.FieldCVEBatchTitle ||
		field == defender.FieldCVEBatchURL
	key := fmt.Appendf(nil, `"%s":`, field)
	return fileOnly && (!bytes.Contains(now.Line(), key) || !bytes.Contains(changed, key))
}

func scanOne(t *rapid.T, s *row.Shape, line []byte) *row.Row {
	scanned := new(row.Row)
	if rest, err := s.Scan(scanned, line); err != nil || len(rest) > 0 {
		t.Fatalf("scanning %s: %v, rest %q", line, err, rest)
	}
	return scanned
}

// changeOne returns the row with another value of a random field, and the field.
func changeOne(t *rapid.T, s *row.Shape, scanned *row.Row) ([]byte, defender.Field) {
	columns := defender.Columns(s.Dataset(), s.Delta())
	values := rowtest.Values(s, scanned, func(_ defender.Kind, value []byte) []byte { return value })
	i := rapid.IntRange(0, len(columns)-1).Draw(t, "column")
	optional := columns[i].Nullable || columns[i].FileOnly
	switch {
	case values[i] == nil:
		values[i] = anotherValue(t, columns[i].Kind, nil)
	case optional && rapid.Bool().Draw(t, "null"):
		values[i] = nil
	default:
		values[i] = anotherValue(t, columns[i].Kind, values[i])
	}
	return rowtest.Write(nil, s, values), columns[i].Field
}

// anotherValue returns a value that is not old.
func anotherValue(t *rapid.T, k defender.Kind, old []byte) []byte {
	switch k {
	case defender.KindText:
		if len(old) > 2 {
			return append(bytes.Clone(old[:len(old)-1]), `x"`...)
		}
		return []byte(`"x"`)
	case defender.KindTexts:
		if string(old) == `["x"]` {
			return []byte(`[]`)
		}
		return []byte(`["x"]`)
	case defender.KindBoolean:
		return strconv.AppendBool(nil, string(old) != "true")
	case defender.KindCount, defender.KindInteger:
		if string(old) == "1" {
			return []byte("0")
		}
		return []byte("1")
	case defender.KindNumber:
		f, _ := strconv.ParseFloat(string(old), 64)
		return appendFile(math.Nextafter(f, 1e300))
	}
	at, _ := time.Parse("2006-01-02 15:04:05.999", string(bytes.Trim(old, `"`)))
	step := time.Second
	if k == defender.KindMillis {
		step = time.Millisecond
	}
	if at.Year() > 5000 {
		step = -step
	}
	stamp := row.NewTimestamp(at.Add(step))
	return append(stamp.Append([]byte{'"'}, k), '"')
}

// appendFile returns a number as files have it.
func appendFile(f float64) []byte {
	text, _ := number(f).MarshalJSON()
	return text
}
