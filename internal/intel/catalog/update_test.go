package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/nvd"

	"github.com/muster-project/muster/internal/intel/inteltest"
)

// updatesOf makes an NVD record that lists a version's updates up to the last, and one range up to it.
func updatesOf(t testing.TB, word, version string, last int) []intel.Record {
	var list []string
	for n := range last + 1 {
		list = append(list, fmt.Sprintf(`{"vulnerable":true,"criteria":"cpe:2.3:a:acme:clock:%s:%s%d:*:*:*:*:*:*"}`, version, word, n))
	}
	feed := func(id, matches string) string {
		return `{"cve":{"id":"` + strings.TrimSuffix(id, ".json") + `","configurations":[{"nodes":[{"operator":"OR","cpeMatch":[` + matches + `]}]}]}}`
	}
	var all []intel.Record
	for name, matches := range map[string]string{
		"CVE-2099-0001.json": strings.Join(list, ","),
		"CVE-2099-0002.json": fmt.Sprintf(`{"vulnerable":true,"criteria":"cpe:2.3:a:acme:clock:*:%s%d:*:*:*:*:*:*",
			"versionStartIncluding":"1","versionEndIncluding":"%s"}`, word, last, version),
	} {
		records, odd := inteltest.Parse(t, nvd.Feed{}, inteltest.File(name, feed(name, matches)))
		if len(odd) > 0 {
			t.Fatal(odd)
		}
		all = append(all, records...)
	}
	return all
}

// TestUpdatesOfCPEs: the update of a component's CPE belongs to its version, whichever way the version field is
// written, and an update is affected if it is not after the last that is.
func TestUpdatesOfCPEs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.SampledFrom([]string{"p", "update", "sp", "patch", "rc", "beta", "hotfix_"}).Draw(rt, "word")
		version := rapid.SampledFrom([]string{"4.2.8", "1.5", "2020.1", "7.5.0"}).Draw(rt, "version")
		last := rapid.IntRange(1, 20).Draw(rt, "last")
		update := rapid.IntRange(1, 25).Draw(rt, "update")
		c := build(t, catalog.Config{}, updatesOf(t, word, version, last)...)
		text := fmt.Sprintf("%s%d", word, update)
		name := fmt.Sprintf("cpe:2.3:a:acme:clock:%s:%s:*:*:*:*:*:*", version, text)
		for _, component := range []catalog.Component{
			{Version: version, CPE: name}, {CPE: name}, {Version: version + text, CPE: name},
			{Version: version, CPE: fmt.Sprintf("cpe:/a:acme:clock:%s:%s", version, text)},
			{Version: version + text, CPE: "cpe:2.3:a:acme:clock:" + version + text + ":*:*:*:*:*:*:*"},
			{Version: version + text, CPE: "cpe:2.3:a:acme:clock:*:*:*:*:*:*:*:*"},
		} {
			component.Kind, component.OSPlatform = "generic", "Linux"
			want := 0
			if update <= last {
				want = 2
			}
			if v := c.Verdict(component); len(v.Hits) != want {
				rt.Errorf("%s %s: %d hits, want %d of updates up to %d", component.Version, component.CPE, len(v.Hits), want, last)
			}
		}
	})
}

// TestUpdatesOfJava: the spellings of Java's updates are one, those of a component's CPE, too.
func TestUpdatesOfJava(t *testing.T) {
	c := build(t, catalog.Config{}, intel.Record{Source: "CVE-2099-0001", Affected: []intel.Affected{{CVE: "CVE-2099-0001",
		Part: "a", Vendor: "oracle", Product: "jre", By: intel.ByNVD, Versions: []intel.Range{{Low: "1.8.0", High: "8u381"}}}}})
	for update, want := range map[string]int{"update_371": 1, "update371": 1, "update_381": 0, "update_391": 0} {
		v := c.Verdict(catalog.Component{Kind: "generic", Version: "1.8.0", OSPlatform: "Linux",
			CPE: "cpe:2.3:a:oracle:jre:1.8.0:" + update + ":*:*:*:*:*:*"})
		if len(v.Hits) != want {
			t.Errorf("%s: %d hits, want %d", update, len(v.Hits), want)
		}
	}
}
