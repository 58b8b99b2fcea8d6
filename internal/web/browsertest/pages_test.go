package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"slices"
	"strings"
	"testing"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/testneed"
)

func everything() []auth.Permission { return auth.Permissions() }

// Every page loads nothing that fails or is elsewhere, has neither style nor script in its markup, fits windows of each
// size, shows names with markup as text, is no barrier by what axe says, has no 0 of what nobody looked at, and is
// small.
func TestPages(t *testing.T) {
	s := shared(t)
	pages := crawled(t)
	b, session := as(t, s)
	b.open("/", 200)
	devices := len(s.Devices["Lisbon"]) + len(s.Devices["Tokyo"]) + 1
	b.shows("Overview", fmt.Sprintf("%d devices", devices))
	unseen := unassessed(t, session)
	hostile, snapshots := 0, 0
	for _, p := range pages {
		for _, fault := range p.faults {
			t.Error(fault)
		}
		if p.heading == "" || !strings.Contains(p.heading, p.text) && !strings.Contains(p.text, p.heading) {
			t.Errorf("%s is headed %q; %q leads there from %s", p.path, p.heading, p.text, p.from)
		}
		if strings.Contains(p.main, "<script>alert(2)</script>") {
			hostile++
		}
		if strings.Contains(p.line, " device") {
			want := devices
			if strings.Contains(p.path, "group=Lisbon") {
				want = len(s.Devices["Lisbon"])
			}
			if snapshots++; !strings.Contains(p.line, fmt.Sprintf("%d devices", want)) {
				t.Errorf("%s is of %q, not of %d devices", p.path, p.line, want)
			}
		}
		for _, row := range p.zeros {
			if unseen[row[0]] || slices.Contains(row, "not assessed") {
				t.Errorf("%s says 0 of what nobody looked at: %q", p.path, row)
			}
		}
	}
	if hostile < 6 || snapshots < 20 {
		t.Errorf("only %d pages show the names with markup, only %d say of how many devices they are", hostile, snapshots)
	}
	t.Logf("%d pages, %d with a known number of devices", len(pages), snapshots)
}

