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
		{time.Date(2020, 11, 3, 10, 13, 34, 0, time.UTC), "2020-11-03 10:13:34.000"},
		{time.Date(2020, 11, 3, 12, 13, 34, 847_698_099, east), "2020-11-03 10:13:34.847"},
		{time.Date(2020, 11, 3, 10, 13, 34, 999_999_999, time.UTC), "2020-11-03 10:13:34.999"},
		{time.Date(2020, 11, 3, 10, 13, 34, 750_000_000, time.UTC), "2020-11-03 10:13:34.750"},
		{time.Date(2024, 2, 29, 0, 0, 0, 999_999, time.UTC), "2024-02-29 00:00:00.000"},
		{time.Time{}, "0001-01-01 00:00:00.000"},
		{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), "0001-01-01 00:00:00.000"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31 23:59:59.999"},
	}
	for _, test := range tests {
		stamp := row.NewTimestamp(test.time)
		if got := string(stamp.Append(nil, defender.KindMillis)); got != test.want {
			t.Errorf("%v is spelled %q, want %q", test.time, got, test.want)
		}
		if got, want := string(stamp.Append(nil, defender.KindTime)), test.want[:19]; got != want || stamp.String() != want {
			t.Errorf("%v is spelled %q and %q, want %q", test.time, got, stamp, want)
		}
	}
}

// timeKinds are the kinds of times in rows.
var timeKinds = []defender.Kind{defender.KindTime, defender.KindMillis, defender.KindEvent}

// A parsed timestamp is the same again, timestamps are ordered by time, and both ways to parse
// agree. Times of version 1 are cut.
func TestTimestampLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTime(t, "a"), drawTime(t, "b")
		x, y := row.NewTimestamp(a), row.NewTimestamp(b)
		for _, kind := range timeKinds {
			if got, err := row.ParseTimestamp(kind, earlierTime(a)); err != nil || got != x {
				t.Errorf("%v is parsed as %v, %v", x, got, err)
			}
			text := string(x.Append(nil, kind))
			if got, err := row.ParseTimestamp(kind, text); err != nil || string(got.Append(nil, kind)) != text {
				t.Errorf("%q is parsed as %v, %v", text, got, err)
			}
		}
		if got, want := x.Time(), a.UTC().Truncate(time.Millisecond); !got.Equal(want) {
			t.Errorf("%v is %v, want %v", x, got, want)
		}
		if got, want := x.Compare(y), x.Time().Compare(y.Time()); got != want {
			t.Errorf("%v and %v compare %d, want %d", x, y, got, want)
		}
		text := string(x.Append(nil, defender.KindMillis))
		if got, err := defender.ParseTime(text); err != nil || !got.Equal(x.Time()) {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
		if got, err := defender.ParseTime(x.String()); err != nil || !got.Equal(x.Time().Truncate(time.Second)) {
			t.Errorf("%v is read as %v, %v", x, got, err)
		}
	})
}

func TestParseTimestampIsStrict(t *testing.T) {
	for _, text := range []string{
		"", "2020-11-03", "2020-11-03 10:13", "2020-11-03T10:13:34", "2020-11-03 10:13:34Z", "2020-11-03 10:13:34.",
		"2020-11-03 10:13:34.10", "2020-11-03 10:13:34.8470",
		"2020-11-03 10:13:34.12345678", "0000-11-03 10:13:34", "2020-00-03 10:13:34",
		"2020-13-03 10:13:34", "2020-11-00 10:13:34",
		"2023-02-29 10:13:34", "2020-11-03 24:13:34", "2020-11-03 10:60:34", "2020-11-03 10:13:60", "2O20-11-03 10:13:34",
	} {
		for _, kind := range timeKinds {
			if got, err := row.ParseTimestamp(kind, text); err == nil {
				t.Errorf("%q is read as %v", text, got)
			}
		}
	}
	const zeros = "2020-11-03 10:13:34.100"
	for _, kind := range timeKinds {
		if _, err := row.ParseTimestamp(kind, zeros); (err == nil) != (kind == defender.KindMillis) {
			t.Errorf("%q as kind %d: %v", zeros, kind, err)
		}
	}
}

// Only spellings of this and of earlier versions are accepted.
func FuzzParseTimestamp(f *testing.F) {
	f.Add("2020-11-03 10:13:34.847", uint8(0))
	f.Add("2024-02-29 00:00:00", uint8(1))
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		k := timeKinds[int(kind)%len(timeKinds)]
		parsed, err := row.ParseTimestamp(k, text)
		if err != nil {
			return
		}
		exact, err := time.Parse(time.DateTime, text)
		if now := row.NewTimestamp(exact); err != nil || now != parsed ||
			text != earlierTime(exact) && text != string(now.Append(nil, k)) {
			t.Errorf("%q is accepted as %v, %v", text, parsed, err)
		}
	})
}
