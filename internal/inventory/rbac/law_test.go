package rbac_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// naive is the simplest implementation of the package's promise.
func naive(rules []rbac.Rule, groups []string, d inventory.Device, named string) string {
	for _, rule := range rules {
		tagged := rule.Tag == ""
		for _, tag := range d.Tags {
			tagged = tagged || like(rule.Tag, tag)
		}
		isDevice := rule.Device == "" || strings.EqualFold(rule.Device, d.ID) || strings.EqualFold(rule.Device, d.Name)
		if tagged && isDevice && like(rule.Name, d.Name) && like(rule.Platform, d.OSPlatform) {
			return rule.Group
		}
	}
	for _, group := range groups {
		if strings.EqualFold(group, named) {
			return group
		}
	}
	return ""
}

// like matches by a regular expression; an empty pattern matches everything.
func like(pattern, text string) bool {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `.*`), `\?`, `.`)
	return pattern == "" || regexp.MustCompile(`(?is)^`+quoted+`$`).MatchString(text)
}

var (
	drawDevice = rapid.Custom(func(t *rapid.T) inventory.Device {
		return inventory.Device{
			ID:         rapid.SampledFrom([]string{strings.Repeat("1", 40), strings.Repeat("a", 40)}).Draw(t, "id"),
			Name:       rapid.StringMatching(`[abAé]{1,6}`).Draw(t, "device name"),
			OSPlatform: rapid.SampledFrom([]string{"", "Linux", "macOS"}).Draw(t, "platform"),
			Tags:       rapid.SliceOfN(rapid.StringMatching(`[abA]{1,2}`), 0, 3).Draw(t, "tags"),
		}
	})
	drawRule = rapid.Custom(func(t *rapid.T) rbac.Rule {
		rule := rbac.Rule{
			Group:    rapid.SampledFrom([]string{"One", "Two", "Three"}).Draw(t, "group"),
			Device:   rapid.SampledFrom([]string{"", "", "", strings.Repeat("A", 40), "ab", "a"}).Draw(t, "device"),
			Name:     rapid.StringMatching(`[abAé*?]{0,5}`).Draw(t, "name"),
			Tag:      rapid.StringMatching(`[abA*?]{0,2}`).Draw(t, "tag"),
			Platform: rapid.SampledFrom([]string{"", "", "linux", "*o*", "?????"}).Draw(t, "platform"),
		}
		if rule.Device+rule.Name+rule.Tag+rule.Platform == "" {
			rule.Name = "*"
		}
		return rule
	})
)

func TestFirstMatchWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(drawRule, 0, 12).Draw(t, "rules")
		compiled, err := rbac.New([]string{"Four"}, rules)
		if err != nil {
			t.Fatal(err)
		}
		device := drawDevice.Draw(t, "device")
		named := rapid.SampledFrom([]string{"", "One", "four", "Five"}).Draw(t, "named")
		got, err := compiled.Group(device, named)
		if err != nil {
			t.Fatal(err)
		}
		want := naive(rules, compiled.Names(), device, named)
		if got != want {
			t.Errorf("%+v, naming %q, is in %q, want %q", device, named, got, want)
		}
	})
}
