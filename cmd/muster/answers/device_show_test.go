package answers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// What a device cannot be shown with is told; a server that fails, or does not answer, ends the command.
func TestWhatIsNotShownIsTold(t *testing.T) {
	refused := &control.Error{Status: http.StatusForbidden, Message: "this needs Vulnerability.Read.All"}
	for name, c := range map[string]struct {
		err          error
		fails, warns bool
	}{
		"nothing":   {},
		"forbidden": {fmt.Errorf("asking: %w", refused), false, true},
		"conflict":  {&control.Error{Status: http.StatusConflict, Message: "made by an older program"}, false, true},
		"broken":    {&control.Error{Status: http.StatusInternalServerError}, true, false},
		"away":      {fmt.Errorf("%w: connection refused", control.ErrNoAnswer), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var out, complaint strings.Builder
			terminal := console.NewTerminal("muster", strings.NewReader(""), &out, &complaint)
			session := control.NewSession(control.Config{Base: &url.URL{}})
			p := &portrait{t.Context(), &connect.State{Session: session}, terminal, &control.DeviceReport{}}
			err := p.refused("findings are", c.err)
			terminal.Close()
			if (err != nil) != c.fails || strings.Contains(complaint.String(), "findings are not shown: ") != c.warns {
				t.Errorf("%v, %q", err, complaint.String())
			}
		})
	}
}
