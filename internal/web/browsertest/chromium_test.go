package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/web/webtest"
)

// process is the browser of all tests: its context, and what ends it.
type process struct {
	ctx context.Context
	end func() error
}

// launched is the one browser, once a test has asked for it.
var launched *process

// browser returns the one browser. Tests do not run at the same time.
func browser(t testing.TB) *process {
	t.Helper()
	if launched != nil {
		return launched
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testneed.Browser(t)))
	for _, name := range []string{"disable-gpu", "disable-quic", "disable-component-update", "hide-scrollbars",
		"disable-lcd-text"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	// Back asks the server again, so that a page which cannot be had again is noticed.
	flags = append(flags, chromedp.Flag("disable-features", "Translate,BackForwardCache,MediaRouter,OptimizationHints"))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	launched = &process{ctx, func() error { return chromedp.Cancel(ctx) }}
	return launched
}

// site is the server of all tests that change nothing of it.
var site = sync.OnceValues(func() (*webtest.Site, error) {
	s, err := webtest.Start(context.Background())
	if err != nil {
		return nil, err
	}
	served = s
	if err = s.Tell(context.Background()); err == nil {
		err = s.Change(context.Background())
	}
	if err == nil {
		err = s.Publish(context.Background())
	}
	return s, err
})

// served is that server, once it runs.
var served *webtest.Site

// shared returns the server of all tests.
func shared(t testing.TB) *webtest.Site {
	t.Helper()
	testneed.Browser(t) // a test that is skipped starts nothing
	s, err := site()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMain(m *testing.M) {
	status := m.Run()
	stops := []func() error{}
	if launched != nil {
		stops = append(stops, launched.end)
	}
	if served != nil {
		stops = append(stops, served.Stop)
	}
	for _, stop := range stops {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// tab is a tab of the browser with cookies of its own. A test with a tab fails at its end if the tab heard of a fault.
type tab struct {
	testing.TB
	ctx  context.Context
	site *webtest.Site

	mu       sync.Mutex
	faults   []string // messages on the console, failed requests, and requests to other hosts
	requests int      // since the last page
	page     *page    // what is wrong is kept there; nil: it fails the test
	away     bool     // the pages are of somebody else, and may do what they like
}

// newTab opens a tab that is not signed in.
func newTab(t testing.TB, s *webtest.Site) *tab {
	t.Helper()
	b := &tab{TB: t, site: s}
	ctx, end := chromedp.NewContext(browser(t).ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.hear))
	b.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	t.Cleanup(func() {
		b.quiet("the end")
		end()
	})
	b.begin()
	return b
}

// begin gives the tab a size, and the focus, which tabs in the background lack.
func (b *tab) begin() {
	b.Helper()
	b.size(1280, 800)
	call(b, func(ctx context.Context, p emulation.SetFocusEmulationEnabledParams) (any, error) {
		return chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, p)
	}, emulation.SetFocusEmulationEnabledParams{Enabled: true})
}

// another opens a tab with the cookies of this one.
func (b *tab) another() *tab {
	b.Helper()
	other := &tab{TB: b.TB, site: b.site}
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithListener(other.hear))
	other.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		b.Fatalf("opening a tab: %v", err)
	}
	b.Cleanup(func() {
		other.quiet("the end")
		end()
	})
	other.begin()
	return other
}

// hear keeps what is a fault.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return
	}
	fault := func(format string, args ...any) { b.faults = append(b.faults, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		fault("the console was called: %s", e.Type)
	case *runtime.EventExceptionThrown:
		fault("a script failed: %s", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		fault("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *cdp.EventJavascriptDialogOpening:
		fault("a script asks %q", e.Message)
	case *network.EventLoadingFailed:
		if !e.Canceled { // what becomes a download is
			fault("a request failed: %s %s", e.ErrorText, e.BlockedReason)
		}
	case *network.EventRequestWillBeSent:
		if strings.HasPrefix(e.Request.URL, "data:") {
			break // Chromium draws parts of inputs by them
		}
		b.requests++
		if !strings.HasPrefix(e.Request.URL, b.site.URL+"/") {
			fault("a request to another host: %s", e.Request.URL)
		}
	}
}

// quiet fails the test if there was a fault, except that the browser tells of a page with a status as the one wanted.
func (b *tab) quiet(where string, statuses ...int64) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		wanted := false
		for _, s := range statuses {
			wanted = wanted || strings.Contains(f, fmt.Sprintf("responded with a status of %d", s))
		}
		if !wanted {
			b.Errorf("%s: %s", where, f)
		}
	}
	b.faults = nil
}

