package boot

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/testneed"
)

// ruleFiles are names of which the order is that of ls -v, and some that are not read.
var ruleFiles = []string{"10-a.rules", "9-b.rules", "a.rules", "a-b.rules", "A.rules", "a1.rules", "a01.rules", "a10.rules", "a2.rules",
	"a~.rules", "a.b.rules", "_.rules", "1.2.rules", ".hidden.rules", "x.rules.bak", "x.conf", "rules"}

// ruleLines are lines whose order decides.
var ruleLines = []string{"-D", "-b 64", "-b 8192", "-f 1", "-f 2", "-e 0", "-e 1", "-e 2", "-r 100", "-r 0", "# -e 0", "", "--loginuid-immutable",
	"-D -k one", "-D -k two", "-w /etc/passwd -p wa -k one", "-w /etc/passwd -p r -k two", "-w /etc/group -p a",
	"-a always,exit -F arch=b64 -S chmod,chown -k one", "-a always,exit -F arch=b32 -S chmod -F key=two", "-a task,never"}

// merge is augenrules on the folder and the file of a tree.
func merge(t *testing.T, root string) *exec.Cmd {
	t.Helper()
	text, err := os.ReadFile(testneed.Command(t, "augenrules"))
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("=/etc/audit/", "="+root+"/etc/audit/", "mktemp /tmp/", "mktemp "+root+"/").Replace(string(text))
	if strings.Count(script, root) != 3 || strings.Contains(script, "=/etc") || strings.Contains(script, "mktemp /tmp") {
		t.Fatalf("augenrules has paths that are not known here:\n%s", script)
	}
	command := exec.Command(testneed.Command(t, "sh"), "-c", script)
	command.Env = []string{"PATH=/usr/bin:/bin"}
	return command
}

// TestRulesAsAugenrules: the rules of a folder are those of the file that augenrules makes of it.
func TestRulesAsAugenrules(t *testing.T) {
	root := t.TempDir()
	command := merge(t, root)
	folder, file := filepath.Join(root, "etc/audit/rules.d"), filepath.Join(root, "etc/audit/audit.rules")
	rapid.Check(t, func(t *rapid.T) {
		if err := os.RemoveAll(filepath.Join(root, "etc")); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(ruleFiles), 1, 6, rapid.ID).Draw(t, "names")
		if !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, ".rules") && n[0] != '.' }) {
			names = append(names, "a.rules") // a folder without rules counts only if the service asks for it
		}
		drawn := map[string]string{}
		for _, name := range names {
			drawn[name] = strings.Join(rapid.SliceOfN(rapid.SampledFrom(ruleLines), 0, 5).Draw(t, name), "\n") + "\n"
			if err := os.WriteFile(filepath.Join(folder, name), []byte(drawn[name]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got := rulesOf(t, root)
		again := *command
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rulesOf(t, root), got); diff != "" {
			merged, _ := os.ReadFile(file)
			t.Fatalf("(-augenrules +facts):\n%s\nof %q, which it makes\n%s", diff, drawn, merged)
		}
	})
}

// rulesOf returns what is told of the rules of a tree.
func rulesOf(t *rapid.T, folder string) map[string]string {
	root, err := disk.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	m := &facts.Machine{Tree: disk.NewTree(t.Context(), root, disk.MaxSettings, false)}
	m.Warn = func(err error) { t.Fatal(err) }
	found, err := auditRules(m)
	if err != nil {
		t.Fatal(err)
	}
	return maps.Clone(map[string]string(found.Values))
}

// TestFilesAsLs: files come in the order of ls -v.
func TestFilesAsLs(t *testing.T) {
	ls := testneed.Command(t, "ls")
	root := t.TempDir()
	name := rapid.StringMatching(`[aA1902~._b-]{1,5}(\.rules|\.d|~)?`).Filter(func(s string) bool { return s[0] != '.' })
	rapid.Check(t, func(t *rapid.T) {
		folder, err := os.MkdirTemp(root, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		names := rapid.SliceOfNDistinct(name, 2, 8, rapid.ID).Draw(t, "names")
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.Command(ls, "-1v", folder)
		command.Env = []string{"LC_ALL=C"}
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(names, byVersion)
		if got := strings.Join(names, "\n") + "\n"; got != string(out) {
			t.Fatalf("%q, want %q", got, out)
		}
	})
}
