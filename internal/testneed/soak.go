package testneed

import (
	"os"
	"slices"
	"strings"
)

// soak is the environment variable that turns on the long forms of tests.
const soak = "MUSTER_SOAK"

// Soak reports whether the long forms of tests should run (make soak).
func Soak() bool { return os.Getenv(soak) != "" }

// ForgetSettings unsets the variables that are settings of the program. Tests of commands must not
// depend on the user's environment. Variables that control tests stay.
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
