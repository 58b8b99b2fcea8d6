package testneed

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// alone is the variable that names the test which a process runs alone.
const alone = "MUSTER_TEST_ALONE"

// Alone runs a test, no subtest, in a process of its own. What it limits, as
// [LimitFiles] does, is then no limit for other tests, nor for the files that go
// test writes.
func Alone(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if os.Getenv(alone) == t.Name() {
		test(t)
		return
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), program, "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.timeout=2m")
	child.Env = append(os.Environ(), alone+"="+t.Name())
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
