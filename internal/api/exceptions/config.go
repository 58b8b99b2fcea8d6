package exceptions

import (
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// places is how many documents are read, and pages of what is excepted made, at a time.
const places = 2

// Config configures the calls. All fields are required.
type Config struct {
	Store     *store.Store
	Publisher *generation.Publisher
	Library   *library.Library
	Files     *snapshot.Files
	MaxWait   time.Duration
	Clock     func() time.Time
}

var (
	limit  = edge.TakesNumber("limit", 1000, 1, 10_000, "rows of a page")
	after  = edge.TakesText("after", "the next of the page before")
	device = edge.TakesText("device", "id or name of the device that the document is about")
	which  = edge.TakesText("exception", "only what the exception with this id hides or marks")
	group  = edge.TakesText("group", "name or number of an RBAC group")
)

// calls handles exceptions.
type calls struct {
	Config
	gate *edge.Gate
}

func timeOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
