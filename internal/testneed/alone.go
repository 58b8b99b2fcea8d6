package testneed

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// alone is the variable that names the test that a process runs alone.
const alone = "MUSTER_TEST_ALONE"

// Alone runs a test, not a subtest, in a process of its own. Then limits that the test sets, such
// as those of [LimitFiles], affect no other tests and no files that go test writes.
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
	child := exec.CommandContext(t.Context(), program, "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.timeout=2m",
		"-test.short="+strconv.FormatBool(testing.Short()))
	child.Env = append(os.Environ(), alone+"="+t.Name())
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
