package rbac_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// sameRules makes n rules in one group, each from its number.
func sameRules(tb testing.TB, n int, rule func(i int) rbac.Rule) *rbac.Rules {
	tb.Helper()
	rules := make([]rbac.Rule, n)
	for i := range rules {
		rules[i] = rule(i)
		rules[i].Group = "G"
	}
	compiled, err := rbac.New(nil, rules)
	if err != nil {
		tb.Fatal(err)
	}
	return compiled
}

// longTags makes n tags of a length in which every a begins a match that fails.
func longTags(n, length int) []string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("c%02d%sb", i, strings.Repeat("a", length-4))
	}
	return tags
}

// costly are rules and a device made to need as much work as possible.
type costly struct {
	rule   func(i int) rbac.Rule
	device inventory.Device
}

func tagRule(pattern string) func(int) rbac.Rule {
	return func(int) rbac.Rule { return rbac.Rule{Tag: pattern} }
}

func costlyRules() map[string]costly {
	id, longName := strings.Repeat("1", inventory.DeviceIDLength), "c"+strings.Repeat("a", inventory.MaxName-2)+"b"
	return map[string]costly{
		"what was seen": {tagRule("*" + strings.Repeat("a", 24) + "?c*b"),
			inventory.Device{ID: id, Name: "x", Tags: longTags(100, 251)}},
		"longer patterns": {tagRule("*" + strings.Repeat("a", 70) + "?c*b"),
			inventory.Device{ID: id, Name: "x", Tags: longTags(100, 251)}},
		"a name alone": {func(int) rbac.Rule { return rbac.Rule{Name: "*" + strings.Repeat("a", 70) + "?c*b"} },
			inventory.Device{ID: id, Name: longName}},
		"short tags":         {tagRule("?*c*b"), inventory.Device{ID: id, Name: "x", Tags: longTags(100, 5)}},
		"tags refused early": {tagRule("c*z"), inventory.Device{ID: id, Name: "x", Tags: longTags(100, 251)}},
		"by a tag": {func(int) rbac.Rule {
			return rbac.Rule{Tag: "c00aaaaaab",
				Name: "*" + strings.Repeat("a?", 30) + "c*"}
		},
			inventory.Device{ID: id, Name: longName, Tags: longTags(100, 10)}},
	}
}

// A manager's rules, together with the tags of one report, once took 25 s inside the only
// transaction that writes.
func TestTenThousandRulesAndAHundredTagsTakeNoMoreThanMaxWork(t *testing.T) {
	for what, attack := range costlyRules() {
		t.Run(what, func(t *testing.T) {
			rules := sameRules(t, rbac.MaxRules, attack.rule)
			steps := rules.Steps(attack.device)
			// A begun part is finished: a pattern, the places of a text, the tags of a rule.
			if most := rbac.MaxWork + 10*inventory.MaxName; steps > most {
				t.Errorf("%d steps, want %d at most", steps, most)
			}
			if least := rbac.MaxWork / 2; steps < least {
				t.Errorf("%d steps: this is no attack", steps)
			}
			_, err := rules.Group(attack.device, "G")
			if over := steps > rbac.MaxWork; over != errors.Is(err, rbac.ErrCostly) {
				t.Errorf("%d steps: %v", steps, err)
			}
		})
	}
}

// BenchmarkWorstGroup places devices that use all of the allowed work.
func BenchmarkWorstGroup(b *testing.B) {
	for what, attack := range costlyRules() {
		b.Run(what, func(b *testing.B) {
			rules := sameRules(b, rbac.MaxRules, attack.rule)
			for b.Loop() {
				_, _ = rules.Group(attack.device, "G") // another test checks whether it can be placed
			}
		})
	}
}

func TestHonestRulesTakeFarLessThanMaxWork(t *testing.T) {
	tags := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("department-%d/site-%d/stage-prod", i, i%7)
		}
		return all
	}
	for what, honest := range map[string]struct {
		rules int
		rule  func(i int) rbac.Rule
		tags  int
	}{
		"1,000 patterns of tags and 20 tags": {1000, func(i int) rbac.Rule {
			return rbac.Rule{Tag: fmt.Sprintf("*department-?%d*/site-?-*", i), Platform: "Windows*"}
		}, 20},
		"1,000 patterns of tags, names and platforms and 20 tags": {1000, func(i int) rbac.Rule {
			return rbac.Rule{Tag: fmt.Sprintf("*site-?*prod?%d*", i), Name: fmt.Sprintf("*%d-*", i%10), Platform: "*n*"}
		}, 20},
		"10,000 patterns of names": {10_000, func(i int) rbac.Rule {
			return rbac.Rule{Name: fmt.Sprintf("*-%d-*.corp.example.com", i)}
		}, 20},
	} {
		t.Run(what, func(t *testing.T) {
			device := inventory.Device{Name: "web-x17-eu.corp.example.com",
				OSPlatform: "WindowsServer2022", Tags: tags(honest.tags)}
			steps := sameRules(t, honest.rules, honest.rule).Steps(device)
			t.Logf("%d steps", steps)
			if steps < honest.rules || steps > rbac.MaxWork/4 {
				t.Errorf("%d steps, want more than rules, and less than a quarter of %d", steps, rbac.MaxWork)
			}
		})
	}
}

// drawText draws a string of few different characters, so that patterns begin to match in many
// places.
func drawText(alphabet string, longest int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for b.Len() < longest && rapid.IntRange(0, 9).Draw(t, "more") > 0 {
			piece := rapid.StringMatching(`[`+alphabet+`]{1,3}`).Draw(t, "piece")
			b.WriteString(strings.Repeat(piece, rapid.SampledFrom([]int{1, 1, 2, 21, 40}).Draw(t, "times")))
		}
		text := b.String()
		if len(text) > longest {
			text = strings.ToValidUTF8(text[:longest], "")
		}
		return text
	})
}

// TestPatternsMatchAsRegularExpressionsDo compares long names, and checks that the work is in
// proportion to the pattern.
func TestPatternsMatchAsRegularExpressionsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := drawText(`abÀ`, inventory.MaxName).Draw(t, "name")
		condition := drawText(`abà*?`, inventory.MaxName).Draw(t, "pattern")
		if rapid.Bool().Draw(t, "made from the name") {
			condition = blur(t, name)
		}
		if condition == "" || name == "" {
			t.Skip("no condition")
		}
		rules, err := rbac.New(nil, []rbac.Rule{{Group: "G", Name: condition}})
		if err != nil {
			t.Fatal(err)
		}
		device := inventory.Device{Name: name}
		group, err := rules.Group(device, "")
		if err != nil {
			t.Fatal(err)
		}
		if want := like(condition, name); (group == "G") != want {
			t.Errorf("%q matches %q: %v, want %v", condition, name, !want, want)
		}
		if steps, most := rules.Steps(device), len(condition)*(len(name)/64+1)+len(name)+10; steps > most {
			t.Errorf("%q and %q take %d steps, want %d at most", condition, name, steps, most)
		}
	})
}

// blur replaces some characters of a name by wildcards.
func blur(t *rapid.T, name string) string {
	every := rapid.IntRange(1, 60).Draw(t, "every")
	i := 0
	return strings.Map(func(r rune) rune {
		if i++; i%every > 0 {
			return r
		}
		return rapid.SampledFrom([]rune{'*', '?', r, -1, 'b'}).Draw(t, "instead")
	}, name)
}
