package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "pgregory.net/rapid" // its flags
)

// TestMakeTestDrawsTheSameExamples: make test sets a seed, and rapid takes it (decision 69).
func TestMakeTestDrawsTheSameExamples(t *testing.T) {
	t.Chdir(top)
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	seed := regexp.MustCompile(`(?m)^test race places: export (RAPID_SEED) := ([1-9]\d*)$`).FindSubmatch(text)
	if seed == nil {
		t.Fatal("make test sets no seed")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	help := exec.Command(program, "-h")
	help.Env = append(os.Environ(), string(seed[1])+"="+string(seed[2]))
	flags, _ := help.CombinedOutput() // -h is an error
	if !regexp.MustCompile(`-rapid\.seed uint\n.*\(default ` + string(seed[2]) + `\)`).Match(flags) {
		t.Errorf("rapid does not take its seed from %s:\n%s", seed[1], flags)
	}
}

// TestWhatIsNotInlined: the Makefile, the release and the image build programs alike, so that all are as small.
func TestWhatIsNotInlined(t *testing.T) {
	modules := func(file, pattern string) (found []string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found = append(found, strings.FieldsFunc(part[1], func(r rune) bool { return strings.ContainsRune(" \t\n\"+\\", r) })...)
		}
		return found
	}
	want := modules("Makefile", `(?m)^WAITING +:=((?:.*\\\n)*.*)$`)
	if len(want) < 3 {
		t.Fatalf("the Makefile names %q", want)
	}
	for file, pattern := range map[string]string{"internal/release/main.go": `const waiting =((?:.*\+\n)*.*)\n`,
		"deploy/container/Dockerfile": `-gcflags=(\S+)/\.\.\.=-l`} {
		if got := modules(file, pattern); !slices.Equal(got, want) {
			t.Errorf("%s does without inlining %q, the Makefile %q", file, got, want)
		}
	}
}
