package defender_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
)

func TestParseTime(t *testing.T) {
	day := time.Date(2021, 5, 11, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		text string
		want time.Time
	}{
		{"2021-05-11 00:00:00", day},
		{"2021-05-11T00:00:00+00:00", day},
		{"2021-05-11T02:00:00+02:00", day},
		{"2021-05-11T00:00:00.291Z", day.Add(291 * time.Millisecond)},
		{"2021-05-11 00:00:00.8476880", day.Add(847_688 * time.Microsecond)},
	}
	for _, test := range tests {
		if got, err := defender.ParseTime(test.text); err != nil || got != test.want {
			t.Errorf("%q is read as %v, %v; want %v", test.text, got, err, test.want)
		}
	}
	if got, err := defender.ParseTime("yesterday"); err == nil {
		t.Errorf("a word is read as %v", got)
	}
}
