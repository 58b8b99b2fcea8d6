package benchmark_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
)

// loadOne loads the valid check with other fields.
func loadOne(t *testing.T, fields map[string]any) *benchmark.Benchmark {
	t.Helper()
	var check map[string]any
	if err := json.Unmarshal([]byte(valid), &check); err != nil {
		t.Fatal(err)
	}
	for field, value := range fields {
		check[field] = value
	}
	none := []any{map[string]any{}} // cases are not tried here
	check["cases"] = map[string]any{"compliant": none, "nonCompliant": none, "notApplicable": none}
	data, err := json.Marshal(check)
	if err != nil {
		t.Fatal(err)
	}
	b, err := benchmark.LoadOnly(document(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// one returns what the only check of a benchmark says and why it says nothing; an explanation says the same.
func one(t *testing.T, b *benchmark.Benchmark, r *inventory.Report) (verdict, reason string) {
	t.Helper()
	results, err := b.Evaluate(r)
	if err != nil {
		t.Error(err)
	}
	e := b.Explain(r)
	verdict = said(results, "scid-1")
	words := map[[3]bool]string{{false, false, false}: "unknown", {true, false, false}: "notApplicable",
		{true, true, false}: "nonCompliant", {true, true, true}: "compliant"}
	explained := words[[3]bool{e[0].Decided, e[0].Applicable, e[0].Compliant}]
	if explained != verdict || (e[0].Reason != "") != (verdict == "unknown") {
		t.Errorf("%s, but explained as %s: %q", verdict, explained, e[0].Reason)
	}
	return verdict, e[0].Reason
}

// A key that could not be read costs the answers that depend on it, and no other; so do all keys of a family.
func TestUnreadFacts(t *testing.T) {
	facts := inventory.Facts{"sshd": {"A": "1", "B": "2"}}
	for expression, want := range map[string]string{
		"sshd.?A.orValue('0') == '1'": "compliant",
		"sshd.?C.orValue('0') == '0'": "unknown",
		"'C' in sshd":                 "unknown",
		"!('C' in sshd)":              "unknown",
		"sshd['C'] == '3'":            "unknown",
		"sshd.?A.orValue('0') == '1' || sshd.?C.orValue('0') == '1'":  "compliant",
		"sshd.?C.orValue('0') == '1' || sshd.?A.orValue('0') == '1'":  "compliant",
		"sshd.?A.orValue('0') != '1' && sshd.?C.orValue('0') == '1'":  "nonCompliant",
		"sshd.exists(key, sshd[key] == '2')":                          "compliant",
		"sshd.exists(key, key == 'D')":                                "unknown",
		"sshd.all(key, key != 'A')":                                   "nonCompliant",
		"sshd.all(key, key != 'D')":                                   "unknown",
		"sshd.?D.orValue('0') == '0'":                                 "compliant",
		"sshd.each('A', '0').all(value, value == '1')":                "unknown",
		"sshd.each('C', '0').all(value, value == '1')":                "unknown",
		"sshd.?A.orValue('0') == '1' ? true : silent('it is not so')": "compliant",
		"sshd.?A.orValue('0') == '2' ? true : silent('it is not so')": "unknown",
	} {
		b := loadOne(t, map[string]any{"compliant": expression})
		for _, key := range []string{"C", inventory.AnyFact} {
			if key == inventory.AnyFact && strings.Contains(expression, "?D") {
				continue
			}
			want := want
			if key == "C" && strings.Contains(expression, "each('A'") {
				want = "compliant"
			}
			r := linux(facts)
			r.Unread = inventory.Facts{"sshd": {key: "/etc/x: denied"}}
			got, reason := one(t, b, r)
			if got != want {
				t.Errorf("%s without %q: %s, want %s", expression, key, got, want)
			}
			if want == "unknown" && !strings.Contains(reason, "/etc/x: denied") && !strings.Contains(reason, "it is not so") {
				t.Errorf("%s without %q: reason %q", expression, key, reason)
			}
		}
	}
	b := loadOne(t, nil)
	if _, reason := one(t, b, linux(nil)); reason != "not in the report: sshd" {
		t.Errorf("reason %q", reason)
	}
	// With the same facts, all of which are known now.
	if got, _ := one(t, b, linux(facts)); got != "compliant" {
		t.Errorf("after that: %s", got)
	}
	each := loadOne(t, map[string]any{"compliant": "sshd.each('A', '0').all(value, value == '0')"})
	empty := linux(inventory.Facts{"sshd": {}})
	empty.Unread = inventory.Facts{"sshd": {"C": "denied"}}
	if got, _ := one(t, each, empty); got != "compliant" {
		t.Errorf("no option is set, and C could not be read: %s", got)
	}
	none := linux(nil)
	none.Unread = inventory.Facts{"sshd": {inventory.AnyFact: "denied"}}
	if got, reason := one(t, b, none); got != "unknown" || !strings.Contains(reason, "denied") {
		t.Errorf("a family that could not be read: %s, %q", got, reason)
	}
}

// The running and the configured state stand side by side, and a check says which it judges.
func TestStates(t *testing.T) {
	fine, bad, none := map[string]string{"a": "1"}, map[string]string{"a": "0"}, map[string]string{"b": "0"}
	for _, test := range []struct {
		running, configured map[string]string
		want                [3]string // of running, configured, both
	}{
		{fine, fine, [3]string{"compliant", "compliant", "compliant"}},
		{fine, bad, [3]string{"compliant", "nonCompliant", "nonCompliant"}},
		{bad, fine, [3]string{"nonCompliant", "compliant", "nonCompliant"}},
		{nil, fine, [3]string{"unknown", "compliant", "compliant"}},
		{nil, bad, [3]string{"unknown", "nonCompliant", "nonCompliant"}},
		{bad, nil, [3]string{"nonCompliant", "unknown", "nonCompliant"}},
		{fine, nil, [3]string{"compliant", "unknown", "compliant"}},
		{nil, nil, [3]string{"unknown", "unknown", "unknown"}},
		{none, fine, [3]string{"notApplicable", "compliant", "notApplicable"}},
		{fine, none, [3]string{"compliant", "unknown", "compliant"}},
		{nil, none, [3]string{"unknown", "unknown", "unknown"}},
	} {
		facts := inventory.Facts{}
		if test.running != nil {
			facts["sysctl_running"] = test.running
		}
		if test.configured != nil {
			facts["sysctl"] = test.configured
		}
		for i, judges := range []benchmark.State{benchmark.Running, benchmark.Configured, benchmark.Both} {
			b := loadOne(t, map[string]any{"facts": []string{"sysctl"}, "judges": judges,
				"applies":   "state == 'configured' || 'a' in sysctl",
				"compliant": "'a' in sysctl ? sysctl['a'] == '1' : silent('the kernel decides')"})
			if got, _ := one(t, b, linux(facts)); got != test.want[i] {
				t.Errorf("%s of %v: %s, want %s", judges, facts, got, test.want[i])
			}
		}
	}
}

// Every family of two states has names of its own for them.
func TestStatesShareNoName(t *testing.T) {
	seen := map[string]bool{}
	for family, names := range benchmark.Stateful() {
		for _, name := range names {
			if seen[name] {
				t.Errorf("%q stands for two states", name)
			}
			seen[name] = true
		}
		if names[0] != family && names[1] != family {
			t.Errorf("%q is neither of %q", family, names)
		}
	}
}

func TestSoftware(t *testing.T) {
	b := loadOne(t, map[string]any{
		"facts": []string{"software", "device"}, "software": []string{"openssh-server", "nothing"},
		"applies":   "'openssh-server' in software",
		"compliant": "software['openssh-server'].upstream().atLeast('9.2', device.packages)"})
	report := func(kind, name, version string) *inventory.Report {
		r := linux(inventory.Facts{})
		r.Software = []inventory.Software{{Kind: "npm", Name: "openssh-server", Version: "99"},
			{Kind: kind, Name: "base-files", Version: "1"}, {Kind: kind, Name: name, Version: version}}
		return r
	}
	for _, test := range []struct{ kind, name, version, want string }{
		{"deb", "openssh-server", "1:9.2p1-2+deb12u3", "compliant"},
		{"deb", "openssh-server", "1:8.4p1-5", "nonCompliant"},
		{"deb", "openssh-server", "1:9.2~rc1-1", "nonCompliant"},
		{"deb", "openssh-client", "1:9.2p1-2", "notApplicable"},
		{"rpm", "openssh-server", "0:8.7p1-38.el9", "nonCompliant"},
		{"rpm", "openssh-server", "9.9p1-1.fc42", "compliant"},
		{"apk", "openssh-server", "10.0_p1-r2", "compliant"},
	} {
		if got, _ := one(t, b, report(test.kind, test.name, test.version)); got != test.want {
			t.Errorf("%s %s of %s: %s, want %s", test.name, test.version, test.kind, got, test.want)
		}
	}
	two := report("rpm", "openssh-server", "8-1")
	two.Software = append(two.Software, inventory.Software{Kind: "rpm", Name: "openssh-server", Version: "10-1"},
		inventory.Software{Kind: "rpm", Name: "openssh-server", Version: "9-1"})
	if got, _ := one(t, b, two); got != "compliant" {
		t.Errorf("of three versions the newest does not count: %s", got)
	}
	if got, reason := one(t, b, linux(inventory.Facts{})); got != "unknown" || !strings.Contains(reason, "no software") {
		t.Errorf("without software: %s, %q", got, reason)
	}
	two.Facts = nil
	if got, reason := one(t, b, two); got != "unknown" || !strings.Contains(reason, "not in the report") {
		t.Errorf("an image, of which software alone is known: %s, %q", got, reason)
	}
}

// Evidence is what the check has read, where it was set, and what it lacks.
func TestExplain(t *testing.T) {
	b := loadOne(t, map[string]any{"facts": []string{"sysctl", "pam"}, "judges": "both",
		"compliant": "sysctl.?a.orValue('0') == '1' && pam.exists(line, line == 'x')"})
	r := linux(inventory.Facts{"sysctl_running": {"a": "1"}, "sysctl": {"b": "1"}, "pam": {"x": "y"}})
	r.Origins = inventory.Facts{"pam": {"x": "/etc/pam.d/x:1"}, "sysctl_running": {"a": "/proc/sys/a"}}
	r.Unread = inventory.Facts{"sysctl": {inventory.AnyFact: "denied"}}
	got := b.Explain(r)
	if len(got) != 1 || !got[0].Decided || !got[0].Compliant || got[0].Definition.ID != "scid-1" {
		t.Fatalf("%+v", got)
	}
	want := []benchmark.Measured{
		{Family: "pam", Key: "x", Set: true, Value: "y", Origin: "/etc/pam.d/x:1"},
		{State: benchmark.Configured, Family: "sysctl", Key: "a", Unread: "denied"},
		{State: benchmark.Running, Family: "sysctl_running", Key: "a", Set: true, Value: "1", Origin: "/proc/sys/a"},
	}
	if diff := gocmp.Diff(want, got[0].Measured); diff != "" {
		t.Error(diff)
	}
}

// What is remembered is what an evaluation says, for any facts, those that could not be read included.
func TestRememberedIsEvaluated(t *testing.T) {
	b := load(t)
	all := cases(t)
	rapid.Check(t, func(t *rapid.T) {
		r := linux(inventory.Facts{})
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(all), 1, 30).Draw(t, "facts") {
			for family, values := range c.Facts {
				if r.Facts[family] == nil {
					r.Facts[family] = map[string]string{}
				}
				maps.Copy(r.Facts[family], values)
			}
		}
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(t, "unread") {
			for family, values := range c.Facts {
				for key := range values {
					if rapid.Bool().Draw(t, "any") {
						key = inventory.AnyFact
					}
					if _, set := r.Facts[family][key]; !set || rapid.Bool().Draw(t, "lost") {
						delete(r.Facts[family], key)
						r.Unread = inventory.Facts{family: {key: "denied"}}
					}
				}
			}
		}
		results, _ := b.Evaluate(r)
		for _, e := range b.Explain(r) {
			want := "unknown"
			switch {
			case e.Compliant:
				want = "compliant"
			case e.Applicable:
				want = "nonCompliant"
			case e.Decided:
				want = "notApplicable"
			}
			if got := said(results, e.Definition.ID); got != want {
				t.Fatalf("%s is remembered as %s, and evaluated to %s: %q", e.Definition.ID, got, want, e.Reason)
			}
		}
	})
}

// What a check does not read costs it nothing: with other software, origins and addresses it is not evaluated again.
func TestMemoKeepsToWhatChecksRead(t *testing.T) {
	b := load(t)
	r := linux(inventory.Facts{"sshd": {"PermitRootLogin": "no"}})
	r.Software = []inventory.Software{{Kind: "deb", Name: "a", Version: "1"}}
	if _, err := b.Evaluate(r); err != nil {
		t.Fatal(err)
	}
	before := b.Remembered()
	for i := range 100 {
		r.Software[0] = inventory.Software{Kind: "deb", Name: fmt.Sprint(i), Version: "1"}
		r.Origins = inventory.Facts{"sshd": {"PermitRootLogin": fmt.Sprint("/etc/ssh/sshd_config:", i)}}
		r.Facts["sshd"]["Port"] = fmt.Sprint(i)
		if _, err := b.Evaluate(r); err != nil {
			t.Fatal(err)
		}
	}
	if after := b.Remembered(); after != before {
		t.Errorf("%d outcomes, %d before", after, before)
	}
}

// What is told is what is explained, whatever is remembered.
func TestTellIsExplain(t *testing.T) {
	b := load(t)
	all := cases(t)
	rapid.Check(t, func(t *rapid.T) {
		r := linux(inventory.Facts{})
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 20).Draw(t, "facts") {
			maps.Copy(r.Facts, c.Facts)
			r.Device.OSPlatform = c.Device["osPlatform"]
		}
		if rapid.Bool().Draw(t, "unread") {
			r.Unread = inventory.Facts{"sshd": {inventory.AnyFact: "denied"}}
		}
		want := b.Explain(r)
		for i := range want {
			want[i].Measured = nil
		}
		if diff := gocmp.Diff(want, b.Tell(r)); diff != "" {
			t.Fatal(diff)
		}
	})
}
