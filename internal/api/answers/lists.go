package answers

import (
	"sync/atomic"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/store"
)

// places is how many lists are made at a time.
const places = 4

// Config configures the lists. All fields but the last are required.
type Config struct {
	Answers   *answer.Answers
	Store     *store.Store
	Publisher *generation.Publisher
	Library   *library.Library
	Files     *snapshot.Files
	Keys      *auth.Keyring
	// MaxWait is how long a list waits for its turn.
	MaxWait time.Duration
	// Ahead, if it is not nil, makes lists of these before somebody asks.
	Ahead *Ahead
}

// Ahead makes lists before somebody asks for them. The zero value makes none until Routes has it.
type Ahead struct{ lists atomic.Pointer[lists] }

// lists handles the calls.
type lists struct {
	Config
	gate *edge.Gate
	kept *cache.Cache
}
