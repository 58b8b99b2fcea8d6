package facts_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/facts/boot"
	"github.com/muster-project/muster/internal/inventory/collect/facts/policy"
	"github.com/muster-project/muster/internal/inventory/collect/facts/upkeep"
)

// doc/facts.md has every family and every key of a list, and no other family. Whoever changes them gives the
// vocabulary a new version.
func TestVocabulary(t *testing.T) {
	text, err := os.ReadFile("../../../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	families := map[string]bool{}
	digest := sha256.New()
	for _, f := range facts.Families() {
		families[f.Name] = true
		fmt.Fprintln(digest, f.Name, f.Running)
	}
	for _, f := range facts.Families() {
		if !strings.Contains(doc, "### `"+f.Name+"`") && !strings.Contains(doc, "\n| `"+f.Name+"` |") &&
			!strings.Contains(doc, ", `"+f.Name+"`\n") {
			t.Errorf("family %q is not described", f.Name)
		}
		keys := slices.Sorted(slices.Values(facts.ListedKeys()[f.Name]))
		fmt.Fprintln(digest, f.Name, keys)
		for _, key := range keys {
			if !strings.Contains(doc, "`"+key+"`") {
				t.Errorf("key %q of family %q is not described", key, f.Name)
			}
		}
	}
	for _, f := range slices.Concat(boot.Families(), policy.Families(), upkeep.Families()) {
		families[f.Name] = true
	}
	for line := range strings.Lines(doc) {
		heading, ok := strings.CutPrefix(strings.TrimSpace(line), "### `")
		if !ok {
			continue
		}
		for name := range strings.SplitSeq(strings.Trim(heading, "`"), "`, `") {
			if !families[name] {
				t.Errorf("%q is described and is no family", name)
			}
		}
	}
	sum := fmt.Sprintf("%x", digest.Sum(nil))[:12]
	if !strings.Contains(doc, "| "+sum+", ") {
		t.Errorf("the digest is %s now: write a new version into the table, or correct that of one that was not released", sum)
	}
}
