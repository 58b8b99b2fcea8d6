package plain_test

import (
	"testing"

	"github.com/muster-project/muster/internal/plain"
)

func TestBeginsFormula(t *testing.T) {
	for text, want := range map[string]bool{
		"=1+1": true, "+1": true, "-1": true, "@sum": true, "\t=1": true, "\r=1": true, "\n=1": true,
		"＝1": true, "＋1": true, "－1": true, "＠a": true, "-": true,
		"": false, "a=1": false, " =1": false, "'=1": false, "\xff=": false, "−1": false,
	} {
		if got := plain.BeginsFormula(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
