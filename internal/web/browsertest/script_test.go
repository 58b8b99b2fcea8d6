package browsertest

import (
	"context"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// clipboard allows or forbids a tab to write to the clipboard; it may always read it.
func (b *tab) clipboard(write cdpbrowser.PermissionSetting) {
	b.Helper()
	for name, setting := range map[string]cdpbrowser.PermissionSetting{"clipboard-write": write,
		"clipboard-read": cdpbrowser.PermissionSettingGranted} {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		_, err := chromedp.CallBrowser(ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: setting, Origin: b.site.URL,
			BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
		cancel()
		if err != nil {
			b.Fatalf("%s of %s: %v", setting, name, err)
		}
	}
}

// What people paste has a button that copies it, by the keyboard too, and says so. Where the clipboard is forbidden it
// says what to press, with the text chosen. Without script there is no button, and the text is there.
func TestCopying(t *testing.T) {
	s := shared(t)
	b, _ := as(t, s)
	b.clipboard(cdpbrowser.PermissionSettingGranted)
	b.open("/exports", 200)
	b.shows("Exports", "muster client add")
	blocks := eval[int](b, `document.querySelectorAll("main pre").length`)
	if n := eval[int](b, `document.querySelectorAll(".paste button").length`); n != blocks || n < 4 {
		t.Errorf("%d buttons copy %d blocks", n, blocks)
	}
	b.tabTo("a button that copies", `e.textContent == "Copy"`)
	b.press(kb.Enter)
	const said = `[...document.querySelectorAll(".hidden[role=status]")].map(e => e.textContent).find(t => t) ?? ""`
	b.waits(said, "Copied")
	want := strings.TrimSpace(eval[string](b, `document.querySelector("main pre").textContent`))
	if got := eval[string](b, `navigator.clipboard.readText()`); got != want || !strings.Contains(want, "muster client add") {
		t.Errorf("copied is %q, want %q", got, want)
	}

	b.open("/access/enrollments/add?name=copied&then=setup", 200)
	b.click("main form button")
	b.shows("Make an enrolment", "--enroll ")
	secret := eval[string](b, `[...document.querySelectorAll("code.copy")].map(e => e.textContent).find(t => t.startsWith("mst_")) ?? ""`)
	b.tabTo("the button of the secret", `e.textContent == "Copy" && e.previousElementSibling?.textContent.startsWith("mst_")`)
	b.press(kb.Enter)
	b.waits(said, "Copied")
	if got := eval[string](b, `navigator.clipboard.readText()`); got != secret || secret == "" {
		t.Errorf("copied is %q, not the secret", got)
	}

	b.clipboard(cdpbrowser.PermissionSettingDenied)
	b.open("/exports", 200)
	b.run("copying", chromedp.Click(chromedp.CSS(".paste button")))
	b.waits(said, "Press Ctrl+C or ⌘C")
	if chosen := strings.TrimSpace(eval[string](b, `getSelection().toString()`)); chosen != want {
		t.Errorf("chosen is %q, want %q", chosen, want)
	}

	b.script(false)
	b.open("/exports", 200)
	b.shows("Exports", "muster client add")
	if n := eval[int](b, `document.querySelectorAll(".paste, .copied").length`); n != 0 {
		t.Errorf("%d buttons that do nothing without script", n)
	}
}

// waits asks the page again, within a bound, until an expression has a value.
func (b *tab) waits(expression, want string) {
	b.Helper()
	got := eval[string](b, `new Promise(done => {
		const begun = performance.now(), ask = () => {
			const got = `+expression+`;
			got || performance.now() - begun > 20000 ? done(got) : requestAnimationFrame(ask);
		};
		ask();
	})`)
	if got != want {
		b.Fatalf("%s: it says %q, want %q", b.at(), got, want)
	}
}

// The slash leads to the search, and is a slash where somebody types.
func TestSlash(t *testing.T) {
	b, _ := as(t, shared(t))
	b.open("/devices", 200)
	b.shows("Devices", "lisbon-")
	if eval[bool](b, `document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true, cancelable: true}))`) {
		t.Error("the slash is typed, too")
	}
	if on := eval[string](b, `document.activeElement.getAttribute("aria-label") ?? ""`); on != "Device, product or CVE" {
		t.Errorf("the slash leads to %q", on)
	}
	b.press("a/b")
	if text := eval[string](b, `document.activeElement.value`); text != "a/b" {
		t.Errorf("typed is %q", text)
	}
}
