package notice

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Event is a kind of event that a rule tells.
type Event string

// The events.
const (
	// Finding: a finding came into the rule's list: it is new, its device is, or its severity rose into the list.
	Finding Event = "finding"
	// Exploited: a finding is known to be exploited (a known exploit, or CISA's list), and was not there or not known
	// to be.
	Exploited Event = "exploited"
	// Fixed: a finding was mended on the device: the version that had it is gone.
	Fixed Event = "fixed"
	// Coverage: a device is assessed less than before.
	Coverage Event = "coverage"
	// Feed: a feed has become too old to judge by.
	Feed Event = "feed"
	// Silent: a device has become inactive.
	Silent Event = "silent"
	// Exception: an exception ends soon.
	Exception Event = "exception"
)

// Events lists those that a rule may name.
func Events() []Event { return []Event{Finding, Exploited, Fixed, Coverage, Feed, Silent, Exception} }

// Events that only notices have.
const (
	// More stands for the notices of a snapshot beyond MaxNotices.
	More Event = "more"
	// Test is what somebody asked for to try a receiver.
	Test Event = "test"
	// Unknown stands for changes that are not told. It is not sent.
	Unknown Event = "unknown"
)

// Severities lists severities as rows spell them, the worst first. Findings without one are None or empty.
func Severities() []string { return []string{"Critical", "High", "Medium", "Low", "None"} }

// By says what has one notice of a snapshot.
type By string

// What has one notice.
const (
	ByCVE     By = "cve"
	ByProduct By = "product"
)

// The limits of a rule.
const (
	// MaxNotices is how many notices about CVEs, or products, a rule makes of a snapshot. One more says how many
	// there are beyond.
	MaxNotices = 100
	// MaxListed is how many devices, CVEs and products a notice lists. It counts all.
	MaxListed = 20

	maxName     = 64
	maxGroups   = 1000
	maxProducts = 100
	maxProduct  = 256 // bytes of a vendor or name
	maxAhead    = 90  // days
)

// DefaultAhead is how many days before its end an exception is told.
const DefaultAhead = 7

// Product is software as rows name it. An empty vendor matches any.
type Product struct {
	Vendor string `json:"vendor,omitempty"`
	Name   string `json:"name"`
}

// Rule says what is told, and when.
type Rule struct {
	// Name is unique in the organization.
	Name   string  `json:"name,omitempty"`
	Events []Event `json:"events"`
	// Severities are those of findings that are told; empty for all.
	Severities []string `json:"severities,omitempty"`
	// Groups are RBAC groups, by number; empty for all, with those to come.
	Groups []int64 `json:"rbacGroupIds,omitempty"`
	// Products are those whose findings are told; empty for all.
	Products []Product `json:"products,omitempty"`
	// By is ByCVE if empty.
	By By `json:"by,omitempty"`
	// AheadDays is how many days before its end an exception is told: 7 if 0.
	AheadDays int `json:"aheadDays,omitempty"`
	// Quiet is when nothing is sent; Digest is the time of day ("08:00") at which everything of a day is sent
	// as one; empty for at once. Zone is the time zone of both: UTC if empty.
	Quiet  *Quiet `json:"quiet,omitempty"`
	Digest string `json:"digest,omitempty"`
	Zone   string `json:"zone,omitempty"`
	// DryRun makes notices and sends none. Off makes none.
	DryRun bool `json:"dryRun,omitempty"`
	Off    bool `json:"off,omitempty"`
}

// Quiet is a span of each day: From and To are times of day ("22:00"). To may be before From: then it ends on the
// next day.
type Quiet struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// ruleName is the form of names: they are part of addresses, and of headers of mails.
var ruleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Check says what is wrong with a rule. It does not know which groups and time zones there are.
func (r *Rule) Check() error {
	return errors.Join(r.checkName(), r.checkEvents(), r.checkFilter(), r.checkTimes())
}

func (r *Rule) checkName() error {
	if len(r.Name) > maxName || !ruleName.MatchString(r.Name) {
		return fmt.Errorf("name: %q must be 1 to %d letters, digits, dots, hyphens and underscores", clip(r.Name), maxName)
	}
	return nil
}

