package collecttest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// CheckVocabulary checks that a document describes families and the keys that they list, and that it has their digest.
func CheckVocabulary(t *testing.T, document string, families []string, keys map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	digest := sha256.New()
	for _, family := range families {
		if !strings.Contains(doc, "### `"+family+"`") && !strings.Contains(doc, ", `"+family+"`\n") {
			t.Errorf("family %q is not described", family)
		}
		listed := slices.Sorted(slices.Values(keys[family]))
		fmt.Fprintln(digest, family, listed)
		for _, key := range listed {
			if !strings.Contains(doc, "`"+key+"`") {
				t.Errorf("key %q of family %q is not described", key, family)
			}
		}
	}
	sum := fmt.Sprintf("%x", digest.Sum(nil))[:12]
	if !strings.Contains(doc, ", "+sum) {
		t.Errorf("the digest is %s now: write a new version into the table, or correct that of one that was not released", sum)
	}
}
