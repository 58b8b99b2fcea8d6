package answers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// listExcepted lists what exceptions hide or mark, in one group or in all.
func listExcepted(ctx context.Context, k *kong.Context, t *console.Terminal, f *connect.Flags, c outputFlags,
	group string) error {
	fields := []string{"deviceId", "deviceName", "rbacGroupId", "cveId", "softwareVendor", "softwareName",
		"softwareVersion", "action", "status", "exceptionId", "by", "untilTime", "reason"}
	return f.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		limit := c.Limit
		if limit == 0 && !c.JSON && !c.CSV {
			limit = shownRows
		}
		var rows [][]string
		sheet := newSheet(t, fields)
		defer sheet.Flush()
		if c.CSV {
			if err := sheet.row(fields); err != nil {
				return err
			}
		}
		last, err := control.EachExcepted(ctx, s.Session, group, limit, func(e control.ExceptedRow) error {
			switch {
			case c.JSON:
				text, err := json.Marshal(e)
				if err == nil {
					_, err = fmt.Fprintf(t.Out, "%s\n", text)
				}
				return err
			case c.CSV:
				return sheet.row([]string{e.DeviceID, e.DeviceName, number(e.GroupID), e.CVEID, e.Vendor, e.Name, e.Version,
					e.Action, e.Status, e.ExceptionID, e.By, timeOf(e.UntilTime), e.Reason})
			}
			rows = append(rows, []string{e.DeviceName, e.CVEID, e.Vendor + "/" + e.Name + " " + e.Version, e.Action, e.Status,
				timeOf(e.UntilTime), e.Reason})
			return nil
		})
		if err != nil {
			return s.Explain(err)
		}
		if c.JSON || c.CSV {
			return nil
		}
		return printExcepted(t, rows, &last)
	})
}

func printExcepted(t *console.Terminal, rows [][]string, last *control.ExceptedRows) error {
	if len(rows) > 0 {
		err := t.Table([]string{"device", "cve", "software", "action", "status", "until", "reason"}, rows)
		if err != nil {
			return err
		}
	}
	lines := []string{fmt.Sprintf("hidden by exceptions in snapshot %[2]d: %[1]d", last.Excepted, last.Number)}
	if last.Next != "" {
		lines = append(lines, "--limit shows more")
	}
	return t.Lines(lines)
}
