package policy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/testneed"
)

// libpam runs the service "s" of each folder that is named on its input and prints whether it succeeds.
const libpam = `
import ctypes, sys, json
pam = ctypes.CDLL("libpam.so.0")
CONV = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
class Conv(ctypes.Structure):
    _fields_ = [("conv", CONV), ("data", ctypes.c_void_p)]
conv = Conv(CONV(lambda *a: 19), None)
out = []
for folder in json.load(sys.stdin):
    handle = ctypes.c_void_p()
    if pam.pam_start_confdir(b"s", b"nobody", ctypes.byref(conv), folder.encode(), ctypes.byref(handle)):
        out.append(False)  # a file of @include is missing
        continue
    out.append(pam.pam_authenticate(handle, 0) == 0)
    pam.pam_end(handle, 0)
print(json.dumps(out))
`

// TestStacksAsLibpam lays out stacks with every kind of control, includes and substacks, and asks libpam itself, with
// its module pam_debug.so, what they decide.
func TestStacksAsLibpam(t *testing.T) {
	python := testneed.Command(t, "python3")
	if found, _ := filepath.Glob("/usr/lib/*/security/pam_debug.so"); len(found) == 0 {
		t.Skip("Linux-PAM's pam_debug.so is not here")
	}
	base := t.TempDir()
	var folders []string
	var want []bool
	// pam_start_confdir looks for included files in /etc/pam.d, unless they are absolute
	rapid.Check(t, func(r *rapid.T) {
		folder := filepath.Join(base, strconv.Itoa(len(folders)))
		for _, service := range []string{"s", "a", "b", "other"} {
			text := strings.Join(rapid.SliceOfN(drawnLine(folder, service), 0, 6).Draw(r, service), "\n") + "\n"
			if service == "s" {
				text = "auth optional pam_debug.so auth=ignore\n" + text // "other" is not asked
			}
			if err := os.MkdirAll(folder, 0o755); err != nil {
				r.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, service), []byte(text), 0o644); err != nil {
				r.Fatal(err)
			}
		}
		stack, _, err := pamStack(machineOf(t, "/"), folder+"/s", "auth")
		if err != nil {
			r.Fatal(err)
		}
		folders = append(folders, folder)
		want = append(want, runStack(stack, debugged))
	})
	input, err := json.Marshal(folders)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(python, "-c", libpam)
	run.Stdin = strings.NewReader(string(input))
	output, err := run.CombinedOutput()
	var decided []bool
	if err != nil || json.Unmarshal(output, &decided) != nil || len(decided) != len(want) {
		t.Fatalf("libpam: %v: %s", err, output)
	}
	successes := 0
	for i, ok := range decided {
		if ok {
			successes++
		}
		if ok != want[i] {
			var text []byte
			for _, service := range []string{"s", "a", "b"} {
				data, _ := os.ReadFile(filepath.Join(folders[i], service))
				text = append(append(text, "-- "+service+"\n"...), data...)
			}
			t.Fatalf("libpam says %t, the stack %t:\n%s", ok, want[i], text)
		}
	}
	t.Logf("libpam and this package agree on %d stacks, of which %d succeed", len(decided), successes)
}

// debugged is the answer that an argument of pam_debug.so asks for.
func debugged(m pamModule) answer {
	if m.module == "pam_deny.so" {
		return fails
	}
	return answer(optionsOf(m, []string{"auth"})["auth"])
}

// drawnLine draws a line of a service; only "s" includes others, and "a" includes "b".
func drawnLine(folder, service string) *rapid.Generator[string] {
	return rapid.Custom(func(r *rapid.T) string {
		if target := map[string]string{"s": rapid.SampledFrom([]string{"a", "b", "gone"}).Draw(r, "target"), "a": "b"}[service]; target != "" {
			switch rapid.IntRange(0, 7).Draw(r, "include") {
			case 0:
				return "@include " + folder + "/" + target
			case 1:
				return "auth include " + folder + "/" + target
			case 2:
				return "auth substack " + folder + "/" + target
			}
		}
		answers := []string{"success", "success", "auth_err", "ignore", "new_authtok_reqd", "user_unknown"}
		control := rapid.SampledFrom([]string{"required", "requisite", "sufficient", "optional", "bracket"}).Draw(r, "control")
		if control == "bracket" {
			actions := rapid.SampledFrom([]string{"ok", "done", "bad", "die", "ignore", "reset", "1", "2", "3"})
			control = "[success=" + actions.Draw(r, "success") + " default=" + actions.Draw(r, "default")
			if rapid.Bool().Draw(r, "third") {
				control += " " + rapid.SampledFrom(answers[2:]).Draw(r, "name") + "=" + actions.Draw(r, "named")
			}
			control += "]"
		}
		if rapid.IntRange(0, 9).Draw(r, "other type") == 0 {
			return "account required pam_deny.so"
		}
		return "auth " + control + " pam_debug.so auth=" + rapid.SampledFrom(answers).Draw(r, "answer")
	})
}

// machineOf returns a machine whose files lie in a folder.
func machineOf(t testing.TB, root string) *facts.Machine {
	t.Helper()
	opened, err := disk.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return &facts.Machine{Tree: disk.NewTree(t.Context(), opened, disk.MaxSettings, false), Warn: func(error) {}}
}
