package generation_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/testneed"
)

// crashFolder and crashStep tell the child of TestCrash where to work and at which step to die. It says
// crashLine and the name of each step.
const (
	crashFolder = "MUSTER_TEST_CRASH_FOLDER"
	crashStep   = "MUSTER_TEST_CRASH_STEP"
	crashLine   = "step: "
	crashStatus = 86
)

// host is the report of a Windows device with Chrome and 7-Zip.
func host(i int, chrome string) *inventory.Report {
	name := fmt.Sprintf("host-%d.example.com", i)
	return &inventory.Report{
		Device: inventory.Device{ID: inventory.DeriveID("", name), Name: name,
			OSPlatform: "Windows11", OSArchitecture: "x64"},
		Software: []inventory.Software{
			{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: chrome},
			{Kind: "windows", Vendor: "Igor Pavlov", Name: "7-Zip 22.01 (x64)", Version: "22.01"},
		},
	}
}

// crashSettings retire every full snapshot but the two newest at once.
func crashSettings() generation.Settings {
	s := generation.DefaultSettings()
	s.KeepFull, s.KeepDelta = 0, 30*time.Minute
	return s
}

// TestCrash kills the program at steps of a generation, including retirement, and lets the next start
// continue. No acknowledged report is missing, no unfinished work is visible, law 1 holds, and manifests
// name every file that is left. Its long form has every step, the short one the first and the last of
// each name.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	template := t.TempDir()
	before := crashTemplate(t, template)
	names, died := crashAt(t, template, 0, before)
	if died || len(names) < 20 {
		t.Fatalf("died: %t, after only %d steps", died, len(names))
	}
	crashes := 0
	for _, step := range deadly(names) {
		if _, died = crashAt(t, template, step, before); died {
			crashes++
		}
	}
	t.Logf("survived a crash at %d of %d steps", crashes, len(names))
	if crashes < 15 {
		t.Errorf("only %d crashes", crashes)
	}
}

// deadly returns at which steps to die, from 1 on, of those with these names: at all of them in the long
// form of a test, at the first and the last of each name in the short one, and at the first with -short.
func deadly(names []string) (steps []int) {
	first, last := map[string]int{}, map[string]int{}
	for i, name := range slices.Backward(names) {
		first[name], last[name] = i, max(last[name], i)
	}
	for i, name := range names {
		if testneed.Soak() || i == first[name] || i == last[name] && !testing.Short() {
			steps = append(steps, i+1)
		}
	}
	return steps
}

// crashAt lets a process continue the work of a template and die at a step, or at none if it is 0, and
// checks what the next start makes of it. It returns the names of the steps before the end, unless the
// process died.
func crashAt(t *testing.T, template string, step int, before publication.Snapshot) (names []string, died bool) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "crash")
	if err := os.CopyFS(folder, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashFolder+"="+folder, crashStep+"="+strconv.Itoa(step))
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if died = errors.As(err, &exit) && exit.ExitCode() == crashStatus; err != nil && !died {
		t.Fatalf("step %d: %v\n%s", step, err, out)
	}
	checkAfterCrash(t, folder, before)
	if t.Failed() {
		t.Fatalf("after a crash at step %d", step)
	}
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(line, crashLine); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names, died
}

// crashTemplate makes a folder with two snapshots, and with reports, a removal and intelligence for
// the third.
func crashTemplate(t *testing.T, folder string) publication.Snapshot {
	return fillTemplate(t, labAt(t, folder, crashSettings()))
}

// fillTemplate is crashTemplate for a lab, which it closes.
func fillTemplate(t *testing.T, l *lab) publication.Snapshot {
	l.learn(weaknesses[:2]...)
	l.report(host(1, "90.0"), host(2, "90.0"), host(3, "130.0"))
	l.publish()
	l.now = l.now.Add(time.Hour)
	l.report(host(1, "95.0"))
	second := l.publish()
	l.now = l.now.Add(time.Hour)
	l.report(host(1, "110.0"), host(4, "90.0"))
	if err := l.store.Reports.RemoveDevice(l.ctx, org, inventory.DeriveID("", "host-2.example.com")); err != nil {
		t.Fatal(err)
	}
	l.learn(weaknesses[:4]...)
	l.close()
	return second
}

// TestCrashChild is the process that TestCrash starts.
func TestCrashChild(t *testing.T) {
	folder := os.Getenv(crashFolder)
	if folder == "" {
		t.Skip("started by TestCrash")
	}
	left, err := strconv.Atoi(os.Getenv(crashStep))
	if err != nil {
		t.Fatal(err)
	}
	l := crashChild(t)
	l.now = noon.Add(3 * time.Hour)
	l.trace = func(name string) {
		fmt.Println(crashLine + name)
		if left--; left == 0 {
			os.Exit(crashStatus) // like kill -9: nothing is cleaned up
		}
	}
	l.publish()
}

func checkAfterCrash(t *testing.T, folder string, before publication.Snapshot) {
	t.Helper()
	l := labAt(t, folder, crashSettings())
	defer l.close()
	checkLab(t, l, before)
}

// checkLab is checkAfterCrash for a lab.
func checkLab(t *testing.T, l *lab, before publication.Snapshot) {
	t.Helper()
	l.now = noon.Add(4 * time.Hour)
	l.publish()
	l.verify()
	all, err := l.store.Publication.Snapshots(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all[1:] {
		if all[i].Number >= before.Number && all[i].Full == publication.Kept && all[i+1].Delta == publication.Kept {
			l.checkLaw1(&all[i], all[i+1])
		}
	}
	points, err := l.store.Counted.Since(l.ctx, org, time.Time{}, nil)
	if err != nil || len(points) != len(all) {
		t.Fatalf("%d snapshots have counts, of %d: %v", len(points), len(all), err)
	}
	for i := range points {
		m := l.manifest(all[i])
		if p := &points[i]; p.Number != all[i].Number || p.Severities != m.Totals(nil).Severities || p.Lacks(trend.Changes) {
			t.Errorf("snapshot %d has the counts %+v of %d", all[i].Number, p.Counts, p.Number)
		}
	}
	newest := all[len(all)-1]
	hosts := map[any]bool{}
	for _, row := range l.rows(newest, 1, false) {
		hosts[row["DeviceName"]] = true
	}
	for i, want := range map[int]bool{1: true, 2: false, 3: true, 4: true} {
		if name := fmt.Sprintf("host-%d.example.com", i); hosts[name] != want {
			t.Errorf("is %s in the newest snapshot? %t, want %t", name, hosts[name], want)
		}
	}
	l.checkNoOrphans(all)
}

// checkNoOrphans compares the files that exist with those that are named.
func (l *lab) checkNoOrphans(all []publication.Snapshot) {
	l.Helper()
	var named []string
	for _, s := range all {
		named = append(named, s.Manifest.Path)
		if summary := snapshot.SummaryName(s.Manifest.Path); l.files.Exists(summary) {
			named = append(named, summary)
		}
		if deltas := l.manifest(s).Deltas.Path; deltas != "" {
			named = append(named, deltas)
		}
		full, delta := l.named(s)
		for _, f := range full {
			if s.Full == publication.Kept {
				named = append(named, f.Path)
			}
		}
		for _, f := range delta {
			if s.Delta == publication.Kept {
				named = append(named, f.Path)
			}
		}
	}
	slices.Sort(named)
	there := l.existing()
	slices.Sort(there)
	if named = slices.Compact(named); !slices.Equal(named, there) {
		l.Errorf("files that exist:\n%q\nfiles that are named:\n%q", there, named)
	}
}
