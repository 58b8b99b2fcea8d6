package main

import (
	"slices"
	"testing"
)

// Excused mutants and replaced texts must exist. A run of all mutants takes too long to find this
// out.
func TestTargetsAreThere(t *testing.T) {
	t.Chdir("../../..")
	mutated, err := mutateAll()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range slices.Concat(mutated.mutants, textMutants()) {
		if keys = append(keys, m.key()); m.number == 0 && m.text == nil {
			t.Errorf("%v", m)
		}
	}
	for key, reason := range excused {
		if !slices.Contains(keys, key) || reason == "" {
			t.Errorf("%q is excused because %q, but does not exist or has no reason", key, reason)
		}
	}
}
