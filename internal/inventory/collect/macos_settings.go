package collect

import (
	"context"
	"os"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos/settings"
)

// macSettings reads the settings of a Mac.
type macSettings struct {
	root *os.Root
	// run runs one of macOS's tools; nil: the machine is a copy.
	run  func(ctx context.Context, program string, arguments ...string) (string, error)
	host string // its hardware UUID
}

// add adds every family to the report of a Mac.
func (s macSettings) add(ctx context.Context, config Config, report *inventory.Report) (warnings []Warning) {
	major, _, _ := strings.Cut(report.Device.OSVersion, ".")
	type result struct {
		found    *facts.Found
		warnings []Warning
	}
	for _, f := range settings.Families() {
		what := "facts " + f.Name
		got, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (r result, err error) {
			own := &settings.Machine{Host: s.host, Machine: &facts.Machine{
				Tree: disk.NewTree(ctx, s.root, settings.MaxFiles, s.run != nil),
				Warn: func(err error) { r.warnings = append(r.warnings, Warning{What: what, Err: err}) }}}
			own.Major, _ = strconv.Atoi(major)
			if s.run != nil {
				own.Run = func(program string, arguments ...string) (string, error) { return s.run(ctx, program, arguments...) }
			}
			r.found, err = f.Read(own)
			return r, err
		})
		warnings = append(warnings, got.warnings...)
		if err = record(report, f.Name, got.found, err); err != nil {
			warnings = append(warnings, Warning{What: what, Err: err})
		}
	}
	return warnings
}
