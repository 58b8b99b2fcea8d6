package web_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/web"
)

// payloads are what somebody would have others' browsers, spreadsheets and terminals do. Each has the mark, which no
// page has of its own.
const hostileMark = "zz9payload"

func payloads() []string {
	return []string{`"'><zz9payload zz9payload=1><svg onload=zz9payload()><script>zz9payload()</script>`, `javascript:zz9payload()`, "\x1b]0;zz9payload\x07\x1b[31m", "zz9payload\u202egnp\u2066\u200b",
		`{{zz9payload}}{{printf "zz9payload"}}`, strings.Repeat("zz9payload ", 1000), "zz9payload\xff\xfe", "zz9payload\r\nSet-Cookie: zz9payload=1", "=1+zz9payload", "@zz9payload", "-zz9payload", "+zz9payload",
		"\tzz9payload", "//zz9payload.example/", `zz9payload" style="x`, "zz9payload</textarea></title></style><zz9payload>", "../../zz9payload", "%0d%0azz9payload", "`zz9payload`$(zz9payload)"}
}

var (
	tagPart    = regexp.MustCompile(`<[A-Za-z/!][^<>]*>?`)
	quotedPart = regexp.MustCompile(`"[^"]*"`)
	hiddenPart = regexp.MustCompile(`<input type="hidden" [^>]*>`)
	linkPart   = regexp.MustCompile(`(?i) (?:href|src|action|formaction)="([^"]*)"`)
)

// harmless fails if a page has become what a payload wanted: another element, an attribute, a link that leads
// elsewhere, or characters that turn a line around.
func harmless(t *testing.T, address string, r *got) {
	t.Helper()
	if !utf8.ValidString(r.body) {
		t.Errorf("%s is not UTF-8", address)
	}
	for name, values := range r.Header {
		if strings.Contains(name+strings.Join(values, ""), hostileMark) && name != "Location" {
			t.Errorf("%s: header %s: %q", address, name, values)
		}
	}
	visible := hiddenPart.ReplaceAllString(r.body, "") // a value that cannot be seen goes on as it is, and is shown escaped
	if at := strings.IndexFunc(visible, func(c rune) bool {
		return unicode.Is(unicode.Bidi_Control, c) || c != '\n' && c != '\t' && c != '\r' && unicode.IsControl(c)
	}); at >= 0 {
		t.Errorf("%s has %q", address, visible[max(0, at-60):min(len(visible), at+20)])
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/csv") {
		cellsAreTexts(t, address, r.body)
		return
	}
	for _, tag := range tagPart.FindAllString(r.body, -1) {
		if bare := quotedPart.ReplaceAllString(tag, `""`); strings.Contains(bare, hostileMark) || strings.Contains(bare, "onload") {
			t.Errorf("%s has %q", address, tag)
		}
	}
	for _, link := range linkPart.FindAllStringSubmatch(r.body, -1) {
		if to := link[1]; strings.Contains(to, hostileMark) && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
			t.Errorf("%s leads to %q", address, to)
		}
	}
}

// cellsAreTexts fails if a spreadsheet would take a cell for a formula.
func cellsAreTexts(t *testing.T, address, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Errorf("%s: %v", address, err)
	}
	for _, cell := range slices.Concat(rows...) {
		if cell != "" && strings.Contains("=+-@\t\r", cell[:1]) && strings.Contains(cell, hostileMark) {
			t.Errorf("%s has the cell %q", address, cell)
		}
	}
}

