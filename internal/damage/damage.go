package damage

import (
	"log/slog"
	"time"

	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/publication"
)

// Config says what is verified and repaired. Store, Files, Library and Publisher are required.
type Config struct {
	Store     *store.Store
	Files     *snapshot.Files
	Library   *library.Library
	Publisher *generation.Publisher
	// Clock defaults to time.Now; a nil Log logs nothing.
	Clock func() time.Time
	Log   *slog.Logger
	// Trace, if set, is called before each step that changes the store, and after each file is
	// read. Tests crash there.
	Trace func(step string)
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Trace == nil {
		c.Trace = func(string) {}
	}
	return c
}

// Verifier checks everything that is stored. It is safe for concurrent use.
type Verifier struct {
	store    *store.Store
	files    *snapshot.Files
	library  *library.Library
	codec    *stored.Codec
	clock    func() time.Time
	log      *slog.Logger
	trace    func(step string)
	turn     *fair.Gate // lets one verification read everything at a time
	verified verified
}

// NewVerifier returns a Verifier.
func NewVerifier(c Config) (*Verifier, error) {
	codec, err := stored.NewCodec()
	if err != nil {
		return nil, err
	}
	c = c.withDefaults()
	return &Verifier{store: c.Store, files: c.Files, library: c.Library, codec: codec, clock: c.Clock, log: c.Log,
		trace: c.Trace, turn: fair.NewGate(1, 1)}, nil
}

// Repairer repairs damaged files. It is safe for concurrent use.
type Repairer struct {
	publisher *generation.Publisher
	store     *publication.Store
	files     *snapshot.Files
	clock     func() time.Time
	log       *slog.Logger
	trace     func(step string)
}

// NewRepairer returns a Repairer.
func NewRepairer(c Config) *Repairer {
	c = c.withDefaults()
	return &Repairer{publisher: c.Publisher, store: c.Store.Publication, files: c.Files, clock: c.Clock,
		log: c.Log, trace: c.Trace}
}

// unknownFiles returns the files that neither a snapshot nor an attempt names. The files must have been listed
// before the attempts, and those before the snapshots: an attempt is recorded before its files exist, until
// a snapshot names them.
func unknownFiles(files *snapshot.Files, there []string, named map[string]bool,
	attempts map[string]publication.Attempt) (unknown []string) {
	for _, name := range there {
		if _, known := attempts[snapshot.AttemptOf(name)]; !known && !named[name] && files.Exists(name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}
