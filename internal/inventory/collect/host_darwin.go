package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/macos"
)

// Limits of one of macOS's tools.
const (
	toolTimeout = 2 * time.Minute
	maxOutput   = 64 << 20         // bytes
	askTimeout  = 20 * time.Second // of one that tells a setting
	maxAnswer   = 1 << 20          // bytes that such a one prints
)

// collectHost makes the report of this machine.
func collectHost(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	var warnings []Warning
	run := func(program string, args ...string) []byte {
		out, err := within(ctx, toolTimeout, func(ctx context.Context) ([]byte, error) {
			return runTool(ctx, program, args...)
		})
		if err != nil {
			warnings = append(warnings, Warning{What: program, Err: err})
			return nil
		}
		return out
	}
	record := macRecord{
		Version:      string(run("/usr/bin/sw_vers", "-productVersion")),
		Platform:     run("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"),
		Applications: run("/usr/sbin/system_profiler", "SPApplicationsDataType", "-json"),
		Architecture: runtime.GOARCH,
	}
	record.HostName, _ = os.Hostname()
	root, err := disk.OpenRoot("/")
	if err != nil {
		return nil, warnings, fmt.Errorf("%w: %w", ErrRoot, err)
	}
	defer root.Close()
	type made struct {
		report       *inventory.Report
		applications error
	}
	found, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (m made, err error) {
		whole := record
		whole.Files = disk.NewTree(ctx, root, macos.MaxFiles, true)
		m.report, m.applications, err = whole.report(config)
		return m, err
	})
	if err != nil && !errors.Is(err, ErrNoName) { // the files took too long: without software
		found.applications = err
		record.Applications = nil
		found.report, _, err = record.report(config)
	}
	if err != nil {
		return nil, warnings, err
	}
	report, applications := found.report, found.applications
	if applications != nil {
		warnings = append(warnings, Warning{What: "applications", Err: applications})
	}
	if report.Software != nil {
		report.Facts, err = within(ctx, config.Time/sourceShare, func(ctx context.Context) (inventory.Facts, error) {
			return macSignatures(ctx, disk.NewTree(ctx, root, macos.MaxFiles, true), report.Software)
		})
		if err != nil {
			warnings = append(warnings, Warning{What: "facts " + signaturesFamily, Err: err})
		}
	}
	known := macSettings{root: root, run: askTool, host: platformUUID(record.Platform)}
	warnings = append(warnings, known.add(ctx, config, report)...)
	if config.Extensions {
		if err := addExtensions(ctx, config, root, "darwin", report, "Users/*"); err != nil {
			warnings = append(warnings, Warning{What: "extensions", Err: err})
		}
	}
	return report, append(warnings, unidentified(report)...), nil
}

// runTool runs one of macOS's tools and returns its output. When ctx ends the tool is killed, and
// processes that it started are waited for at most a second.
func runTool(ctx context.Context, program string, args ...string) ([]byte, error) {
	out := &limitedBuffer{most: maxOutput}
	command := exec.CommandContext(ctx, program, args...)
	command.Stdout = out
	command.WaitDelay = grace
	err := command.Run()
	switch {
	case out.full:
		return nil, fmt.Errorf("its output has more than %d bytes", maxOutput)
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return out.Bytes(), err
}

// askTool runs one of macOS's tools that tells a setting, and returns what it printed: some print to the one stream and
// some to the other, and some print an answer and fail.
func askTool(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askTimeout, fmt.Errorf("%w: more than %v", errSlow, askTimeout))
	defer cancel()
	out := &limitedBuffer{most: maxAnswer}
	command := exec.CommandContext(ctx, program, args...)
	command.Stdout, command.Stderr = out, out
	command.Env = append(command.Environ(), "LC_ALL=C", "LANG=C")
	command.WaitDelay = grace
	err := command.Run()
	switch {
	case out.full:
		return "", fmt.Errorf("its output has more than %d bytes", maxAnswer)
	case err != nil && ctx.Err() != nil:
		return "", context.Cause(ctx)
	}
	return out.String(), err
}

// limitedBuffer accepts a number of bytes and no more.
type limitedBuffer struct {
	bytes.Buffer
	most int
	full bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		b.full = true
		return 0, bytes.ErrTooLarge
	}
	return b.Buffer.Write(p)
}
