package notice

import (
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/except"
)

// stale makes a notice of each feed that has become too old.
func (s *Step) stale(r *Rule) (all []Notice) {
	for i := range s.After.Feeds {
		f := &s.After.Feeds[i]
		was := slices.ContainsFunc(s.Before.Feeds, func(b counts.Feed) bool {
			return b.Kind == f.Kind && b.Name == f.Name && b.Old
		})
		if !f.Old || was {
			continue
		}
		n := s.newNotice(r, Feed, f.Kind, f.Name)
		n.Feed = &StaleFeed{Kind: f.Kind, Name: f.Name, Day: f.Day, LimitDays: f.LimitDays, Failures: int(f.Failures)}
		n.Title = "feed " + f.Name + " is older than " + plural(int(f.LimitDays), "day")
		if f.Day != "" {
			n.Title += ": up to date to " + f.Day
		}
		all = append(all, n)
	}
	return all
}

// Ends makes the notice of an exception that ends soon; false if it does not, or if the step before told it. created
// is when it was added.
func (s *Step) Ends(r *Rule, e *except.Exception, created time.Time) (Notice, bool) {
	if e.Until.IsZero() || !r.Has(Exception) {
		return Notice{}, false
	}
	from := e.Until.Add(-r.ahead())
	if from.After(s.After.Begun) || !from.After(s.Before.Begun) && !created.After(s.Before.Begun) {
		return Notice{}, false
	}
	n := s.newNotice(r, Exception, e.ID, e.Until.UTC().Format(time.RFC3339Nano))
	software := e.Product.PURL
	if software == "" {
		software = strings.TrimSpace(named(e.Product.Vendor, e.Product.Name) + " " + e.Product.Version)
	}
	n.Exception = &EndingException{ID: e.ID, CVE: e.CVE, Software: software, Reason: e.Reason, By: e.By,
		UntilTime: e.Until.UTC()}
	verb := " ends "
	if !e.Until.After(s.After.Begun) {
		verb = " ended "
	}
	n.Title = "the exception of " + e.CVE + verb + e.Until.UTC().Format("2006-01-02 15:04 UTC")
	return n, true
}
