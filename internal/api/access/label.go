package access

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	stored "github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

// checkName refuses a name that people could not read.
func checkName(name string) error {
	if !isLabel(name) {
		return edge.Invalid("name is %q, must be 1 to %d printable characters", edge.Clip(name), maxLabel)
	}
	return nil
}

// maxLabel is the longest name that people give, in bytes.
const maxLabel = 200

// isLabel tells whether a new name is readable. Stored names may be older than the rule.
func isLabel(text string) bool {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) || !inventory.IsVisible(r) }
	return utf8.ValidString(text) && len(text) <= maxLabel && strings.TrimSpace(text) != "" &&
		!strings.ContainsFunc(text, unprintable)
}

// refusedClient returns the error of a client that cannot be stored.
func refusedClient(err error) error {
	switch {
	case errors.Is(err, database.ErrExists), errors.Is(err, database.ErrTooMany):
		return edge.Refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, stored.ErrLast):
		return edge.Refuse(http.StatusConflict, control.CodeLastManager,
			"this is the last client with %s: only a command on the data folder can change that", auth.Manage)
	case errors.Is(err, rbac.ErrInvalid), errors.Is(err, auth.ErrCertificate):
		return edge.Invalid("%v", err)
	}
	return err
}
