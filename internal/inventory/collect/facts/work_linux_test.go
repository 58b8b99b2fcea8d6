package facts_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/facts/boot"
	"github.com/muster-project/muster/internal/inventory/collect/facts/policy"
	"github.com/muster-project/muster/internal/inventory/collect/facts/upkeep"
	"github.com/muster-project/muster/internal/testneed"
)

// many returns a file that is nearly as large as one may be, half of it in the short form, of lines that a format makes
// of numbers.
func many(format string) string {
	size := disk.MaxSetting / 2
	if testneed.Soak() {
		size = disk.MaxSetting
	}
	before, after, numbered := strings.Cut(format, "%d")
	var all []byte
	for i := 0; len(all) < size-2*len(format)-40; i++ {
		if all = append(all, before...); numbered {
			all = append(strconv.AppendInt(all, int64(i), 10), after...)
		}
	}
	return string(all)
}

// some returns the lines that a format makes of the numbers below n.
func some(n int, format string) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, format, i)
	}
	return all.String()
}

// spread returns n files with the same content, beside others.
func spread(n int, format, content string, others ...map[string]string) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf(format, i)] = content
	}
	for _, other := range others {
		for name, text := range other {
			all[name] = text
		}
	}
	return all
}

// hostileMachine is a machine whose files, as large as they may be, make families work.
type hostileMachine struct {
	families string
	name     string
	files    map[string]string
}

// isLong reports whether a machine is only tried in the long form: what its files cost has limits of their own.
func (h hostileMachine) isLong() bool {
	return len(h.files) > 1_000 || strings.Contains(h.name, "includes of")
}

// Bounds of what a family may take: about a second of a processor, and memory that is allocated, one after another.
const (
	maxTime  = 17 // in the time of unitOfWork
	maxBytes = 512 << 20
)

// unitOfWork returns how long it takes to split as many bytes as a family may read.
func unitOfWork() time.Duration {
	text := many("a b=c\n")
	return spent(func() {
		for range disk.MaxSettings / len(text) {
			for line := range strings.Lines(text) {
				_ = strings.Fields(line)
			}
		}
	}).time
}

// TestHostileFilesCostLittle: files that are as large as they may be make no family work without bound. What counts is
// the time of the processor beside that of a known amount of work, and memory.
func TestHostileFilesCostLittle(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unit, seen := unitOfWork(), map[string]bool{}
	all := slices.Concat(facts.Families(), boot.Families(), policy.Families(), upkeep.Families())
	for _, h := range slices.Concat(hostileSettings(), hostileSSHD(), hostileKernels(), hostileServices(),
		hostileAccounts(), hostileFirewalls(), hostilePAM(), hostileBoots(), hostileUpkeep()) {
		if h.isLong() && !testneed.Soak() {
			continue
		}
		root := collecttest.LayMachine(t, h.files)
		for _, f := range all {
			if !slices.Contains(strings.Fields(h.families), f.Name) {
				continue
			}
			seen[f.Name] = true
			work, err := workOf(t, root, f)
			if work.time > maxTime*unit || work.bytes > maxBytes {
				t.Errorf("facts %s, %s: %v of the processor, more than %d × %v, or %d bytes, more than %d (%v)", f.Name,
					h.name, work.time, maxTime, unit, work.bytes, maxBytes, err)
			}
		}
	}
	for _, f := range all {
		if !seen[f.Name] {
			t.Errorf("no hostile machine is for facts %s", f.Name)
		}
	}
}

// workOf returns what reading a family takes, and its error.
func workOf(t *testing.T, root string, f facts.Family) (work, error) {
	opened, err := disk.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	m := &facts.Machine{Tree: disk.NewTree(t.Context(), opened, disk.MaxSettings, true), Warn: func(error) {}}
	var found *facts.Found
	taken := spent(func() {
		if found, err = f.Read(m); err == nil {
			err = found.Check()
		}
	})
	return taken, err
}

// work is what a call takes.
type work struct {
	time  time.Duration // of the processor, by this thread
	bytes uint64        // allocated, one after another
}

// spent runs a function and returns what it takes.
func spent(run func()) work {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := threadTime()
	run()
	end := threadTime()
	runtime.ReadMemStats(&after)
	return work{end - begin, after.TotalAlloc - before.TotalAlloc}
}

// threadTime returns the processor's time that this thread has used.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var use syscall.Rusage
	if err := syscall.Getrusage(thread, &use); err != nil {
		panic(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
