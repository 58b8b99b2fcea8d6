package benchmark_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
)

// spec is a check as it stands in a file; JSON is YAML.
type spec map[string]any

// expression is what checks of some families say.
type expression struct {
	facts     []string
	judges    []benchmark.State
	software  []string
	compliant []string
}

var expressions = []expression{
	{facts: []string{"a"}, compliant: []string{"a['x'] == '1'", "a[?'y'].orValue('1') == '1'", "int(a['x']) < 2"}},
	{facts: []string{"a", "b"}, compliant: []string{"a['x'] == '1' || b['x'] == '1'", "size(a) > size(b)"}},
	{facts: []string{"l.d"}, compliant: []string{"l_d['x'] == '1'"}}, // two families with one name in expressions
	{facts: []string{"l_d"}, compliant: []string{"l_d['x'] == '1'"}},
	{facts: []string{"b", "device"}, compliant: []string{"b['x'] == device.osVersion"}},
	{facts: []string{"device"}, compliant: []string{"device.osVersion == '1'", "device.packages == 'deb'"}},
	{facts: []string{"a", "software"}, software: []string{"p"},
		compliant: []string{"'p' in software && a['x'] == '1'", "software['p'].atLeast('2', 'deb')"}},
	{facts: []string{"device", "software"}, software: []string{"p", "q"}, compliant: []string{"size(software) < 2"}},
	{facts: []string{"sysctl"}, judges: []benchmark.State{benchmark.Running, benchmark.Configured, benchmark.Both},
		compliant: []string{"sysctl['x'] == '1'", "sysctl['x'] == '1' || state == 'running'"}},
	{facts: []string{"a", "sysctl"}, judges: []benchmark.State{benchmark.Both, benchmark.Configured},
		compliant: []string{"sysctl['x'] == a['x']"}},
}

// few is a generator of one of a few values.
func few[T any](t *rapid.T, what string, all ...T) T { return rapid.SampledFrom(all).Draw(t, what) }

// drawSpec draws a check.
func drawSpec(t *rapid.T, id string) spec {
	return drawOf(t, id, few(t, "expressions", expressions...))
}

// drawOf draws a check with some of the expressions.
func drawOf(t *rapid.T, id string, e expression) spec {
	some := map[string]map[string]string{e.facts[0]: {"x": "1"}}
	s := spec{"id": id, "name": few(t, "name", "One", "Two"), "category": few(t, "category", "OS", "Network"),
		"subcategory": few(t, "subcategory", "S", "T"), "impact": few(t, "impact", 1.0, 2.5),
		"userImpact": few(t, "userImpact", true, false),
		"platforms":  few(t, "platforms", []string{"Linux"}, []string{"Windows11"}, []string{"Linux", "Windows11"}),
		"facts":      e.facts, "compliant": few(t, "compliant", e.compliant...), "remediation": "Do it.",
		"cases": map[string]any{"compliant": []any{some}, "nonCompliant": []any{some}, "notApplicable": []any{some}},
	}
	if applies := few(t, "applies", "", "1 == 2", "true"); applies != "" {
		s["applies"] = applies
	}
	if e.judges != nil {
		s["judges"] = few(t, "judges", e.judges...)
	}
	if e.software != nil {
		s["software"] = e.software
	}
	return s
}

// checkIDs are those of random checks, and of results that reports carry.
var checkIDs = []string{"scid-900001", "scid-900002", "scid-900003", "scid-900004"}

// drawEdit changes a benchmark: it returns a layer above it, and what both are together.
func drawEdit(t *rapid.T, before map[string]spec) (layer fstest.MapFS, after map[string]spec) {
	after = maps.Clone(before)
	id := few(t, "id", checkIDs...)
	old, have := before[id]
	if have && rapid.Bool().Draw(t, "without") {
		delete(after, id)
		return fstest.MapFS{"l.yaml": &fstest.MapFile{Data: []byte("version: 1\nwithout: [" + id + "]\n")}}, after
	}
	now := drawSpec(t, id)
	if have && rapid.IntRange(0, 3).Draw(t, "alike") > 0 {
		now = drawAlike(t, old)
	}
	after[id] = now
	return files(t, []spec{now}), after
}

