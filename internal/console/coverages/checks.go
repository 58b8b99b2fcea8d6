package coverages

import (
	"fmt"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/plain"
)

// maxReasons is how many reasons of silent checks are printed.
const maxReasons = 10

// Checks says what checks of settings said of devices, and why some said nothing; nothing if nobody counted. total is
// how many devices there are.
func Checks(c *counts.Checks, total int64) (lines []string) {
	if c == nil || !c.Known() {
		return nil
	}
	lines = []string{fmt.Sprintf("checks: %d asked of %s; %d failing, %d passing, %d not applicable, %d silent", c.Asked,
		devices(c.Devices), c.NonCompliant, c.Compliant, c.NotApplicable, c.Silent)}
	if rest := total - c.Devices; rest > 0 {
		lines = append(lines, fmt.Sprintf("  %s counted by the next snapshots that make them anew: an older program assessed them",
			devicesAre(rest)))
	}
	for i, s := range c.Silences {
		if i == maxReasons {
			return append(lines, fmt.Sprintf("  and for %d other reasons, which --json has", len(c.Silences)-i))
		}
		lines = append(lines, fmt.Sprintf("  silent: %d, on %s: %s", s.Count, devices(s.Devices), reasonOf(s)))
	}
	return lines
}

// reasonOf says why checks are silent.
func reasonOf(s counts.Silence) string {
	if s.Cause == counts.CauseOther {
		return "other reasons"
	}
	return plain.Inline(s.Reason)
}

func devicesAre(n int64) string {
	if n == 1 {
		return "1 device is"
	}
	return fmt.Sprintf("%d devices are", n)
}