// Whatever is stored, by whomever, and whatever an address asks for, is text: in every page, form and CSV.
func TestHostileTexts(t *testing.T) {
	p := newHostile(t)
	s := withProvider(t, &logged{}, func(string) map[string]any { return settings(p.url) })
	if err := s.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, managing := s.client(t, everything())
	stored := map[string]int{}
	try := func(what string, err error) {
		if err == nil {
			stored[what]++
		}
	}
	rules := []map[string]any{{"group": "Lisbon", "name": "lisbon-*"}, {"group": "Tokyo", "name": "tokyo-*"}}
	var devices []*inventory.Report
	for i, text := range payloads() {
		_, err := control.Do(t.Context(), managing, control.AddClient(control.ClientRequest{Access: control.Access{Name: text,
			Permissions: []string{"Software.Read.All"}}}))
		try("client", err)
		_, err = control.Do(t.Context(), managing, control.CreateEnrollment(control.EnrollmentRequest{Name: text}))
		try("enrolment", err)
		_, err = control.Do(t.Context(), managing, control.AddException(control.NewException{CVE: fmt.Sprintf("CVE-1999-%04d", i+1),
			Name: text, Reason: text, By: text}))
		try("exception", err)
		_, err = control.Do(t.Context(), managing, control.AddOrganization(control.OrganizationRequest{Name: text}))
		try("organization", err)
		one := map[string]any{"group": text, "name": text + "*", "tag": text}
		whole, err := json.Marshal(map[string]any{"rules": append(slices.Clone(rules), one)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = control.Do(t.Context(), managing, control.SetGroups(func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(whole))), nil
		}))
		if try("group", err); err == nil {
			rules = append(rules, one)
		}
		r := &inventory.Report{}
		r.Device.Name, r.Device.OSPlatform, r.Device.OSVersion, r.Device.Tags = fmt.Sprintf("h%d-%s", i, text), "Linux", text, []string{text}
		r.Software = []inventory.Software{{Kind: "generic", Vendor: text, Name: text, Version: text, DiskPaths: []string{text}}}
		devices = append(devices, r)
	}
	for _, r := range devices {
		try("device", s.Receive(t.Context(), r))
	}
	s.mustPublish(t)
	for what, least := range map[string]int{"client": 5, "enrolment": 5, "exception": 5, "organization": 5, "group": 5, "device": 5} {
		if stored[what] < least {
			t.Errorf("of %s %d were stored", what, stored[what])
		}
	}
	ours, _, _ := s.things(t, managing)
	for _, text := range payloads() {
		p.claims = func(m map[string]any) {
			m["sub"], m["name"], m["email"], m["groups"] = "s"+text, text, text, []string{"admins", text}
		}
		b := s.browser(t)
		if r := b.back(p.authorize(b.begin("/"))); r.StatusCode != http.StatusSeeOther {
			harmless(t, "signing in", r)
			continue
		}
		harmless(t, "/access/sessions", b.do(http.MethodGet, "/access/sessions", nil))
		p.claims = func(m map[string]any) { m["sub"], m["name"], m["groups"] = "n"+text, text, []string{text} }
		b = s.browser(t)
		harmless(t, "no role", b.back(p.authorize(b.begin("/"))))
	}
	all, _ := s.as(t, everything())
	var addresses []string
	for _, route := range web.Table() {
		addresses = append(addresses, ours.fill(t, route.Pattern))
	}
	for _, d := range all.rows("/devices.csv?q=h&rows=100") {
		for _, list := range []string{"/devices", "/findings", "/software"} {
			addresses = append(addresses, list+"?"+url.Values{"device": {d[0]}}.Encode())
		}
	}
	for _, from := range []string{"/devices?rows=100&q=h", "/software?rows=100&q=zz9payload", "/access", "/access/groups", "/access/devices", "/exceptions",
		"/access/enrollments", "/intelligence/titles"} {
		r := all.do(http.MethodGet, from, nil)
		for _, link := range linkPart.FindAllStringSubmatch(r.body, 400) {
			if strings.HasPrefix(link[1], "/") && !slices.Contains(addresses, link[1]) && !strings.HasPrefix(link[1], "/assets") {
				addresses = append(addresses, strings.ReplaceAll(link[1], "&amp;", "&"))
			}
		}
	}
	seen := 0
	for _, address := range append(addresses, "/audit?kind=all", "/audit.csv?kind=all", "/software?q=zz9payload&rows=1000", "/software.csv", "/changes.csv") {
		r := all.do(http.MethodGet, address, nil)
		if r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: status %d: %s", address, r.StatusCode, main(r.body))
		}
		if strings.Contains(r.body, hostileMark) {
			seen++
		}
		harmless(t, address, r)
	}
	if seen < 50 {
		t.Errorf("%d of %d pages have something of it", seen, len(addresses))
	}
	for _, text := range payloads() { // whatever is asked for
		for _, list := range []string{"/vulnerabilities", "/devices.csv", "/search", "/audit", "/access/devices", "/exceptions/add", "/access/sessions",
			"/access/clients/add", "/sign-in", "/sign-in/callback", "/sign-in/provider"} {
			q := url.Values{}
			for _, name := range []string{"q", "group", "device", "to", "code", "state", "error", "name", "caller", "cve", "reason", "done"} {
				q.Set(name, text)
				one := list + "?" + url.Values{name: {text}}.Encode()
				harmless(t, one, all.do(http.MethodGet, one, nil))
			}
			harmless(t, list, all.do(http.MethodGet, list+"?"+q.Encode(), nil))
		}
		harmless(t, "a path", all.do(http.MethodGet, "/software/"+url.PathEscape(text), nil))
		harmless(t, "a device", all.do(http.MethodGet, "/devices/"+url.PathEscape(text)+"?view=software", nil))
	}
}
