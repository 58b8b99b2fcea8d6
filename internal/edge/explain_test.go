package edge

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/publication"
)

// What passes by itself is no error of the server: the client comes again.
func TestWhatPassesIsTriedAgain(t *testing.T) {
	for _, err := range []error{publication.ErrLost, intelligence.ErrLost, database.ErrUnavailable} {
		f := Explain(fmt.Errorf("working: %w", err))
		if f.Status != http.StatusServiceUnavailable || f.Retry <= 0 {
			t.Errorf("%v: status %d, try again after %v", err, f.Status, f.Retry)
		}
	}
}
