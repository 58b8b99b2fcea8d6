package browsertest

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/web/webtest"
)

// From an empty server to its second snapshot: Setup in place of zeros, a first snapshot with nothing to compare with,
// and a list that keeps to its snapshot when the next one comes between two of its pages.
func TestFirstSnapshots(t *testing.T) {
	shared(t) // the browser, or no test
	ctx := context.Background()
	s, err := webtest.Empty(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	b, _ := as(t, s)
	zero := regexp.MustCompile(`(?m)(^|[\s(])0($|[\s,.)])`)
	for path := range listsByName() {
		if path == "/audit" { // it is of no snapshot
			continue
		}
		b.open(path, 200)
		b.shows("Nothing here yet", "muster publish")
		if text := b.text("main"); zero.MatchString(text) {
			t.Errorf("%s of an empty server says 0: %s", path, text)
		}
	}
	must(s.Import(ctx))
	must(s.Report(ctx, 12))
	b.open("/", 200)
	b.shows("Nothing here yet", "Done: ")
	must(s.Publish(ctx))
	b.open("/", 200)
	b.shows("Overview", "Snapshot 1 ")
	if text := b.text("main"); !strings.Contains(text, "nothing to compare with") {
		t.Errorf("the first snapshot is compared with something: %s", text)
	}
	b.open("/vulnerabilities?rows=50", 200)
	b.shows("Vulnerabilities", "Snapshot 1 ")
	all := eval[[]string](b, names)
	v, _ := s.As(t, everything())
	begun := firstPages(v)
	must(s.Change(ctx))
	must(s.Publish(ctx))
	goOn(v, begun)
	for eval[bool](b, `!!document.querySelector("a[rel=next]")`) {
		b.click("a[rel=next]")
		b.shows("Vulnerabilities", "Snapshot 1 ")
		all = append(all, eval[[]string](b, names)...)
	}
	var want []string
	for _, row := range v.Rows("/vulnerabilities.csv?snapshot=1") {
		want = append(want, row[0])
	}
	if len(all) <= 50 || !slices.Equal(all, want) {
		t.Errorf("the pages have %d rows, the CSV of the snapshot %d, or others", len(all), len(want))
	}
	b.click(`main p.notice a`)
	b.shows("Vulnerabilities", "Snapshot 2 ")
}

// firstPages returns the first page of every list with rows of a snapshot, some rows each.
func firstPages(v *webtest.Visitor) map[string]string {
	v.Helper()
	all := map[string]string{}
	for path := range listsByName() {
		if path != "/audit" && path != "/changes" { // they are of no snapshot, or have no rows yet
			all[path] = v.Page(path+"?rows=20", http.StatusOK)
		}
	}
	return all
}

var (
	nextPart  = regexp.MustCompile(`<a href="([^"]+)" rel="next"`)
	entryPart = regexp.MustCompile(`(?s)<th scope="row">(.*?)</th>`)
)

// goOn follows the pages of lists to their ends. They have the rows of the CSV of their snapshot, each once, whatever
// was published meanwhile.
func goOn(v *webtest.Visitor, begun map[string]string) {
	v.Helper()
	long := 0
	for path, text := range begun {
		pages, rows, at := 0, []string(nil), ""
		for text != "" {
			pages++
			for _, found := range entryPart.FindAllStringSubmatch(text, -1) {
				rows = append(rows, strings.TrimSpace(html.UnescapeString(tagPart.ReplaceAllString(found[1], ""))))
			}
			more := nextPart.FindStringSubmatch(text)
			if text = ""; more != nil {
				at = html.UnescapeString(more[1])
				text = v.Page(at, http.StatusOK)
			}
		}
		if pages == 1 {
			continue
		}
		long++
		want := v.Rows(path + ".csv?snapshot=1")
		if !strings.Contains(at, "snapshot=1") || len(rows) != len(want) {
			v.Errorf("%d pages of %s have %d rows, its CSV %d; the last is %s", pages, path, len(rows), len(want), at)
			continue
		}
		for i, row := range want {
			if !strings.HasPrefix(rows[i], strings.TrimPrefix(row[0], "'")) {
				v.Errorf("%s: row %d is %q, in the CSV %q", path, i, rows[i], row[0])
				break
			}
		}
	}
	if long < 5 {
		v.Errorf("only %d lists have several pages", long)
	}
}

// No form does anything that comes without its token, with that of another session, or from another site.
func TestForgedForms(t *testing.T) {
	s := shared(t)
	pages := crawled(t)
	v, _ := s.As(t, everything())
	other, _ := s.As(t, everything())
	token := regexp.MustCompile(`name="token" value="([0-9a-f]+)"`)
	theirs := token.FindStringSubmatch(other.Page("/", http.StatusOK))
	mine := token.FindStringSubmatch(v.Page("/", http.StatusOK))
	if theirs == nil || mine == nil {
		t.Fatal("no token on the overview")
	}
	tried := map[string]bool{}
	for _, p := range pages {
		for _, f := range p.forms {
			action := f.Action
			if action == "" {
				action = p.path
			}
			if tried[action] || action == "/sign-in" {
				continue
			}
			tried[action] = true
			if f.Fields["token"] == "" {
				t.Errorf("%s: the form to %s has no token", p.path, action)
			}
			for name, one := range map[string]struct {
				token   string
				headers []string
			}{"without a token": {}, "with a token of another session": {token: theirs[1]},
				"of another site": {mine[1], []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}}} {
				form := url.Values{}
				for field, value := range f.Fields {
					form.Set(field, value)
				}
				form.Del("token")
				if one.token != "" {
					form.Set("token", one.token)
				}
				if r := v.Do(http.MethodPost, action, form, one.headers...); r.StatusCode != http.StatusForbidden {
					t.Errorf("%s: the form to %s %s: status %d: %.300s", p.path, action, name, r.StatusCode, r.Text)
				}
			}
		}
	}
	if len(tried) == 0 {
		t.Error("no form was found")
	}
	v.Page("/", http.StatusOK) // still signed in
}
