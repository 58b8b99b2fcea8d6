package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/node"
)

// A page whose address names a snapshot is of that one, and says that there is a newer one. If the snapshot is no
// longer kept it is of the newest, and says so; a CSV is refused, because a file does not say of what it is.
func TestPinnedPages(t *testing.T) {
	s := emptySite(t, func(c *node.Config, _ string) error {
		c.Settings = generation.DefaultSettings()
		c.Settings.KeepFull = 0
		return nil
	})
	report := &inventory.Report{Source: "test", Device: inventory.Device{Name: "first", OSPlatform: "Linux"},
		Software: []inventory.Software{{Kind: "generic", Vendor: "v", Name: "product", Version: "1"}}}
	if err := s.Receive(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	s.mustPublish(t)
	other := *report
	other.Device.Name = "second"
	if err := s.Receive(t.Context(), &other); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	b, _ := s.as(t, everything())
	for _, one := range []struct {
		path         string
		says, shows  string
		never, leads string
	}{
		{"/devices?snapshot=2&rows=20", "Snapshot 2; 3 is newer.", "first", ">second<", `href="/devices?rows=20">Show 3<`},
		{"/devices?snapshot=3", "Snapshot 3 ·", ">second<", "is newer", ""},
		{"/devices?snapshot=1", "Snapshot 1 is no longer kept. This is the newest, 3.", ">second<", "is newer", ""},
		{"/devices?snapshot=77", "There is no snapshot 77. This is the newest, 3.", ">second<", "no longer kept", ""},
		{"/software/v-_-product?snapshot=2", "Snapshot 2; 3 is newer.", `snapshot=2">1 device<`, "no longer kept",
			`href="/software/v-_-product">Show 3<`},
		{"/software/v-_-product?snapshot=1", "Snapshot 1 is no longer kept.", `snapshot=3">2 devices<`, "is newer", ""},
		{"/vulnerabilities/CVE-1999-0001?snapshot=2", "Snapshot 2; 3 is newer.", "nobody looked for it", "no longer kept", "Show 3<"},
		{"/vulnerabilities/CVE-1999-0001?snapshot=1", "Snapshot 1 is no longer kept.", "nobody looked for it", "is newer", ""},
	} {
		text := b.page(one.path, http.StatusOK)
		for _, want := range []string{one.says, one.shows, one.leads} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not have %q", one.path, want)
			}
		}
		if strings.Contains(text, one.never) {
			t.Errorf("%s has %q", one.path, one.never)
		}
	}
	if r := b.do(http.MethodGet, "/devices.csv?snapshot=1", nil); r.StatusCode != http.StatusGone {
		t.Errorf("the CSV of a snapshot that is not kept: %d", r.StatusCode)
	}
	if rows := b.rows("/devices.csv?snapshot=2"); len(rows) != 1 {
		t.Errorf("the CSV of snapshot 2 has %d rows", len(rows))
	}
	for _, bad := range []string{"/software/v-_-product?rows=1", "/vulnerabilities/CVE-1999-0001?snapshot=x"} {
		b.page(bad, http.StatusBadRequest)
	}
}
