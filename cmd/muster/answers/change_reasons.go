package answers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	lists "github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/store/publication"
)

// fixedFor counts why findings are fixed.
type fixedFor struct {
	counts.Fixed
	// Unknown counts those of which nobody said it: an older program made their snapshot, or their changes retired.
	Unknown int64 `json:"unknown,omitempty"`
}

// text is the reasons for people: "on the device", or "3 on the device, 1 moved".
func (f *fixedFor) text() string {
	if f == nil {
		return ""
	}
	var all []string
	for _, r := range f.Reasons() {
		all = append(all, strconv.FormatInt(r.Count, 10)+" "+r.Reason.Text())
	}
	if f.Unknown > 0 {
		all = append(all, strconv.FormatInt(f.Unknown, 10)+" "+why.Unknown.Text())
	}
	if len(all) == 1 {
		_, text, _ := strings.Cut(all[0], " ")
		return text
	}
	return strings.Join(all, ", ")
}

// explain asks why the findings are fixed that changed after a time: exports do not say it.
func (c *Changes) explain(ctx context.Context, s *control.Session, since time.Time, all map[changeKey]*change) error {
	fixed := map[changeKey]*change{}
	for k, one := range all {
		if k.status == string(defender.Fixed) {
			one.Reasons = &fixedFor{Unknown: one.Findings}
			fixed[k] = one
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	from, err := snapshotAt(ctx, s, since)
	if err != nil || from == 0 {
		return err
	}
	request := lists.Between(from, "", "fixed", &control.ListFilter{CVE: c.CVE, Severity: c.Severity, Exploited: c.Exploited,
		Fix: c.Fix, Software: c.Software, Device: c.Device, Group: c.Group, Text: c.Q, Limit: 1000})
	for {
		reply, err := control.Do(ctx, s, request)
		if refused := new(control.Error); errors.As(err, &refused) && refused.Status == http.StatusGone {
			return nil // it retired a moment ago
		}
		if err != nil {
			return err
		}
		for _, row := range reply.Value.Rows {
			reason, _ := why.Parse(row.Reason)
			one := fixed[changeKey{row.Status, row.CVEID, row.Vendor, row.Name}]
			if one != nil && reason != why.Unknown && one.Reasons.Unknown > 0 {
				*one.Reasons.Of(reason)++
				one.Reasons.Unknown--
			}
		}
		if reply.Value.Next == "" {
			return nil
		}
		request.Query.Set("after", reply.Value.Next)
	}
}

// snapshotAt is the number of the newest snapshot of a time, or else of the oldest; 0 if there is none.
func snapshotAt(ctx context.Context, s *control.Session, at time.Time) (number int64, err error) {
	known, err := control.Do(ctx, s, control.ListGenerations())
	if err != nil {
		return 0, err
	}
	oldest := int64(0)
	for _, g := range known.Value.Generations { // the newest first
		if g.State != string(publication.Sealed) || g.GeneratedTime == nil {
			continue
		}
		if !g.GeneratedTime.After(at) {
			return g.Number, nil
		}
		oldest = g.Number
	}
	return oldest, nil
}
