package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/web"
	webpage "github.com/muster-project/muster/internal/web/page"
)

// volatile are parts of pages that are new each time.
var volatile = regexp.MustCompile(`name="mark" value="[^"]*"|<code>[0-9a-f-]{36}</code>|[0-9a-f]{8}-[0-9a-f-]{27}`)

// said is what a page says, with the thing that was asked for under one name.
func said(r *got, thing string) string {
	text := strings.ReplaceAll(strings.ReplaceAll(r.body, url.PathEscape(thing), "THING"), thing, "THING")
	return volatile.ReplaceAllString(text, "")
}

// Who sees one group gets, for what is in another, what they get for what there never was: on every page, form and
// CSV, for every thing in its address and every filter. No page has a name of the other group.
func TestWhatOthersHaveDoesNotExist(t *testing.T) {
	s := ownSite(t)
	_, managing := s.client(t, everything())
	ours, theirs, nothing := s.things(t, managing)
	s.mustPublish(t)
	c, _ := s.client(t, everything(), "Lisbon")
	elsewhere, reader := s.visitors(t, managing), s.visits(t, "reader", c)
	other := elsewhere[len(elsewhere)-1]
	whole := elsewhere[slices.IndexFunc(elsewhere, func(v *visitor) bool { return v.name == "everything-" })]
	told := 0 // of what the reader is not told, the one who sees all groups is told this often
	if r := reader.do(http.MethodGet, "/devices/"+ours["/devices/{id}"], nil); r.StatusCode != http.StatusOK {
		t.Fatalf("one's own device: status %d", r.StatusCode)
	}
	bound := []string{"/devices/{id}", "/access/devices/{id}", "/exceptions/{id}"}
	var addresses []string
	for _, route := range web.Table() {
		if openToAll(route.Pattern) {
			continue
		}
		addresses = append(addresses, ours.fill(t, route.Pattern))
		at := slices.IndexFunc(bound, func(b string) bool { return strings.HasPrefix(route.Pattern, b) })
		if at < 0 {
			continue
		}
		thing, never := theirs[bound[at]], nothing[bound[at]]
		for _, v := range []*visitor{reader, other} {
			there, nowhere := theirs.fill(t, route.Pattern), nothing.fill(t, route.Pattern)
			hidden, absent := v.do(http.MethodGet, there, nil), v.do(http.MethodGet, nowhere, nil)
			if hidden.StatusCode != absent.StatusCode || said(hidden, thing) != said(absent, never) {
				t.Errorf("%s: %s tells of %s (%d, %d):\n%s\n%s", v.name, route.Pattern, thing, hidden.StatusCode, absent.StatusCode,
					main(said(hidden, thing)), main(said(absent, never)))
			}
			if _, form := route.Methods[http.MethodPost]; form {
				values := url.Values{"token": {webpage.FormToken(v.secret)}}
				hidden, absent = v.do(http.MethodPost, there, values), v.do(http.MethodPost, nowhere, values)
				if hidden.StatusCode != absent.StatusCode || said(hidden, thing) != said(absent, never) {
					t.Errorf("%s: POST %s tells of %s (%d, %d)", v.name, route.Pattern, thing, hidden.StatusCode, absent.StatusCode)
				}
			}
		}
	}

	// Filters: names and ids of the other group are as those of none.
	device := theirs["/devices/{id}"]
	name := s.devices["Tokyo"][3]
	for _, list := range []string{"/vulnerabilities", "/findings", "/actions", "/devices", "/software", "/configuration", "/changes", "/search"} {
		for _, ask := range [][3]string{{"group", "Tokyo", "Never"}, {"device", device, nothing["/devices/{id}"]}, {"device", name, "never-000"},
			{"q", name, "never-000"}} {
			for _, kind := range []string{"", ".csv"} {
				asked := list + kind + "?" + url.Values{ask[0]: {ask[1]}}.Encode()
				if r := whole.do(http.MethodGet, asked, nil); r.StatusCode == http.StatusOK && strings.Contains(r.body, "tokyo-") {
					told++
				}
				hidden := reader.do(http.MethodGet, asked, nil)
				absent := reader.do(http.MethodGet, list+kind+"?"+url.Values{ask[0]: {ask[2]}}.Encode(), nil)
				if hidden.StatusCode != absent.StatusCode || said(hidden, ask[1]) != said(absent, ask[2]) {
					t.Errorf("%s%s?%s=%s tells that it is there (%d, %d):\n%s\n%s", list, kind, ask[0], ask[1], hidden.StatusCode,
						absent.StatusCode, main(said(hidden, ask[1])), main(said(absent, ask[2])))
				}
			}
		}
		addresses = append(addresses, list+"?rows=1000", list+"?rows=1000&q=e")
	}
	if told < 20 {
		t.Errorf("there is nothing to hide: %d", told)
	}
	cve := theirs["/vulnerabilities/{id}"]
	addresses = append(addresses, "/", "/vulnerabilities/"+cve, "/devices/"+ours["/devices/{id}"]+"/why?cve="+cve,
		"/exceptions/add?cve="+cve, "/devices/"+ours["/devices/{id}"]+"?view=software", "/devices/"+ours["/devices/{id}"]+"?view=settings")
	names := append(slices.Clone(s.devices["Tokyo"]), device, "Tokyo knows", theirs["/exceptions/{id}"])
	for _, address := range addresses {
		text := reader.do(http.MethodGet, address, nil).body
		for _, n := range names {
			if strings.Contains(text, n) {
				t.Errorf("%s shows %q to somebody of Lisbon", address, n)
			}
		}
		text = other.do(http.MethodGet, address, nil).body
		for _, n := range append(names, s.devices["Lisbon"]...) {
			if strings.Contains(text, n) && !strings.Contains(address, url.QueryEscape(n)) {
				t.Errorf("%s shows %q to another organization", address, n)
			}
		}
	}
}
