package effective_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/effective"
)

func TestTable(t *testing.T) {
	got := effective.Table("\n[one] = A; B\nfirst\nits second = C;\n\tD\n[two]\nthird = E\n")
	want := []effective.Setting{{"one", "first", []string{"A", "B"}}, {"one", "its second", []string{"C", "D"}},
		{"two", "third", []string{"E"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := want[1].Word(); got != "second" {
		t.Errorf("the word is %q", got)
	}
}
