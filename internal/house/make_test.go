package house

import (
	"os"
	"os/exec"
	"regexp"
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
