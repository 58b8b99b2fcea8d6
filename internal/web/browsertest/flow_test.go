package browsertest

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/muster-project/muster/internal/control"
)

// names are the first cells of the rows of the page.
const names = `[...document.querySelectorAll("tbody tr")].map(r => r.cells[0].innerText.trim())`

// worst returns the first rows by risk of some severities: there are more than a page of them.
func worst(t testing.TB, session *control.Session, severity string) control.VulnerabilityRows {
	t.Helper()
	got, err := control.Do(t.Context(), session, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
		&control.ListFilter{Severity: severity, Limit: 50}))
	if err != nil || got.Value.Total <= 50 {
		t.Fatalf("%d CVEs: %v", got.Value.Total, err)
	}
	return got.Value
}

// each runs a test with scripts of pages and without: all works in either case.
func each(t *testing.T, test func(t *testing.T, b *tab, session *control.Session)) {
	t.Helper()
	for _, script := range []bool{true, false} {
		t.Run(fmt.Sprintf("script %t", script), func(t *testing.T) {
			b, session := as(t, shared(t))
			b.script(script)
			test(t, b, session)
		})
	}
}

// A list is filtered, sorted and paged, an entry is opened, and Back leads to the same rows.
func TestWayThroughAList(t *testing.T) {
	each(t, func(t *testing.T, b *tab, session *control.Session) {
		want := worst(t, session, "critical,high")
		b.open("/vulnerabilities", 200)
		b.shows("Vulnerabilities", "CVEs")
		b.run("choosing a severity", chromedp.Evaluate[chromedp.Void](`document.querySelector("select[name=severity]").value = "critical,high"`))
		b.click("main form button")
		if title := eval[string](b, `document.title`); !strings.HasPrefix(title, thousands(want.Total)+" ") {
			t.Errorf("the title %q of %s does not begin with %d", title, b.at(), want.Total)
		}
		b.click(`thead th a[href*="epssScore"]`)
		if sorted := eval[string](b, `document.querySelector("th[aria-sort]").innerText`); !strings.Contains(sorted, "EPSS") {
			t.Errorf("sorted by %q", sorted)
		}
		first := eval[[]string](b, names)
		b.click("a[rel=next]")
		second, at := eval[[]string](b, names), b.at()
		both := slices.ContainsFunc(second, func(n string) bool { return slices.Contains(first, n) })
		if len(first) != 50 || len(second) == 0 || both {
			t.Fatalf("pages of %d and %d rows", len(first), len(second))
		}
		for _, part := range []string{"severity=critical", "sort=-epssScore", "snapshot="} {
			if !strings.Contains(at, part) {
				t.Errorf("page two is %s, without %s", at, part)
			}
		}
		b.click("tbody th a")
		b.shows(second[0], "")
		b.lands("going back", 200, chromedp.NavigateBack())
		if again := eval[[]string](b, names); b.at() != at || !slices.Equal(again, second) {
			t.Errorf("Back leads to %s with other rows than %s", b.at(), at)
		}
		b.click("a[rel=prev]")
		if again := eval[[]string](b, names); !slices.Equal(again, first) {
			t.Error("the first page has other rows")
		}
	})
}

// Of every list: from its second page to the entry of its first row, and Back leads to the same rows.
func TestBackFromEveryEntry(t *testing.T) {
	b, _ := as(t, shared(t))
	b.script(false)
	tried := 0
	for path := range listsByName() {
		if path == "/audit" {
			b.open(path, 200)
		} else {
			b.open(path+"?rows=5", 200)
		}
		if eval[bool](b, `!!document.querySelector("thead th a")`) {
			b.click("thead th a")
		}
		if eval[bool](b, `!!document.querySelector("a[rel=next]")`) {
			b.click("a[rel=next]")
		}
		rows, at := eval[[]string](b, names), b.at()
		if !eval[bool](b, `!!document.querySelector("tbody th a")`) {
			continue
		}
		b.click("tbody th a")
		if entry := b.at(); entry == at || b.text("h1") == "" {
			t.Errorf("%q leads to %s", rows[0], entry)
		}
		b.lands("going back", 200, chromedp.NavigateBack())
		if again := eval[[]string](b, names); b.at() != at || !slices.Equal(again, rows) {
			t.Errorf("Back leads to %s with other rows than %s", b.at(), at)
		}
		tried++
	}
	if tried < 7 {
		t.Errorf("only %d lists have an entry", tried)
	}
}

// press presses a key.
func (b *tab) press(key string) {
	b.Helper()
	b.run(fmt.Sprintf("pressing %q", key), chromedp.KeyEvent(key))
}

