package collect

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/muster-project/muster/internal/inventory"
)

// Limits of one of macOS's tools.
const (
	toolTimeout = 2 * time.Minute
	maxOutput   = 64 << 20 // bytes
)

// collectHost makes the report of the machine we run on.
func collectHost(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	var warnings []Warning
	run := func(program string, args ...string) []byte {
		out, err := runTool(ctx, program, args...)
		if err != nil {
			warnings = append(warnings, Warning{What: program, Err: err})
		}
		return out
	}
	record := macRecord{
		Applications: run("/usr/sbin/system_profiler", "SPApplicationsDataType", "-json"),
		Version:      string(run("/usr/bin/sw_vers", "-productVersion")),
		Platform:     run("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"),
		Architecture: runtime.GOARCH,
	}
	record.HostName, _ = os.Hostname()
	report, applications, err := record.report(config)
	if err != nil {
		return nil, warnings, err
	}
	if applications != nil {
		warnings = append(warnings, Warning{What: "applications", Err: applications})
	}
	return report, warnings, ctx.Err()
}

// runTool runs one of macOS's tools and returns what it prints.
func runTool(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	pipe, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(pipe, maxOutput+1))
	if err == nil && len(out) > maxOutput {
		err = fmt.Errorf("it prints more than %d bytes", maxOutput)
	}
	if err != nil {
		cancel()
		command.Wait()
		return nil, err
	}
	return out, command.Wait()
}
