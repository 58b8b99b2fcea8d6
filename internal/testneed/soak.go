package testneed

import (
	"os"
	"slices"
	"strings"
)

// soak is the environment variable that asks for the long forms of tests.
const soak = "MUSTER_SOAK"

// Soak tells whether the long forms of tests are wanted (make soak).
func Soak() bool { return os.Getenv(soak) != "" }

// ForgetSettings unsets the variables that are settings of the program, for the
// tests of commands: what they do must not depend on who runs them. Variables that
// say how to test stay.
func ForgetSettings() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		tests := slices.ContainsFunc([]string{NoSkip, soak, "MUSTER_BENCH_", "MUSTER_TEST_"}, func(prefix string) bool {
			return strings.HasPrefix(name, prefix)
		})
		if strings.HasPrefix(name, "MUSTER_") && !tests {
			os.Unsetenv(name)
		}
	}
}
