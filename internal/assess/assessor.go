package assess

import (
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// maxRendered bounds the memory for cached pieces, in bytes.
const maxRendered = 48 << 20

// Settings are an installation's settings that affect rows.
type Settings struct {
	// UpcomingEnd is how long before the end of support it is announced.
	UpcomingEnd time.Duration
	// MaxRows bounds a device's rows in each dataset.
	MaxRows int
}

// DefaultSettings announces the end of support 180 days before (matching.md, section 3.4) and
// keeps up to 100,000 rows (design.md, law 6).
func DefaultSettings() Settings {
	return Settings{UpcomingEnd: 180 * 24 * time.Hour, MaxRows: 100_000}
}

// Assessor makes the rows of one device after the other, by the rules of one generation. It reuses
// memory and must be used by one goroutine.
type Assessor struct {
	catalog   *catalog.Catalog
	benchmark *benchmark.Benchmark
	settings  Settings
	now       time.Time
	old       []string // feeds that are older than their limit, ascending
	excepted  *excepted

	renderings     map[catalog.Component]*rendering
	rendered       int // approximate bytes
	configurations map[row.Configuration]*row.ConfigurationPiece
	configured     int // approximate bytes
	profiles       map[string][16]byte
	profiled       int // approximate bytes
	entries        []entry
	judged         []judged
	findings       []finding
	history        history
}

// New returns an Assessor for a generation that began at now. Old are the names of feeds that are
// older than their limit then, ascending.
func New(c *catalog.Catalog, b *benchmark.Benchmark, s Settings, now time.Time, old ...string) *Assessor {
	return &Assessor{
		catalog: c, benchmark: b, settings: s, now: now, old: old,
		renderings:     map[catalog.Component]*rendering{},
		configurations: map[row.Configuration]*row.ConfigurationPiece{},
		profiles:       map[string][16]byte{},
		history:        newHistory(),
	}
}

// Except sets the exceptions of the organization. It is called before the first device.
func (a *Assessor) Except(s *except.Set) {
	if !s.Empty() {
		a.excepted = &excepted{set: s, known: map[string][]match{}}
	}
}

// Input is everything known of one device.
type Input struct {
	Device row.Device
	// Report joins the newest reports of all the device's sources.
	Report *inventory.Report
	// LastSeen is used for every last-seen time, and for the first-seen time of new rows.
	LastSeen time.Time
	// Old are the device's rows in the snapshot before; nil if there are none.
	Old *Rows
}

// Output is the result for one device. It may be reused.
type Output struct {
	Rows Rows
	// Made says what the rows were made from. It is valid until the next device.
	Made Made
	// Components are the distinct components of the device.
	Components []Component
	// Due is when the rows change by the passing of time alone; zero for never.
	Due        time.Time
	Severities counts.Severities // counts of vulnerability rows
	// Profile says by which checks the device was judged.
	Profile Profile
	// Opened and Before count vulnerability rows by the day on which they were first seen: these, and those of the
	// snapshot before.
	Opened, Before trend.Ages
	// Coverage says how far the device was assessed.
	Coverage coverage.Device
	// Problem names checks that could not decide about this device.
	Problem error
	// Dropped counts rows beyond Settings.MaxRows. PathsCut counts the paths that limits cut from
	// the report or from rows (design.md, laws 3 and 6).
	Dropped  [defender.DatasetCount]int
	PathsCut int
}

// Component is a component key with the fingerprint of its verdict.
type Component struct {
	Key         string
	Fingerprint [16]byte
}

// Profile is what decides which checks can speak of a device, with the fingerprint of these checks
// (benchmark.Profile). Without a key nothing is known.
type Profile struct {
	Key         string
	Fingerprint [16]byte
}

// writer appends one device's rows.
type writer struct {
	out    *Output
	device row.DevicePiece
	place  except.Place
	seen   row.Timestamp
	max    int
	rows   [defender.DatasetCount]int
}

// room reports whether one more row may be written, and counts it in either case.
func (w *writer) room(d defender.Dataset) bool {
	if w.rows[d] >= w.max {
		w.out.Dropped[d]++
		return false
	}
	w.rows[d]++
	return true
}

// judged is a configuration's result with its rendered piece.
type judged struct {
	piece                 *row.ConfigurationPiece
	applicable, compliant bool
}

// entry is one software entry of a report with what the catalog knows of it.
type entry struct {
	*rendering
	reported *inventory.Software
}

// softwareGroup has the entries of one device that are shown as one: with the same vendor, name
// and version, whatever their reported names and paths.
type softwareGroup []entry
