package collect

import (
	"cmp"
	"context"
	"fmt"
	"runtime"

	"github.com/muster-project/muster/internal/inventory"
)

// Collect makes the report of a machine. It fails and returns no report if ctx ends,
// and with ErrRoot, ErrOS, ErrNoName or ErrNothing. Everything else is a warning, including any
// failure of a source. When ctx ends it returns within about a second.
func Collect(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	if config.OS != "" {
		if _, err := parseOS(config.OS); err != nil {
			return nil, nil, err
		}
	}
	collect := collectTree
	if config.Root == "" {
		collect = collectHost
	}
	report, warnings, err := collectWith(ctx, config, collect)
	if config.Libraries && !hasLibraries(runtime.GOOS, config.Root) {
		warnings = append(warnings, Warning{What: "libraries", Err: errLibraries})
	}
	return report, warnings, err
}

// hasLibraries reports whether a program for a system looks for libraries on a machine: its own, or one with its "/" in
// a folder, which is a Linux machine's.
func hasLibraries(system, root string) bool {
	if root == "" {
		return system == "windows" || system == "linux"
	}
	return system != "windows"
}

// collectWith makes the report of a machine that collect reads.
func collectWith(ctx context.Context, config Config,
	collect func(context.Context, Config) (*inventory.Report, []Warning, error)) (*inventory.Report, []Warning, error) {
	config.Time = cmp.Or(config.Time, DefaultTime)
	limited, cancel := context.WithTimeoutCause(ctx, config.Time, fmt.Errorf("%w: %v", errOver, config.Time))
	defer cancel()
	report, warnings, err := collect(limited, config)
	if report != nil && config.Root == "" {
		interfaces, failed := within(limited, config.Time/sourceShare,
			func(context.Context) ([]networkInterface, error) { return hostInterfaces() })
		if failed == nil {
			report.Addresses = addressesOf(interfaces)
		} else {
			warnings = append(warnings, Warning{What: "addresses", Err: failed})
		}
	}
	if ctx.Err() != nil {
		return nil, warnings, ctx.Err()
	}
	if report != nil && !config.UserNames {
		maskReport(report)
	}
	return report, warnings, err
}
