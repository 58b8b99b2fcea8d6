package notices

import (
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/notified"
)

// places is how many tests and previews are made at a time.
const places = 2

// Config configures the calls. All fields are required.
type Config struct {
	Store    *store.Store
	Notifier *notify.Notifier
	// Seal seals a destination with its secrets. what names it (notify.Secret).
	Seal    func(org, what string, plain []byte) []byte
	MaxWait time.Duration
	Clock   func() time.Time
}

// calls handles notices.
type calls struct {
	Config
	gate *edge.Gate
}

var (
	limit  = edge.TakesNumber("limit", 100, 1, 1000, "rows of a page")
	after  = edge.TakesText("after", "the next of the page before")
	byRule = edge.TakesText("rule", "name of a rule")
	state  = edge.TakesText("state", "waiting, sent, failed, dry or silent")
)

// stateNamed is the state with a name.
func stateNamed(name string) (notified.State, error) {
	for _, s := range notified.States() {
		if name == string(s) {
			return s, nil
		}
	}
	return "", edge.Invalid("state %q is none of waiting, sent, failed, dry and silent", edge.Clip(name))
}

func timeOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