// axeScript is axe.
func axeScript(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testneed.Packages(t), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// holds tries what every page promises, on the one that the tab shows.
func (b *tab) holds(path, axe string) {
	b.Helper()
	b.told(path, eval[[]string](b, markup))
	b.fits(path)
	b.accessible(path, axe)
}

// complain fails the test, or keeps what is wrong with a page for the test that tells of it.
func (b *tab) complain(format string, args ...any) {
	b.Helper()
	if b.page == nil {
		b.Errorf(format, args...)
		return
	}
	b.page.faults = append(b.page.faults, fmt.Sprintf(format, args...))
}

// told fails the test by each of some messages.
func (b *tab) told(path string, messages []string) {
	b.Helper()
	for _, m := range messages {
		b.complain("%s: %s", path, m)
	}
}

// markup names what the policy would refuse, and more than one heading.
const markup = `(() => {
	const told = [];
	for (const e of document.querySelectorAll("*")) {
		if (e.localName == "style" || e.localName == "script" && e.textContent) told.push("has a " + e.localName + " in its markup");
		for (const a of e.attributes)
			if (a.name == "style" || a.name.startsWith("on") || /^\s*javascript:/i.test(a.value))
				told.push(e.localName + " has " + a.name + "=" + a.value);
	}
	const scripts = [...document.querySelectorAll("script")].map(e => e.getAttribute("src"));
	if (scripts.length != 1 || !/^\/assets\/script-[0-9a-f]{16}\.js$/.test(scripts[0])) told.push("loads the scripts " + scripts);
	const n = document.querySelectorAll("h1").length;
	if (n != 1) told.push(n + " headings of the first level");
	if (document.documentElement.outerHTML.includes("\u202e")) told.push("a character that turns lines around");
	if (!document.title) told.push("no title");
	if (!/[0-9a-z]{2}/i.test(document.querySelector("main").innerText)) told.push("an empty page");
	return told;
})()`

// zeros are the first cells of rows in which some cell is 0.
const zeros = `[...document.querySelectorAll("tbody tr")].map(r => [...r.cells].map(c => c.innerText.trim()))
	.filter(r => r.slice(1).includes("0"))`

// unassessed are the names of devices of which nobody looked at anything.
func unassessed(t testing.TB, session *control.Session) map[string]bool {
	t.Helper()
	rows, err := control.Do(t.Context(), session, control.List[control.FleetRows](control.ListOfDevices,
		&control.ListFilter{State: "notAssessed", Limit: 50}))
	if err != nil || len(rows.Value.Rows) == 0 {
		t.Fatalf("no device that was not assessed: %v", err)
	}
	names := map[string]bool{}
	for i := range rows.Value.Rows {
		names[rows.Value.Rows[i].Name] = true
	}
	return names
}

// small holds a page to the budget: bytes, nodes, and requests.
func (b *tab) small(p *page) {
	b.Helper()
	most := int64(80_000)
	if p.path == "/" {
		most = 60_000
	}
	if bytes := eval[int64](b, `performance.getEntriesByType("navigation")[0].decodedBodySize`); bytes > most || bytes < 500 {
		b.complain("%s has %d bytes, want at most %d", p.path, bytes, most)
	}
	if nodes := eval[int](b, `document.querySelectorAll("*").length`); nodes > 2000 {
		b.complain("%s has %d nodes, want at most 2000", p.path, nodes)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	allowed := 4 // the page, its stylesheet, the script, and the icon
	if p.out {
		allowed++ // it is led to the page to sign in
	}
	if b.requests > allowed {
		b.complain("%s takes %d requests, want at most %d", p.path, b.requests, allowed)
	}
}

// fits tries widths of windows, with every details closed, and open.
func (b *tab) fits(path string) {
	b.Helper()
	for _, size := range []struct {
		width, height int64
		scale         float64
	}{{1280, 800, 1}, {640, 450, 2}, {390, 844, 1}, {320, 640, 1}} {
		b.zoom(size.width, size.height, size.scale)
		for _, open := range []bool{false, true} {
			where := fmt.Sprintf("%s at %d pixels, details open: %t", path, size.width, open)
			b.told(where, eval[[]string](b, fmt.Sprintf(sideways, open)))
			if size.width <= 640 {
				b.told(where, eval[[]string](b, columns))
			} else if !open {
				b.told(where, eval[[]string](b, cutTables))
			}
		}
	}
}

// sideways opens or closes every details, and names what makes the page wider than its window.
const sideways = `(() => {
	for (const d of document.querySelectorAll("details")) d.open = %t;
	const all = document.documentElement, width = all.clientWidth;
	if (all.scrollWidth <= width) return [];
	const cut = e => { for (let p = e.parentElement; p; p = p.parentElement) if (getComputedStyle(p).overflowX != "visible") return true; };
	const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 0.5 && !cut(e));
	return ["scrolls sideways to " + all.scrollWidth + " pixels for " +
		wide.slice(-3).map(e => e.localName + "." + e.className + " " + e.innerText?.slice(0, 60)).join("; ")];
})()`

// columns names sections that stand side by side.
const columns = `(() => {
	const boxes = [...document.querySelectorAll("main section")].map(e => e.getBoundingClientRect()).filter(r => r.width);
	return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left != b.left && a.top < b.bottom - 1 && b.top < a.bottom - 1 &&
		!(a.left <= b.left && b.right <= a.right))) ? ["has sections side by side"] : [];
})()`

// cutTables names tables that are wider than their place, unless they have a hostile name. Whoever does not scroll them
// does not see their last column.
const cutTables = `[...document.querySelectorAll(".box")].filter(e => e.scrollWidth > e.clientWidth + 1 && !/alert\(2\)|w{200}/.test(e.innerText))
	.map(e => "a table needs " + e.scrollWidth + " of " + e.clientWidth + " pixels: " + e.innerText.slice(0, 100).replaceAll("\n", " "))`

// accessible runs axe with everything open: all rules on a wide window, those of layout on a phone's, and those of
// colours in the dark.
func (b *tab) accessible(path, axe string) {
	b.Helper()
	tree, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) (cdp.GetFrameTreeResult, error) {
		return chromedp.Call(ctx, cdp.GetFrameTree, struct{}{})
	})
	if err != nil {
		b.Fatal(err)
	}
	// A world of its own: pages run no script, and the policy stays as it is.
	world := call(b, func(ctx context.Context, p cdp.CreateIsolatedWorldParams) (cdp.CreateIsolatedWorldResult, error) {
		return chromedp.Call(ctx, cdp.CreateIsolatedWorld, p)
	}, cdp.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "axe"})
	in := func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }
	b.run("loading axe", chromedp.Evaluate[chromedp.Void](axe, in))
	const (
		all     = `{rules: {"target-size": {enabled: true}}}`
		layout  = `{runOnly: {type: "rule", values: ["target-size", "scrollable-region-focusable"]}}`
		colours = `{runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}}`
	)
	for _, one := range []struct {
		width         int64
		scheme, rules string
	}{{1280, "light", all}, {1280, "dark", colours}, {390, "light", layout}} {
		b.size(one.width, 800)
		b.scheme(one.scheme)
		report, err := chromedp.Run(b.ctx,
			chromedp.Evaluate[string](fmt.Sprintf(violations, one.rules), in, chromedp.EvalAwaitPromise))
		if err != nil {
			b.Fatalf("%s: axe: %v", path, err)
		}
		var told struct {
			Passes int
			Told   []string
		}
		if err := json.Unmarshal([]byte(report), &told); err != nil || told.Passes == 0 {
			b.Fatalf("%s: axe looked at nothing: %s, %v", path, report, err)
		}
		b.told(fmt.Sprintf("%s at %d pixels, %s", path, one.width, one.scheme), told.Told)
	}
	b.scheme("light")
}

// violations runs axe, and names what it calls serious or critical.
const violations = `axe.run(document, Object.assign({resultTypes: ["violations"], preload: false}, %s)).then(r => JSON.stringify({
	Passes: r.passes.length, Told: r.violations.filter(v => v.impact == "serious" || v.impact == "critical")
		.map(v => "axe " + v.impact + " " + v.id + ": " + v.nodes.length + " times, " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(" ") +
			" " + (v.nodes[0].failureSummary ?? "").slice(0, 300))}))`
