package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestSearchOfIDs: what looks as the id of an advisory does, and is the name of a device, finds the device. A list of
// the devices of a group leads to their settings by addresses that the page takes.
func TestSearchOfIDs(t *testing.T) {
	b, _ := started(t).as(t, everything())
	for _, row := range b.rows("/devices.csv")[:3] {
		name, _, _ := strings.Cut(row[0], ".")
		if text := b.page("/search?q="+url.QueryEscape(name), http.StatusOK); !strings.Contains(text, row[0]) {
			t.Errorf("the search for %q does not find %q: %s", name, row[0], text)
		}
	}
	links := regexp.MustCompile(`href="(/devices/[^"]*view=settings[^"]*)"`).FindStringSubmatch(b.page("/devices?q=ws-", http.StatusOK))
	if links == nil {
		t.Fatal("no device has failed checks")
	}
	b.page(strings.ReplaceAll(links[1], "&amp;", "&"), http.StatusOK)
	for _, link := range regexp.MustCompile(`href="(/devices/[^"]*view=settings[^"]*)"`).FindAllStringSubmatch(
		b.page("/devices?group=None", http.StatusOK), 1) {
		b.page(strings.ReplaceAll(link[1], "&amp;", "&"), http.StatusOK)
	}
}
