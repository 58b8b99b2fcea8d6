package house

import (
	"fmt"
	"os"
	"testing"
)

// TestMain works in the module's folder, which all of this is about.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
