package policy

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// listedKeys are the keys of families that have a list of their own.
func listedKeys() map[string][]string {
	return map[string][]string{
		"accounts": slices.Concat(shadowKeys[:], rootlike[:]), "lockout": slices.Concat(loginServices[:], faillockOptions[:]),
		"firewall": slices.Sorted(maps.Values(starters)), "pam": pamServices[:], "passwords": qualityOptions[:], "sudo": sudoOptions[:],
	}
}

// doc/facts.md has every family and every key of a list. Whoever changes them gives the vocabulary a new version.
func TestVocabulary(t *testing.T) {
	text, err := os.ReadFile("../../../../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	digest := sha256.New()
	for _, f := range Families() {
		if !strings.Contains(doc, "### `"+f.Name+"`") && !strings.Contains(doc, "\n| `"+f.Name+"` |") {
			t.Errorf("family %q is not described", f.Name)
		}
		keys := slices.Sorted(slices.Values(listedKeys()[f.Name]))
		fmt.Fprintln(digest, f.Name, keys)
		for _, key := range keys {
			if !strings.Contains(doc, "`"+key+"`") {
				t.Errorf("key %q of family %q is not described", key, f.Name)
			}
		}
	}
	sum := fmt.Sprintf("%x", digest.Sum(nil))[:12]
	if !strings.Contains(doc, ", "+sum+" |") {
		t.Errorf("the digest is %s now: write a new version into the table, or correct that of one that was not released", sum)
	}
}