// drawAlike draws a check of which one member differs from another's, or what no row shows.
func drawAlike(t *rapid.T, old spec) spec {
	i := slices.IndexFunc(expressions, func(e expression) bool { return cmp.Equal(e.facts, old["facts"]) })
	other, now := drawOf(t, old["id"].(string), expressions[i]), maps.Clone(old)
	member := few(t, "member", "name", "category", "subcategory", "impact", "userImpact", "platforms", "applies",
		"judges", "compliant", "facts", "words", "particular", "particular")
	switch {
	case member == "words":
		now["remediation"], now["references"], now["command"] = "Do it well.", []string{"CIS 1"}, "true"
	case old["compliant"] == "l_d['x'] == '1'":
		other = drawOf(t, old["id"].(string), few(t, "alias", expressions[2:4]...))
		now["facts"], now["cases"] = other["facts"], other["cases"]
	case member == "particular" && old["judges"] != nil:
		now["judges"] = other["judges"]
	case other[member] == nil:
		delete(now, member)
	default:
		now[member] = other[member]
	}
	return now
}

// files is a folder with a file of checks.
func files(t rapid.TB, checks []spec) fstest.MapFS {
	data, err := json.Marshal(map[string]any{"version": 1, "checks": append([]spec{}, checks...)})
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{"c.yaml": &fstest.MapFile{Data: data}}
}

func loadOnly(t rapid.TB, layers ...fstest.MapFS) *benchmark.Benchmark {
	t.Helper()
	b := (*benchmark.Benchmark)(nil)
	var err error
	if len(layers) == 1 {
		b, err = benchmark.LoadOnly(layers[0])
	} else {
		b, err = benchmark.LoadOnly(layers[0], layers[1])
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// drawReport draws what a device says. It may say too much to be listed.
func drawReport(t *rapid.T) *inventory.Report {
	r := &inventory.Report{Device: inventory.Device{OSPlatform: few(t, "platform", "Linux", "Linux", "Windows11", ""),
		OSVersion: few(t, "version", "1", "2")}}
	facts := func(what string, values ...string) (all inventory.Facts) {
		all = inventory.Facts{}
		for _, family := range []string{"a", "b", "l.d", "l_d", "sysctl", "sysctl_running", "device", "software"} {
			if rapid.IntRange(0, 2).Draw(t, what) == 0 {
				continue
			}
			all[family] = map[string]string{}
			for _, key := range []string{"x", "y"} {
				if value := few(t, what, append(values, "")...); value != "" {
					all[family][key] = value
				}
			}
		}
		return all
	}
	if rapid.IntRange(0, 4).Draw(t, "facts") > 0 {
		r.Facts = facts("fact", "1", "2", "bad")
	}
	if rapid.IntRange(0, 2).Draw(t, "unread") == 0 {
		r.Unread = facts("unread", "not permitted")
	}
	if rapid.Bool().Draw(t, "software") {
		r.Software = []inventory.Software{{Kind: "deb", Name: few(t, "package", "p", "q", "r"),
			Version: few(t, "of", "1", "3")}}
	}
	for _, id := range append(checkIDs, "rule_a", "scid-x") {
		if rapid.IntRange(0, 4).Draw(t, "carried") == 0 {
			r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: id, Applicable: true,
				Name: few(t, "name", "", "Carried"), Impact: few(t, "impact", 0, 7.0),
				Compliant: rapid.Bool().Draw(t, "compliant")})
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "many") == 0 {
		for i := range 500 {
			r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: fmt.Sprint("scid-", 8e8+i)})
		}
	}
	return r
}

// shown is what a row has of a result.
type shown struct {
	id, name, category, subcategory   string
	impact                            float64
	userImpact, applicable, compliant bool
}

func shownOf(b *benchmark.Benchmark, r *inventory.Report) (all []shown) {
	results, _ := b.Evaluate(r) // a check that fails has no result
	for _, result := range results {
		d := result.Definition
		all = append(all, shown{d.ID, d.Name, d.Category, d.Subcategory, d.Impact, d.UserImpact, result.Applicable,
			result.Compliant})
	}
	return all
}

