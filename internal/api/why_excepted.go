package api

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store/exception"
)

// excepted decides about findings by the exceptions that are in force now.
type excepted struct {
	set *except.Set
	at  except.Place
}

// exceptedAt returns the exceptions of the caller's organization, for a device in a group.
func exceptedAt(r *edge.Request, s *exception.Store, now time.Time, at except.Place) (x excepted, err error) {
	stored, err := s.All(r.Context(), r.Caller.Organization)
	if err != nil {
		return x, err
	}
	all := make([]except.Exception, len(stored))
	for i := range stored {
		all[i] = stored[i].Exception
	}
	x.at = at
	x.set, err = except.NewSet(all, now)
	return x, err
}

// about adds to the explanation of a component which exception decides about its finding.
func (x *excepted) about(one *control.WhySoftware, c catalog.Component, cve string) {
	by := x.set.Matching(cve, except.Software{PURL: c.PURL, Vendor: one.SoftwareVendor, Name: one.SoftwareName,
		Version: one.SoftwareVersion}).Decide(x.at)
	if by == nil || !one.Affected {
		return
	}
	one.Exception = &control.WhyException{ID: by.ID, Status: string(by.Status), Action: by.Action(), Reason: by.Reason,
		By: by.By, Source: by.Source}
	if !by.Until.IsZero() {
		one.Exception.UntilTime = &by.Until
	}
	one.Text = append(one.Text, wordsOfException(by))
}

// wordsOfException says what an exception does, and why.
func wordsOfException(by *except.Exception) string {
	does := map[string]string{"hide": "hides the finding", "mark": "marks the finding",
		"none": "lets the finding be seen"}[by.Action()]
	text := fmt.Sprintf("Exception %s %s: %s", by.ID, does, by.Status)
	if by.Source != "" {
		text += " in " + by.Source
	}
	if by.By != "" {
		text += ", by " + by.By
	}
	if !by.Until.IsZero() {
		text += ", until " + by.Until.UTC().Format(time.RFC3339)
	}
	if by.Reason != "" {
		text += ": " + by.Reason
	}
	return text + "."
}
