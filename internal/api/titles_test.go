package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// TestTitles confirms a title, looks for candidates, lists and removes it, with lines in the audit log.
func TestTitles(t *testing.T) {
	l, log := audited(t)
	var feeds feedList
	l.decode(l.put("/v1/feeds/nvd/nvd?file=nvd.json",
		inteltest.NVD([]inteltest.Weakness{{CVE: "CVE-2024-0001", Vendor: "acme", Product: "rocket_builder", Before: "2", Score: 7.5}})), 200, &feeds)
	l.built(feeds)
	find := func() (found control.TitleCandidates) {
		l.decode(l.get("/v1/titles/candidates?vendor=acme&name=big_rocket_builder_3.1_x64&version=3.1.0.0"), 200, &found)
		return found
	}
	if found := find(); !found.Unknown || found.Name != "big rocket builder" || len(found.Candidates) != 1 ||
		found.Candidates[0].Product != "acme:rocket_builder" {
		t.Errorf("before: %+v", found)
	}
	var done control.ConfirmedTitle
	l.change(http.MethodPost, "/v1/titles", `{"vendor":"acme","name":"big rocket builder","product":"acme:rocket_builder"}`, &done)
	if !done.Known || done.Product != "acme:rocket_builder" || done.ConfirmedTime.IsZero() {
		t.Errorf("confirmed %+v", done)
	}
	if found := find(); found.Unknown || len(found.Candidates) != 0 {
		t.Errorf("after: %+v", found)
	}
	var list control.TitleList
	l.decode(l.get("/v1/titles"), 200, &list)
	if len(list.Titles) != 1 || list.Titles[0] != done {
		t.Errorf("listed %+v", list)
	}
	for body, says := range map[string]string{
		`{"vendor":"acme","name":"x"}`:                        "product: is missing",
		`{"vendor":"acme","name":"x","product":"Acme"}`:       "vendor:product",
		`{"vendor":"acme","product":"a:b"}`:                   "name is empty",
		`{"vendor":"a\u000a","name":"x","product":"none"}`:    "no control characters",
		`{"vendor":"a","name":"x","product":"none","by":"y"}`: "unknown field",
	} {
		r := l.do(http.MethodPost, "/v1/titles", strings.NewReader(body))
		if r.StatusCode != 400 || !strings.Contains(string(r.body), says) {
			t.Errorf("%s: %d %s, want %q", body, r.StatusCode, r.body, says)
		}
	}
	address := "/v1/titles?" + url.Values{"vendor": {"ACME"}, "name": {"Big Rocket Builder"}}.Encode()
	l.change(http.MethodDelete, address, "", &done)
	if r := l.do(http.MethodDelete, address, nil); r.StatusCode != 404 {
		t.Errorf("removing again: %d %s", r.StatusCode, r.body)
	}
	if found := find(); !found.Unknown {
		t.Errorf("removed: %+v", found)
	}
	told := map[any]int{}
	for _, line := range log.lines(l, l.get("/v1/titles")) {
		if line["outcome"] == "done" && line["product"] == "acme:rocket_builder" {
			told[line["event"]]++
		}
	}
	if told["confirm title"] != 1 || told["remove title"] != 1 {
		t.Errorf("the audit log has %v", told)
	}
}

// TestForeignTitles says that a feed that somebody imported under the name of the confirmed titles is left alone.
func TestForeignTitles(t *testing.T) {
	l := newLab(t)
	var feeds feedList
	l.decode(l.put("/v1/feeds/titles/confirmed?file=a.titles",
		"titles 1\nproduct a/b\n\tcpe a:a:b\n\tvendor a\n\ttitle b\n\tsource c\n"), 200, &feeds)
	l.built(feeds)
	for _, r := range []reply{l.get("/v1/titles"), l.do(http.MethodDelete, "/v1/titles?name=b", nil),
		l.do(http.MethodPost, "/v1/titles", strings.NewReader(`{"name":"b","product":"a:b"}`))} {
		if r.StatusCode != 409 || !strings.Contains(string(r.body), "imported by hand") {
			t.Errorf("%d %s", r.StatusCode, r.body)
		}
	}
}