// tabTo presses Tab until the focus is on what an expression of e accepts. What has the focus must be seen to have it.
func (b *tab) tabTo(what, accepts string) {
	b.Helper()
	const most = 300
	for range most {
		b.press(kb.Tab)
		told := eval[string](b, fmt.Sprintf(`(e => {
			const r = e.getBoundingClientRect(), s = getComputedStyle(e);
			if (e == document.body) return "";
			if (r.width < 1 || r.right < 1 || s.outlineStyle == "none" || parseFloat(s.outlineWidth) < 2)
				return "the focus is not seen on " + e.outerHTML.slice(0, 200);
			return (e => %s)(e) ? "yes" : "";
		})(document.activeElement)`, accepts))
		if told == "yes" {
			return
		}
		if told != "" {
			b.Errorf("%s: %s", b.at(), told)
		}
	}
	b.Fatalf("%s: %d times Tab do not lead to %s", b.at(), most, what)
}

// enter presses Enter, which leads to another page.
func (b *tab) enter(what string) {
	b.Helper()
	b.lands(what, 200, chromedp.KeyEvent(kb.Enter))
}

// By the keyboard alone: past the menu, a CVE by the search, why a device has it, and the CSV of a list.
func TestKeyboard(t *testing.T) {
	each(t, func(t *testing.T, b *tab, session *control.Session) {
		rows := worst(t, session, "critical")
		cve := rows.Rows[0].CVEID
		b.open("/", 200)
		b.shows("Overview", "Snapshot")
		b.press(kb.Tab)
		if on := eval[string](b, `document.activeElement.className`); on != "skip" {
			t.Errorf("the first Tab leads to %q, not to the link that skips", on)
		}
		b.press(kb.Enter)
		b.tabTo("what is in main", `e.closest("main")`)
		b.open("/", 200)
		b.tabTo("the search", `e.name == "q"`)
		b.press(cve)
		b.enter("searching " + cve)
		b.shows(cve, "Why")
		b.tabTo("why", `e.innerText == "Why"`)
		b.enter("why")
		if text := b.text("main"); !strings.Contains(text, cve) {
			t.Errorf("%s does not say why: %s", b.at(), text)
		}
		b.open("/vulnerabilities?severity=critical", 200)
		b.tabTo("the CSV", `e.innerText.startsWith("CSV")`)
		file := b.downloaded(func() { b.press(kb.Enter) })
		all, err := csv.NewReader(strings.NewReader(file)).ReadAll()
		if err != nil || int64(len(all)-1) != rows.Total {
			t.Errorf("the CSV has %d rows, want %d: %v", len(all)-1, rows.Total, err)
		}
	})
}

// downloaded returns the file that something makes the browser download.
func (b *tab) downloaded(begin func()) string {
	b.Helper()
	folder, done := b.TempDir(), make(chan string, 1)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	err := chromedp.ListenBrowser(ctx, func(event any) {
		if e, ok := event.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			select {
			case done <- e.GUID:
			default:
			}
		}
	})
	yes := true
	if err == nil {
		_, err = chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
			Behavior:         cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName,
			BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID, DownloadPath: folder, EventsEnabled: &yes})
	}
	if err != nil {
		b.Fatalf("allowing downloads: %v", err)
	}
	begin()
	select {
	case name := <-done:
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			b.Fatal(err)
		}
		return string(text)
	case <-time.After(patience):
		b.Fatal("nothing was downloaded")
	}
	return ""
}

// Who opens an address without being signed in reaches it after signing in, here and where it was opened; and no
// address of others.
func TestSigningInLeadsBack(t *testing.T) {
	s := shared(t)
	_, session := s.Client(t, everything())
	const at = "/devices?q=lisbon&rows=20"
	b := newTab(t, s)
	b.open(at, 200)
	b.shows("Sign in", "muster open")
	waiting := b.at()
	other := b.another()
	other.signIn(session)
	other.shows("Overview", "Snapshot")
	b.lands("loading the page again", 200, chromedp.Reload())
	b.shows("Devices", "lisbon-")
	if b.at() != at {
		t.Errorf("after signing in elsewhere %s leads to %s, not to %s", waiting, b.at(), at)
	}
	for _, to := range []string{"//evil.example", `/\evil.example`, "https://evil.example/"} {
		b.open("/sign-in?to="+strings.ReplaceAll(to, `\`, "%5C"), 200)
		if b.at() != "/" {
			t.Errorf("%q leads to %s", to, b.at())
		}
	}
}
