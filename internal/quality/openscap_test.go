package quality

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/xccdf"
	"github.com/muster-project/muster/internal/testneed"
)

// machineFolder is the variable with the folder of a machine that a process is to look at.
const machineFolder = "MUSTER_OPENSCAP_MACHINE"

// mapped says which rules of OpenSCAP's content mean the same as our checks, and where both differ with reason.
type mapped struct {
	// Content is a data stream of the Debian package ssg-debderived. Values is the profile whose values are asked for.
	Content, Prefix, Values string
	// Checks has the rules for each check; together they ask what it asks.
	Checks      map[string][]string
	Differences []difference
}

// difference explains why checks say one thing and OpenSCAP another.
type difference struct {
	Reason           string
	Machines, Checks []string
	Muster, OpenSCAP string
}

// readMapped reads what is mapped.
func readMapped(t testing.TB) (m mapped) {
	t.Helper()
	text, err := os.ReadFile("testdata/openscap/rules.json")
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The least number of rules that both must judge on a machine that is made for it, and of those of a check that exists.
const leastMapped, leastJudged = 55, 40

// TestOpenSCAP runs oscap and our collector on the same machine: as it is, hardened, and broken. The latter two have an
// /etc and a network of their own. Where they judge alike rules that mean the same, they must agree, or the difference
// must be explained (decision 135).
func TestOpenSCAP(t *testing.T) {
	if folder := os.Getenv(machineFolder); folder != "" {
		lookAt(t, readMapped(t), folder)
		return
	}
	if testing.Short() {
		t.Skip("it runs programs")
	}
	m := readMapped(t)
	testneed.Command(t, "oscap")
	testneed.Command(t, "unshare")
	testneed.Command(t, "ip")
	if _, err := os.Stat(m.Content); err != nil && os.Getenv(testneed.NoSkip) == "" {
		t.Skipf("it needs the Debian package ssg-debderived: %v", err)
	}
	mayChange := exec.Command("unshare", "-m", "-n", "true").Run()
	folder := t.TempDir()
	m.writeContent(t, filepath.Join(folder, "content.xml"))
	rules := 0
	for _, of := range m.Checks {
		rules += len(of)
	}
	if rules < leastMapped {
		t.Errorf("%d rules are mapped, fewer than %d", rules, leastMapped)
	}
	for _, name := range []string{"plain", "hardened", "broken"} {
		t.Run(name, func(t *testing.T) {
			if name != "plain" && mayChange != nil {
				t.Skipf("no process may have an /etc of its own here: %v", mayChange)
			}
			t.Parallel()
			machine := filepath.Join(folder, name)
			program, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			args := []string{program, "-test.run=^TestOpenSCAP$"}
			if name != "plain" {
				args = append([]string{"unshare", "-m", "-n"}, args...)
			}
			child := exec.CommandContext(t.Context(), args[0], args[1:]...)
			child.Env = append(os.Environ(), machineFolder+"="+machine)
			if out, err := child.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			m.compare(t, machine, name != "plain")
		})
	}
}

// writeContent writes the content without its conditions on the platform of the whole, which would make every rule not
// applicable on Debian, and with a profile of the mapped rules.
func (m mapped) writeContent(t testing.TB, path string) {
	t.Helper()
	text, err := os.ReadFile(m.Content)
	if err != nil {
		t.Fatal(err)
	}
	content := regexp.MustCompile(`<xccdf-1.2:platform idref="(#machine|cpe:/o:[^"]*)"/>`).ReplaceAllString(string(text), "")
	_, values, found := strings.Cut(content, `<xccdf-1.2:Profile id="`+m.Values+`"`)
	before, after, ok := strings.Cut(content, "<xccdf-1.2:Profile ")
	if !found || !ok {
		t.Fatalf("%s has no profile %q", m.Content, m.Values)
	}
	values, _, _ = strings.Cut(values, "</xccdf-1.2:Profile>")
	profile := []string{`<xccdf-1.2:Profile id="xccdf_muster_profile_mapped">`, `<xccdf-1.2:title>mapped</xccdf-1.2:title>`}
	for _, id := range slices.Sorted(maps.Keys(m.Checks)) {
		for _, rule := range m.Checks[id] {
			profile = append(profile, fmt.Sprintf(`<xccdf-1.2:select idref="%s%s" selected="true"/>`, m.Prefix, rule))
		}
	}
	profile = append(profile, regexp.MustCompile(`<xccdf-1.2:(refine|set)-value[^>]*/>`).FindAllString(values, -1)...)
	profile = append(profile, "</xccdf-1.2:Profile>", "<xccdf-1.2:Profile ")
	if err := os.WriteFile(path, []byte(before+strings.Join(profile, "\n")+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lookAt makes the machine of this process that of a folder, and lets both tools look at it.
func lookAt(t *testing.T, m mapped, folder string) {
	run := func(most int, name string, args ...string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > most || exit.ExitCode() == 1) {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	etc, kind := filepath.Join(folder, "etc"), filepath.Base(folder)
	if err := os.Mkdir(folder, 0o700); err != nil { // nobody else reads the copy
		t.Fatal(err)
	}
	if kind != "plain" {
		run(0, "cp", "-a", "/etc", etc)
		run(0, "mount", "--bind", etc, "/etc")
		run(0, "ip", "link", "set", "lo", "up") // oscap wants an interface
		run(0, "sh", "testdata/openscap/"+kind+".sh")
	}
	const someFail = 2
	run(someFail, "oscap", "xccdf", "eval", "--profile", "xccdf_muster_profile_mapped", "--results",
		filepath.Join(folder, "results.xml"), filepath.Join(folder, "../content.xml"))
	report, _, err := collect.Collect(t.Context(), collect.Config{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "report.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The words for what a tool says of a rule.
const (
	saysYes     = "compliant"
	saysNo      = "not compliant"
	saysNotHere = "not applicable"
	saysNothing = "nothing"
)

// compare compares what both tools said of a machine. Of a machine that is made for it both must say enough.
func (m mapped) compare(t *testing.T, folder string, made bool) {
	ours, theirs := oursOf(t, filepath.Join(folder, "report.json")), theirsOf(t, filepath.Join(folder, "results.xml"))
	agree, explained, rules := 0, 0, 0
	var silent []string
	for _, id := range slices.Sorted(maps.Keys(m.Checks)) {
		our, their := cmp.Or(ours[id], saysNothing), m.together(theirs, id)
		switch {
		case our == saysNothing || their == saysNothing:
			silent = append(silent, fmt.Sprintf("%s (muster %s, oscap %s)", id, our, their))
			continue
		case our == their:
			agree++
		case m.explains(filepath.Base(folder), id, our, their):
			explained++
		default:
			t.Errorf("%s: muster says %s, oscap %s:", id, our, their)
			for _, rule := range m.Checks[id] {
				t.Errorf("    %s: %s", rule, theirs[m.Prefix+rule])
			}
		}
		rules += len(m.Checks[id])
	}
	t.Logf("%d checks for %d rules: %d agree, %d differ with reason; one of both says nothing of %s", agree+explained, rules, agree,
		explained, strings.Join(silent, ", "))
	if made && (rules < leastMapped || agree < leastJudged) {
		t.Errorf("both judge %d rules and agree on %d checks, want %d and %d", rules, agree, leastMapped, leastJudged)
	}
}

// together returns what the rules of a check say together: all must hold of those that apply.
func (m mapped) together(theirs map[string]string, id string) string {
	said := map[string]bool{}
	for _, rule := range m.Checks[id] {
		said[cmp.Or(theirs[m.Prefix+rule], saysNothing)] = true
	}
	for _, word := range []string{saysNo, saysNothing, saysYes} {
		if said[word] {
			return word
		}
	}
	return saysNotHere
}

// explains reports whether a difference on a machine has a reason.
func (m mapped) explains(machine, id, our, their string) bool {
	return slices.ContainsFunc(m.Differences, func(d difference) bool {
		return d.Muster == our && d.OpenSCAP == their && slices.Contains(d.Checks, id) && slices.Contains(d.Machines, machine)
	})
}

// judged names a judgement.
func judged(applicable, compliant bool) string {
	switch {
	case !applicable:
		return saysNotHere
	case compliant:
		return saysYes
	}
	return saysNo
}

// oursOf returns what our checks say of a report, by their ids.
func oursOf(t testing.TB, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := inventory.DecodeReport(text, inventory.Given{})
	if err == nil {
		err = report.Normalize(time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	checks, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	results, err := checks.Evaluate(report)
	if err != nil {
		t.Error(err)
	}
	said := map[string]string{}
	for _, r := range results {
		said[r.Definition.ID] = judged(r.Applicable, r.Compliant)
	}
	return said
}

// theirsOf returns what OpenSCAP says, by the ids of rules.
func theirsOf(t testing.TB, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := xccdf.Decode(file, inventory.Given{Name: "here"}, nil)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %d reports", err, len(all))
	}
	said := map[string]string{}
	for _, c := range all[0].Report.Configurations {
		said[c.ConfigurationID] = judged(c.Applicable, c.Compliant)
	}
	return said
}

// document renders what is compared with OpenSCAP, for doc/quality.md.
func (m mapped) document() string {
	var b strings.Builder
	rules := 0
	for _, of := range m.Checks {
		rules += len(of)
	}
	fmt.Fprintf(&b, "\n## OpenSCAP\n\n`TestOpenSCAP` runs `oscap` with the SCAP Security Guide's content for Ubuntu 22.04 and muster's collector on one machine: as it is,\n"+
		"hardened, and broken (`internal/quality/testdata/openscap`). %d checks mean the same as %d rules, all of them together. Both must agree, except:\n\n"+
		"| on machines | muster says | OpenSCAP says | checks | why |\n|---|---|---|---|---|\n", len(m.Checks), rules)
	for _, d := range m.Differences {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", strings.Join(d.Machines, ", "), d.Muster, d.OpenSCAP, strings.Join(d.Checks, ", "), d.Reason)
	}
	return b.String()
}
