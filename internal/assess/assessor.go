package assess

import (
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// maxRendered bounds the memory of remembered pieces, in bytes.
const maxRendered = 48 << 20

// Settings are the choices of an installation that reach rows.
type Settings struct {
	// UpcomingEnd is how long before the end of support it is announced.
	UpcomingEnd time.Duration
	// MaxRows is how many rows a device may have in a dataset.
	MaxRows int
}

// DefaultSettings announces the end of support 180 days before (matching.md,
// section 3.4) and keeps 100,000 rows (design.md, law 6).
func DefaultSettings() Settings {
	return Settings{UpcomingEnd: 180 * 24 * time.Hour, MaxRows: 100_000}
}

// Assessor makes the rows of one device after the other, by the rules of one
// generation. It reuses memory and is for one goroutine.
type Assessor struct {
	catalog   *catalog.Catalog
	benchmark *benchmark.Benchmark
	settings  Settings
	now       time.Time

	renderings     map[catalog.Component]*rendering
	rendered       int // bytes, about
	configurations map[row.Configuration]*row.ConfigurationPiece
	configured     int // bytes, about
	entries        []entry
	judged         []judged
	findings       []finding
	history        history
}

// New returns an Assessor for a generation that began at now.
func New(c *catalog.Catalog, b *benchmark.Benchmark, s Settings, now time.Time) *Assessor {
	return &Assessor{
		catalog: c, benchmark: b, settings: s, now: now,
		renderings:     map[catalog.Component]*rendering{},
		configurations: map[row.Configuration]*row.ConfigurationPiece{},
		history:        newHistory(),
	}
}

// Input is what is known of one device.
type Input struct {
	Device row.Device
	// Report joins the newest reports of all the device's sources.
	Report *inventory.Report
	// LastSeen becomes every last-seen time, and the first-seen time of what
	// is new.
	LastSeen time.Time
	// Old are the device's rows in the snapshot before, nil if there are none.
	Old *Rows
}

// Output is what is made of it. It may be reused.
type Output struct {
	Rows Rows
	// Components are the distinct components that went in.
	Components []Component
	// Due is when the passing of time alone changes the rows, zero for never.
	Due        time.Time
	Severities counts.Severities // of vulnerability rows
	// Problem names checks that could not decide on this device.
	Problem error
	// Dropped counts rows beyond Settings.MaxRows, PathsCut the paths that a
	// limit cut from the report or from the rows (design.md, laws 3 and 6).
	Dropped  [defender.DatasetCount]int
	PathsCut int
}

// Component is a component key with the fingerprint of its verdict.
type Component struct {
	Key         string
	Fingerprint [16]byte
}

// writer appends one device's rows.
type writer struct {
	out    *Output
	device row.DevicePiece
	seen   row.Timestamp
	max    int
	rows   [defender.DatasetCount]int
}

// room says whether one more row may be written, and counts it either way.
func (w *writer) room(d defender.Dataset) bool {
	if w.rows[d] >= w.max {
		w.out.Dropped[d]++
		return false
	}
	w.rows[d]++
	return true
}

// judged is a configuration's result beside its rendered share of rows.
type judged struct {
	piece                 *row.ConfigurationPiece
	applicable, compliant bool
}

// entry is one software entry of a report beside what the catalog knows of it.
type entry struct {
	*rendering
	reported *inventory.Software
}

// softwareGroup is the entries of one device that are shown as one: the same
// vendor, name and version, whatever they were called and wherever they lie.
type softwareGroup []entry
