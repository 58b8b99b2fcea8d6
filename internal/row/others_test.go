package row_test

import (
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// The grammars by which widely used clients read times of rows, each from its documentation. All of
// them read every time that rows have.
var (
	// Python 3.8: datetime.fromisoformat reads YYYY-MM-DD[*HH[:MM[:SS[.fff[fff]]]]].
	python38 = regexp.MustCompile(`^\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?$`)
	// Java: DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss"), and the same with ".SSS".
	javaSeconds = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
	javaMillis  = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$`)
	// Elastic's pipeline for findings: no fraction, or "yyyy-MM-dd HH:mm:ss.SSSSSSS".
	elastic = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{7})?$`)
	// ECMAScript, section 21.4.1.32: years of four digits, milliseconds of three; engines also read a
	// blank in place of the T, as local time.
	javaScript = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?$`)
)

func TestTimesAreReadByOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := drawTime(t, "time")
		stamp := row.NewTimestamp(at)
		for kind, grammars := range map[defender.Kind][]*regexp.Regexp{
			defender.KindTime:   {python38, javaSeconds, elastic, javaScript},
			defender.KindEvent:  {python38, javaSeconds, elastic, javaScript},
			defender.KindMillis: {python38, javaMillis, javaScript},
		} {
			text := string(stamp.Append(nil, kind))
			for _, grammar := range grammars {
				if !grammar.MatchString(text) {
					t.Errorf("%q does not match %v", text, grammar)
				}
			}
			if read, err := time.Parse(time.DateTime, text); err != nil || at.Sub(read) < 0 || at.Sub(read) >= time.Second {
				t.Errorf("Go reads %q of %v as %v, %v", text, at, read, err)
			}
		}
	})
}