// patience is how long the browser may take for anything, on a machine that does much else.
const patience = time.Minute

// leave says whether the pages are now of somebody else.
func (b *tab) leave(away bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away = away
}

// run runs actions.
func (b *tab) run(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.Fatalf("%s: %v", what, err)
	}
}

// call sends a command of the protocol.
func call[P, R any](b *tab, command func(context.Context, P) (R, error), params P) R {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := command(ctx, params)
	if err != nil {
		b.Fatalf("%T: %v", params, err)
	}
	return result
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("evaluating %.200s: %v", expression, err)
	}
	return value
}

// lands runs actions that lead to a page, and waits for it. It must have a status.
func (b *tab) lands(what string, status int64, actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	b.mu.Lock()
	b.requests = 0
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		b.Fatalf("%s: %v", what, err)
	}
	if response != nil && response.Status != status {
		b.Fatalf("%s: status %d, want %d: %s", what, response.Status, status, b.text("main"))
	}
	b.quiet(what, status)
}

// open opens an address of the site, which must answer with a status.
func (b *tab) open(path string, status int64) {
	b.Helper()
	b.lands(path, status, chromedp.Navigate(b.site.URL+path))
}

// click clicks what a selector finds, and waits for the page that it leads to.
func (b *tab) click(selector string) {
	b.Helper()
	b.lands("clicking "+selector, 200, chromedp.Click(chromedp.CSS(selector)))
}

// text returns what people read of the first element that a selector finds.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// at returns the address of the page: path and query.
func (b *tab) at() string {
	b.Helper()
	return eval[string](b, `location.pathname + location.search`)
}

// shows fails the test unless the page has a heading, and a text.
func (b *tab) shows(heading, text string) {
	b.Helper()
	got := b.text("h1")
	if _, list, counted := strings.Cut(got, " · "); counted {
		got = list // lists with a filter begin with their count
	}
	if got != heading {
		b.Fatalf("%s is headed %q, want %q", b.at(), got, heading)
	}
	if main := b.text("main"); !strings.Contains(main, text) {
		b.Fatalf("%s does not say %q: %.2000s", b.at(), text, main)
	}
}

// size sets the size of the window in pixels of CSS.
func (b *tab) size(width, height int64) { b.zoom(width, height, 1) }

// zoom sets the size and how many pixels of the screen one of CSS has.
func (b *tab) zoom(width, height int64, scale float64) {
	b.Helper()
	b.run("setting the size", chromedp.EmulateViewport(width, height, chromedp.EmulateScale(scale)))
}

// scheme chooses light or dark.
func (b *tab) scheme(name string) {
	b.Helper()
	call(b, func(ctx context.Context, p emulation.SetEmulatedMediaParams) (any, error) {
		return chromedp.Call(ctx, emulation.SetEmulatedMedia, p)
	}, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

// script allows or forbids scripts of pages. What tests evaluate runs in any case.
func (b *tab) script(allowed bool) {
	b.Helper()
	call(b, func(ctx context.Context, p emulation.SetScriptExecutionDisabledParams) (any, error) {
		return chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, p)
	}, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

// signIn signs the browser in as a client does: by the link, and its button.
func (b *tab) signIn(session *control.Session) *tab {
	b.Helper()
	link, err := url.Parse(b.site.Link(b, session))
	if err != nil {
		b.Fatal(err)
	}
	b.open(link.RequestURI(), 200)
	b.click("main form button")
	return b
}

// as opens a tab that is signed in as a new client.
func as(t testing.TB, s *webtest.Site, groups ...string) (*tab, *control.Session) {
	t.Helper()
	_, session := s.Client(t, auth.Permissions(), groups...)
	return newTab(t, s).signIn(session), session
}
