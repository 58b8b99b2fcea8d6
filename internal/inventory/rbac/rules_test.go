package rbac_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// example is the one in the package comment.
const example = `{
  "groups": ["Lab"],
  "rules": [
    {"group": "Kiosks",  "device": "018d7dc428d98e16abed667a759f9e40a7e8f2c8"},
    {"group": "Kiosks",  "device": "lobby.example.com"},
    {"group": "Servers", "tag": "prod", "platform": "WindowsServer*"},
    {"group": "Web",     "name": "web-??.*.example.com"},
    {"group": "Macs",    "platform": "macOS"}
  ]
}`

func parse(t testing.TB, text string) *rbac.Rules {
	t.Helper()
	rules, err := rbac.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// group places a device within the allowed work.
func group(t testing.TB, rules *rbac.Rules, d inventory.Device, named string) string {
	t.Helper()
	group, err := rules.Group(d, named)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func TestGroup(t *testing.T) {
	rules := parse(t, example)
	for _, test := range []struct {
		what   string
		device inventory.Device
		named  string
		want   string
	}{
		{"by id", inventory.Device{ID: "018d7dc428d98e16abed667a759f9e40a7e8f2c8", Name: "x"}, "", "Kiosks"},
		{"by whole name, case aside", inventory.Device{Name: "Lobby.Example.COM"}, "", "Kiosks"},
		{"a device's name is no pattern and no part", inventory.Device{Name: "old-lobby.example.com"}, "", ""},
		{"all conditions hold", inventory.Device{Name: "a", Tags: []string{"eu", "PROD"}, OSPlatform: "WindowsServer2022"},
			"", "Servers"},
		{"one condition does not hold", inventory.Device{Name: "a", Tags: []string{"prod"}, OSPlatform: "Linux"}, "", ""},
		{"a tag is compared whole", inventory.Device{Name: "a", Tags: []string{"production"},
			OSPlatform: "WindowsServer2022"}, "", ""},
		{"by pattern", inventory.Device{Name: "WEB-07.eu.example.com"}, "", "Web"},
		{"the pattern asks for two characters", inventory.Device{Name: "web-7.eu.example.com"}, "", ""},
		{"the first of several rules", inventory.Device{Name: "web-07.eu.example.com", OSPlatform: "macOS"}, "", "Web"},
		{"a rule comes before the group named", inventory.Device{Name: "a", OSPlatform: "macOS"}, "Lab", "Macs"},
		{"the group named", inventory.Device{Name: "a"}, "Lab", "Lab"},
		{"the group named, as the rules spell it", inventory.Device{Name: "a"}, "sErVeRs", "Servers"},
		{"a group named that there is not", inventory.Device{Name: "a"}, "Office", ""},
		{"none named", inventory.Device{Name: "a"}, "", ""},
	} {
		if got := group(t, rules, test.device, test.named); got != test.want {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
	if got := group(t, new(rbac.Rules), inventory.Device{Name: "a"}, "Lab"); got != "" {
		t.Errorf("without groups: %q, want none", got)
	}
}

func TestNames(t *testing.T) {
	want := []string{"Lab", "Kiosks", "Servers", "Web", "Macs"}
	if diff := cmp.Diff(want, parse(t, example).Names()); diff != "" {
		t.Error(diff)
	}
}

func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"web", "web", true},
		{"web", "web1", false},
		{"*", "x", true},
		{"web*", "web", true},
		{"web*web", "web", false}, // head and tail may not overlap
		{"web*web", "webweb", true},
		{"*.example.com", "a.example.com", true},
		{"*.example.com", "example.com", false},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"*ab?d*", "abxabcd", true},
		{"?", "é", true},
		{"??", "é", false},
		{"*??", "日", false},
		{"*??", "日本", true},
		{"É*", "école", true},
		{"a.c", "abc", false},
		{"***a", "a", true},
		{"a?*", "a", false},
	} {
		rules, err := rbac.New(nil, []rbac.Rule{{Group: "G", Name: test.pattern}})
		if err != nil {
			t.Fatal(err)
		}
		if got := group(t, rules, inventory.Device{Name: test.name}, "") == "G"; got != test.want {
			t.Errorf("%q matches %q: %v, want %v", test.pattern, test.name, got, test.want)
		}
	}
}

// benchRules has n groups with one rule each: tags, patterns and platforms in turn; benchDevice
// only matches the last.
func benchRules(tb testing.TB, n int) *rbac.Rules {
	var rules []rbac.Rule
	for i := range n {
		group := fmt.Sprintf("Group %d", i)
		switch i % 4 {
		case 0:
			rules = append(rules, rbac.Rule{Group: group, Tag: fmt.Sprintf("team-%d", i), Platform: "Windows*"})
		case 1:
			rules = append(rules, rbac.Rule{Group: group, Name: fmt.Sprintf("web-%d-*.corp.example.com", i)})
		case 2:
			rules = append(rules, rbac.Rule{Group: group, Name: fmt.Sprintf("*.site-%d.example.com", i)})
		case 3:
			rules = append(rules, rbac.Rule{Group: group, Tag: "site-?-*", Name: fmt.Sprintf("*-%d-*", i)})
		}
	}
	compiled, err := rbac.New(nil, append(rules, rbac.Rule{Group: "Last", Name: "*", Platform: "Linux"}))
	if err != nil {
		tb.Fatal(err)
	}
	return compiled
}

var benchDevice = inventory.Device{
	ID: strings.Repeat("8", 40), Name: "db-17.site-x.corp.example.net", OSPlatform: "Linux",
	Tags: []string{"prod", "site-a-eu"},
}

// BenchmarkGroup places a device that matches the last rule.
func BenchmarkGroup(b *testing.B) {
	for _, groups := range []int{20, 200, 999} {
		b.Run(fmt.Sprint(groups, " groups"), func(b *testing.B) {
			rules := benchRules(b, groups)
			b.ReportAllocs()
			for b.Loop() {
				if group(b, rules, benchDevice, "") != "Last" {
					b.Fatal("the device meets another rule")
				}
			}
		})
	}
	b.Run("worst pattern", func(b *testing.B) {
		rules, err := rbac.New(nil, []rbac.Rule{{Group: "G", Name: "*" + strings.Repeat("a?", 126) + "b*"}})
		if err != nil {
			b.Fatal(err)
		}
		device := inventory.Device{Name: strings.Repeat("a", inventory.MaxName)}
		for b.Loop() {
			if group(b, rules, device, "") != "" {
				b.Fatal("the pattern matches")
			}
		}
	})
}

// For a device whose name, tags and platform are not trusted the rules only use the id, and rules
// with other conditions do not count.
func TestGroupByID(t *testing.T) {
	id, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
	rules, err := rbac.New([]string{"Named"}, []rbac.Rule{
		{Group: "Other", Device: other}, {Group: "Name", Device: id, Name: "*"}, {Group: "Tag", Device: id, Tag: "*"},
		{Group: "Platform", Device: id, Platform: "*"}, {Group: "All", Name: "*"}, {Group: "Device", Device: id},
		{Group: "Late", Device: id},
	})
	if err != nil {
		t.Fatal(err)
	}
	unknown := strings.Repeat("c", 40)
	for _, test := range []struct{ id, named, want string }{
		{id, "Named", "Device"}, {strings.ToUpper(id), "", "Device"}, {other, "", "Other"},
		{unknown, "named", "Named"}, {unknown, "", ""}, {unknown, "Nobody", ""},
	} {
		if got := rules.GroupByID(test.id, test.named); got != test.want {
			t.Errorf("%.4s, named %q: %q, want %q", test.id, test.named, got, test.want)
		}
	}
}
