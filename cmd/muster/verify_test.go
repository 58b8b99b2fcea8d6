package main

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// What was not looked at is not taken for sound.
func TestVerifyTellsWhatItDidNotCheck(t *testing.T) {
	var out strings.Builder
	found := control.Verification{NotChecked: []string{"the server's files"}}
	if err := printVerification(&console.Terminal{Out: &out}, found); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "not checked: the server's files\n") {
		t.Errorf("printed %q", out.String())
	}
}