func (r *Rule) checkEvents() error {
	if len(r.Events) == 0 {
		return errors.New("events: at least one is needed")
	}
	seen := map[Event]bool{}
	for _, e := range r.Events {
		if !slices.Contains(Events(), e) {
			return fmt.Errorf("events: %q is none of %s", clip(string(e)), join(Events()))
		}
		if seen[e] {
			return fmt.Errorf("events: %q is there twice", e)
		}
		seen[e] = true
	}
	if !r.OfFindings() && (len(r.Severities) > 0 || len(r.Products) > 0 || r.By != "") {
		return fmt.Errorf("severities, products and by are about findings: events must have one of %s",
			join([]Event{Finding, Exploited, Fixed}))
	}
	if r.AheadDays != 0 && !r.Has(Exception) {
		return fmt.Errorf("aheadDays: events must have %q", Exception)
	}
	return nil
}

func (r *Rule) checkFilter() error {
	for _, s := range r.Severities {
		if !slices.Contains(Severities(), s) {
			return fmt.Errorf("severities: %q is none of %s", clip(s), strings.Join(Severities(), ", "))
		}
	}
	if r.By != "" && r.By != ByCVE && r.By != ByProduct {
		return fmt.Errorf("by: %q is neither %q nor %q", clip(string(r.By)), ByCVE, ByProduct)
	}
	if len(r.Groups) > maxGroups {
		return fmt.Errorf("rbacGroupIds: %d are more than %d", len(r.Groups), maxGroups)
	}
	if len(r.Products) > maxProducts {
		return fmt.Errorf("products: %d are more than %d", len(r.Products), maxProducts)
	}
	for _, p := range r.Products {
		if p.Name == "" || len(p.Name) > maxProduct || len(p.Vendor) > maxProduct || hasControl(p.Name+p.Vendor) {
			return fmt.Errorf("products: %q needs a name; vendor and name have at most %d bytes and no control characters",
				clip(p.Vendor+" "+p.Name), maxProduct)
		}
	}
	return nil
}

func (r *Rule) checkTimes() error {
	if r.AheadDays < 0 || r.AheadDays > maxAhead {
		return fmt.Errorf("aheadDays: %d is not 0 to %d", r.AheadDays, maxAhead)
	}
	if r.Digest != "" {
		if _, err := timeOfDay(r.Digest); err != nil {
			return fmt.Errorf("digest: %w", err)
		}
	}
	if q := r.Quiet; q != nil {
		from, err := timeOfDay(q.From)
		to, other := timeOfDay(q.To)
		if err = errors.Join(err, other); err != nil {
			return fmt.Errorf("quiet: %w", err)
		}
		if from == to {
			return fmt.Errorf("quiet: from %q to %q is no span", q.From, q.To)
		}
	}
	return nil
}

// Has reports whether the rule tells an event.
func (r *Rule) Has(e Event) bool { return slices.Contains(r.Events, e) }

// OfFindings reports whether the rule tells of findings.
func (r *Rule) OfFindings() bool { return r.Has(Finding) || r.Has(Exploited) || r.Has(Fixed) }

// OfDevices reports whether devices have to be compared for it; if Silent, all of them.
func (r *Rule) OfDevices() bool { return r.OfFindings() || r.Has(Coverage) || r.Has(Silent) }

// Sees reports whether a group is one of the rule's.
func (r *Rule) Sees(group int64) bool { return len(r.Groups) == 0 || slices.Contains(r.Groups, group) }

// wants reports whether a product is one of the rule's.
func (r *Rule) wants(vendor, name string) bool {
	return len(r.Products) == 0 || slices.ContainsFunc(r.Products, func(p Product) bool {
		return strings.EqualFold(p.Name, name) && (p.Vendor == "" || strings.EqualFold(p.Vendor, vendor))
	})
}

// tells reports whether findings of a severity are told.
func (r *Rule) tells(severity string) bool {
	if severity == "" {
		severity = "None"
	}
	return len(r.Severities) == 0 || slices.Contains(r.Severities, severity)
}

// ahead is how long before its end an exception is told.
func (r *Rule) ahead() time.Duration {
	days := r.AheadDays
	if days == 0 {
		days = DefaultAhead
	}
	return time.Duration(days) * 24 * time.Hour
}

// timeOfDay reads a time of day.
func timeOfDay(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil || at.Format("15:04") != text {
		return 0, fmt.Errorf("%q is no time of day, such as \"08:00\"", clip(text))
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }

// clip shortens what an error shows.
func clip(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func join(all []Event) string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = string(e)
	}
	return strings.Join(texts, ", ")
}
