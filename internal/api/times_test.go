package api_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
)

// otherReaders are how clients in other languages read times that have no zone, and those that have one.
var otherReaders = map[string]struct{ bare, zoned *regexp.Regexp }{
	// yyyy-MM-dd HH:mm:ss, with .SSS for the two fields that have a fraction; java.time.Instant
	"java": {regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?$`),
		regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$`)},
	// datetime.fromisoformat of 3.8; strptime with %S.%fZ
	"python": {regexp.MustCompile(`^\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?$`),
		regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z$`)},
	// Date of ECMAScript has the form with T, the engines also the one with a blank; three digits
	"javascript": {regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3})?$`),
		regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)},
}

// Every time in every row of a fleet, in pages and files, can be read by clients in other languages, and
// all values of a field have one width.
func TestTimesOfAllRowsCanBeRead(t *testing.T) {
	l := newListed(t)
	times := 0
	for _, call := range defender.Calls() {
		query := call.Name + "?includeClean=true&includeNonCve=true&sinceTime=" + noon.Add(-time.Hour).Format(time.RFC3339)
		var rows []string
		if call.Files {
			rows = l.fileLines(t, query)
		} else {
			rows = l.pageRows(t, query)
		}
		widths := map[string]int{}
		for _, row := range rows {
			for _, m := range l.membersOf(row) {
				key := strings.ToLower(m.key)
				if !strings.HasSuffix(key, "timestamp") {
					continue
				}
				times++
				text := strings.Trim(m.value, `"`)
				if width, ok := widths[key]; ok && width != len(text) {
					t.Fatalf("%s: %s %q has not the %d characters of others", call.Name, m.key, text, width)
				}
				widths[key] = len(text)
				if _, err := defender.ParseTime(text); err != nil {
					t.Fatalf("%s: %s: %v", call.Name, m.key, err)
				}
				for language, reads := range otherReaders {
					form := reads.bare
					if strings.HasSuffix(text, "Z") {
						form = reads.zoned
					}
					if !form.MatchString(text) {
						t.Fatalf("%s: %s %q is not read in %s", call.Name, m.key, text, language)
					}
				}
			}
		}
	}
	if times < 10_000 {
		t.Errorf("only %d times", times)
	}
}
