package row_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"pgregory.net/rapid"
)

func TestNewTimestamp(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	tests := []struct {
		time time.Time
		want string
	}{
		{time.Date(2020, 11, 3, 10, 13, 34, 0, time.UTC), "2020-11-03 10:13:34"},
		{time.Date(2020, 11, 3, 12, 13, 34, 847_698_099, east), "2020-11-03 10:13:34.847698"},
		{time.Date(2020, 11, 3, 10, 13, 34, 999_999_999, time.UTC), "2020-11-03 10:13:34.9999999"},
		{time.Date(2020, 11, 3, 10, 13, 34, 99, time.UTC), "2020-11-03 10:13:34"},
		{time.Date(2024, 2, 29, 0, 0, 0, 100, time.UTC), "2024-02-29 00:00:00.0000001"},
		{time.Time{}, "0001-01-01 00:00:00"},
		{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), "0001-01-01 00:00:00"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31 23:59:59.9999999"},
	}
	for _, test := range tests {
		if got := row.NewTimestamp(test.time).String(); got != test.want {
			t.Errorf("%v is spelled %q, want %q", test.time, got, test.want)
		}
	}
}

// A parsed timestamp is the same again, timestamps are ordered by time, and both ways to parse
// agree.
func TestTimestampLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTime(t, "a"), drawTime(t, "b")
		x, y := row.NewTimestamp(a), row.NewTimestamp(b)
		if got, err := row.ParseTimestamp(x.String()); err != nil || got != x {
			t.Errorf("%v is parsed as %v, %v", x, got, err)
		}
		if got, want := x.Time(), a.UTC().Truncate(100*time.Nanosecond); !got.Equal(want) {
			t.Errorf("%v is %v, want %v", x, got, want)
		}
		if got, want := x.Compare(y), x.Time().Compare(y.Time()); got != want {
			t.Errorf("%v and %v compare %d, want %d", x, y, got, want)
		}
		if got, err := defender.ParseTime(x.String()); err != nil || !got.Equal(x.Time()) {
			t.Errorf("%v is read as %v, %v", x, got, err)
		}
	})
}

func TestParseTimestampIsStrict(t *testing.T) {
	for _, text := range []string{
		"", "2020-11-03", "2020-11-03 10:13", "2020-11-03T10:13:34", "2020-11-03 10:13:34Z", "2020-11-03 10:13:34.",
		"2020-11-03 10:13:34.10",
		"2020-11-03 10:13:34.12345678", "0000-11-03 10:13:34", "2020-00-03 10:13:34",
		"2020-13-03 10:13:34", "2020-11-00 10:13:34",
		"2023-02-29 10:13:34", "2020-11-03 24:13:34", "2020-11-03 10:60:34", "2020-11-03 10:13:60", "2O20-11-03 10:13:34",
	} {
		if got, err := row.ParseTimestamp(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// Only the exact spelling of a Timestamp is accepted.
func FuzzParseTimestamp(f *testing.F) {
	f.Add("2020-11-03 10:13:34.847")
	f.Add("2024-02-29 00:00:00")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := row.ParseTimestamp(text)
		if err != nil {
			return
		}
		if again := row.NewTimestamp(parsed.Time()); again.String() != text {
			t.Errorf("%q is accepted and written %q", text, again)
		}
	})
}
