package monitor

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/store"
)

// Config says what metrics are read of. All fields are required.
type Config struct {
	Store     *store.Store
	Publisher *generation.Publisher
	Verifier  *damage.Verifier
	// Registry has the metrics of the process, which callers who see the server get, too.
	Registry *prometheus.Registry
	Answers  *answer.Answers
	Clock    func() time.Time
	Log      *slog.Logger
}
