package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every condition, case and flag is a place, except conditions that look for errors.
func TestMutate(t *testing.T) {
	const text = `package p

func (t *T) f(a, b bool, err error) (x uint) {
	switch {
	case a && (b || !a):
		return Name | Tags
	case err != nil:
	}
	switch t.role {
	case Own:
	}
	if err == nil && a {
		g(a == b)
	}
	return
}
`
	all := &mutated{files: map[string][]byte{}}
	found, err := all.mutate("p/f.go", []byte(text), nil)
	if err != nil || len(found) != 1 || found[0] != "T.f" {
		t.Fatalf("functions %q, %v", found, err)
	}
	var got []string
	for _, m := range all.mutants {
		got = append(got, m.was+" → "+m.is)
	}
	want := []string{
		"a && (b || !a) → false", "a → true", "(b || !a) → true", "b → false", "!a → false", "Name → 0",
		"Tags → 0", "Own → no case",
		"a → true", "a == b → true", "a == b → false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
	const changed = `	case mutantBool(0, 1, mutantBool(2, 0, a) && mutantBool(3, 0, (mutantBool(0, 4, b) || mutantBool(0, 5, !a)))):`
	if !strings.Contains(string(all.files["p/f.go"]), changed) {
		t.Errorf("the file:\n%s", all.files["p/f.go"])
	}
}