// selected is what of checks a device's results can depend on, by id: written by doc/design.md, section 2.3.
func selected(checks map[string]spec, r *inventory.Report) map[string]spec {
	asked := map[string]bool{"device": true, "software": r.Facts != nil}
	for family := range r.Facts {
		asked[family] = asked[family] || family != "software"
	}
	for family, keys := range r.Unread {
		asked[family] = asked[family] || family != "software" && len(keys) > 0
	}
	found := map[string]spec{}
	for id, s := range checks {
		row := spec{"name": s["name"], "category": s["category"], "subcategory": s["subcategory"], "impact": s["impact"],
			"userImpact": s["userImpact"]}
		if slices.ContainsFunc(r.Configurations, func(c inventory.Configuration) bool { return c.ConfigurationID == id }) {
			found[id] = row
			continue
		}
		judges, _ := s["judges"].(benchmark.State)
		for _, state := range []benchmark.State{benchmark.Running, benchmark.Configured} {
			if judges == "" && state == benchmark.Running || judges != "" && judges != benchmark.Both && judges != state {
				continue
			}
			speaks := slices.Contains(s["platforms"].([]string), r.Device.OSPlatform)
			for _, family := range s["facts"].([]string) {
				if family == "sysctl" && state == benchmark.Running {
					family = "sysctl_running"
				}
				speaks = speaks && asked[family]
			}
			if speaks {
				row["facts"], row["software"] = s["facts"], s["software"]
				row["applies"], row["compliant"], row[string(state)] = s["applies"], s["compliant"], true
				found[id] = row
			}
		}
	}
	return found
}

// A check is changed, added or left out. A device whose results are others has another fingerprint, and one on which
// the checks that can speak of it are the same has the same.
func TestFingerprintLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := map[string]spec{}
		for _, id := range checkIDs {
			if rapid.IntRange(0, 2).Draw(t, "have") > 0 {
				before[id] = drawSpec(t, id)
			}
		}
		base := files(t, slices.Collect(maps.Values(before)))
		layer, after := drawEdit(t, before)
		old, now := loadOnly(t, base), loadOnly(t, base, layer)
		for range 12 {
			r := drawReport(t)
			profile := benchmark.Profile(r)
			was, is := fingerprint(t, old, profile), fingerprint(t, now, profile)
			if diff := cmp.Diff(shownOf(old, r), shownOf(now, r), cmp.AllowUnexported(shown{})); diff != "" && was == is {
				t.Fatalf("the results are others and the fingerprint is not (-before +after):\n%s", diff)
			}
			diff := cmp.Diff(selected(before, r), selected(after, r))
			if many := len(r.Configurations) >= 500; (diff != "") != (was != is) && !(many && diff == "") {
				t.Fatalf("another fingerprint: %t; checks that can speak of the device (-before +after):\n%s", was != is, diff)
			}
		}
	})
}

func fingerprint(t rapid.TB, b *benchmark.Benchmark, profile string) [16]byte {
	t.Helper()
	sum, err := b.Fingerprint(profile)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// Profiles come from sheets: whatever is in one, reading it ends, and a piece of one is none.
func FuzzFingerprint(f *testing.F) {
	b := loadOnly(f, files(f, []spec{{"id": "scid-900001", "name": "One", "category": "OS", "subcategory": "S",
		"impact": 1, "platforms": []string{"Linux"}, "facts": []string{"a"}, "compliant": "a['x'] == '1'",
		"remediation": "Do it.",
		"cases": map[string]any{"compliant": []any{map[string]any{"a": map[string]string{"x": "1"}}},
			"nonCompliant": []any{map[string]any{"a": map[string]string{"x": "2"}}}}}}))
	for _, r := range []*inventory.Report{{}, {Device: inventory.Device{OSPlatform: "Linux"},
		Facts:          inventory.Facts{"a": nil, "b": {"x": "1"}},
		Configurations: []inventory.Configuration{{ConfigurationID: "scid-1"}}}} {
		profile := benchmark.Profile(r)
		f.Add(profile)
		for cut := range profile {
			if _, err := b.Fingerprint(profile[:cut]); err == nil {
				f.Errorf("%q is taken for a profile", profile[:cut])
			}
		}
	}
	f.Fuzz(func(_ *testing.T, profile string) { _, _ = b.Fingerprint(profile) })
}
