package testneed_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/testneed"
)

// recorder is a test that records how it ended and goes on.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.ended = "skipped" }
func (r *recorder) Fatalf(string, ...any) { r.ended = "failed" }

func TestCommand(t *testing.T) {
	for _, test := range []struct{ name, command, noSkip, want string }{
		{"there", "go", "", ""},
		{"there, no skipping", "go", "1", ""},
		{"missing", "no-such-program", "", "skipped"},
		{"missing, no skipping", "no-such-program", "1", "failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(testneed.NoSkip, test.noSkip)
			r := &recorder{TB: t}
			path := testneed.Command(r, test.command)
			if r.ended != test.want {
				t.Errorf("the test ended as %q, want %q", r.ended, test.want)
			}
			if (path != "") != (test.want == "") {
				t.Errorf("path %q", path)
			}
		})
	}
}

func TestShared(t *testing.T) {
	root := t.TempDir()
	clone := filepath.Join(root, "clone", "internal", "nvd")
	data := filepath.Join(root, "shared", "data", "nvd")
	for _, folder := range []string{clone, data} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(clone)
	r := &recorder{TB: t}
	if got := testneed.Shared(r, "nvd"); got != data || r.ended != "" {
		t.Errorf("got %q, the test ended as %q; want %q", got, r.ended, data)
	}
	t.Setenv(testneed.NoSkip, "1")
	if got := testneed.Shared(r, "absent"); got != "" || r.ended != "skipped" {
		t.Errorf("got %q, the test ended as %q; want it skipped", got, r.ended)
	}
}

func TestNode(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv(testneed.NoSkip, "")
	r := &recorder{TB: t}
	if testneed.Node(r); r.ended != "skipped" {
		t.Errorf("without packages the test ended as %q, want skipped", r.ended)
	}
	t.Setenv(testneed.NoSkip, "1")
	if testneed.Node(r); r.ended != "failed" {
		t.Errorf("without packages and with NoSkip the test ended as %q, want failed", r.ended)
	}

	lock, err := os.ReadFile("node/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(cache, "muster-test",
		fmt.Sprintf("node-%x", sha256.Sum256(lock))[:len("node-")+12], "node_modules")
	if err := os.MkdirAll(filepath.Join(want, ".bin", "node"), 0o755); err != nil {
		t.Fatal(err)
	}
	r = &recorder{TB: t}
	program, packages := testneed.Node(r)
	if r.ended != "" || packages != want || program != filepath.Join(want, ".bin", "node") {
		t.Errorf("the test ended as %q, program %q, packages %q; want packages %q", r.ended, program, packages, want)
	}
}

func TestProgram(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	for noSkip, want := range map[string]string{"": "skipped", "1": "failed"} {
		t.Setenv(testneed.NoSkip, noSkip)
		r := &recorder{TB: t}
		if path := testneed.Program(r, "example.invalid/no/such/program@v1.0.0"); r.ended != want || path != "" {
			t.Errorf("the test ended as %q with path %q, want %q", r.ended, path, want)
		}
	}
}

func TestForgetSettings(t *testing.T) {
	for _, name := range []string{"MUSTER_TOKEN", "MUSTER_SERVER", "MUSTER_SOAK", testneed.NoSkip,
		"MUSTER_BENCH_DEVICES"} {
		t.Setenv(name, "1")
	}
	testneed.ForgetSettings()
	for name, want := range map[string]string{"MUSTER_TOKEN": "", "MUSTER_SERVER": "", "MUSTER_SOAK": "1",
		testneed.NoSkip: "1", "MUSTER_BENCH_DEVICES": "1"} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
