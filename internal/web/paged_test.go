package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
)

// Tables of a sheet are shown a hundred rows at a time, and their pages have each row once.
func TestTablesHavePages(t *testing.T) {
	s := emptySite(t)
	manager, _ := s.as(t, everything())
	const more = 240
	for range more {
		_, session := s.Client(t, []auth.Permission{auth.ReadSoftware})
		s.browser(t).signIn(session)
	}
	for path, row := range map[string]*regexp.Regexp{
		"/access":          regexp.MustCompile(`href="/access/clients/([0-9a-f-]{36})"`),
		"/access/sessions": regexp.MustCompile(`href="/access/sessions/([^"/]+)/end"`),
	} {
		seen := map[string]bool{}
		for _, page := range []string{"", "?page=2", "?page=3"} {
			text := manager.page(path+page, http.StatusOK)
			found := row.FindAllStringSubmatch(text, -1)
			if len(text) > 100_000 || len(found) > 100 || !strings.Contains(text, "are shown.") {
				t.Errorf("%s%s has %d rows in %d bytes", path, page, len(found), len(text))
			}
			for _, one := range found {
				if seen[one[1]] {
					t.Errorf("%s%s has %s again", path, page, one[1])
				}
				seen[one[1]] = true
			}
		}
		if len(seen) < more {
			t.Errorf("the pages of %s have %d rows", path, len(seen))
		}
		if last := manager.page(path+"?page=99", http.StatusOK); !strings.Contains(last, "Rows 201 to ") {
			t.Errorf("%s: what follows the last page: %s", path, last)
		}
		for _, wrong := range []string{"0", "-1", "x", "99999999999999999999"} {
			manager.page(path+"?page="+wrong, http.StatusBadRequest)
		}
	}
}
