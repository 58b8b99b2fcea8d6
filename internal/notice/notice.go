package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/counts"
)

// Version is that of the payload. A field that is added keeps it.
const Version = 1

// Delivery is what is sent at once: one notice, or those of a digest. It is the payload of webhooks.
type Delivery struct {
	Version int `json:"version"`
	// Key is that of its notice; of a digest it follows from those of all.
	Key          string       `json:"key"`
	Organization Organization `json:"organization"`
	// Rule is the name of the rule.
	Rule    string   `json:"rule"`
	Notices []Notice `json:"notices"`
}

// Organization names an organization.
type Organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Notice is one thing that is told.
type Notice struct {
	// Key is the same whenever the notice is sent, and no other has it.
	Key   string `json:"key"`
	Event Event  `json:"event"`
	// Title is a line for people.
	Title string `json:"title"`
	// Link leads to the page of the dashboard about it. It is set when it is sent; empty if the server's address is not
	// known.
	Link string `json:"link,omitempty"`
	// Severity is the worst of its findings; absent of notices that are not about findings.
	Severity string `json:"severity,omitempty"`
	// Snapshot is the new one, Previous the one with which it was compared; 0 of a test.
	Snapshot      int64     `json:"snapshot"`
	Previous      int64     `json:"previous"`
	GeneratedTime time.Time `json:"generatedTime"`
	// CVEs are the worst; CVECount counts all.
	CVEs     []CVE `json:"cves,omitempty"`
	CVECount int   `json:"cveCount,omitempty"`
	// Products are in order; ProductCount counts all.
	Products     []Product `json:"products,omitempty"`
	ProductCount int       `json:"productCount,omitempty"`
	// Devices are the first by group and id; DeviceCount counts all. Reasons counts them by why they are told.
	Devices     []Device `json:"devices,omitempty"`
	DeviceCount int      `json:"deviceCount,omitempty"`
	Reasons     *Reasons `json:"reasons,omitempty"`
	// Feed and Exception are what a notice of these events is about.
	Feed      *StaleFeed       `json:"feed,omitempty"`
	Exception *EndingException `json:"exception,omitempty"`
	// Omitted says what More stands for.
	Omitted *Omitted `json:"omitted,omitempty"`
}

// Device is a device that is listed.
type Device struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Group int64  `json:"rbacGroupId"`
	// GroupName is empty of group 0.
	GroupName string `json:"rbacGroupName,omitempty"`
	// Reason says of lost coverage why, of a silent device when it was seen last.
	Reason string `json:"reason,omitempty"`
}

// Reasons counts devices by why a finding is told: of several the first counts.
type Reasons struct {
	New       int `json:"new,omitempty"`
	Exploited int `json:"exploited,omitempty"`
	Severity  int `json:"severity,omitempty"`
}

// StaleFeed is a feed that is too old.
type StaleFeed struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Day is that to which it is known to be up to date.
	Day       string `json:"day,omitempty"`
	LimitDays int64  `json:"limitDays"`
	Failures  int    `json:"failures,omitempty"`
}

// EndingException is an exception that ends.
type EndingException struct {
	ID        string    `json:"id"`
	CVE       string    `json:"cveId"`
	Software  string    `json:"software,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"by,omitempty"`
	UntilTime time.Time `json:"untilTime"`
}

// Omitted counts notices that were not made.
type Omitted struct {
	Notices int `json:"notices"`
	// BySeverity counts them by the worst severity of each.
	BySeverity map[string]int `json:"bySeverity"`
}

// Step is from one snapshot to the next.
type Step struct {
	Organization  string
	Before, After Snapshot
	// Generated is when After was published.
	Generated time.Time
	// SameCatalog says that both were made with one catalog: what differs comes from reports and exceptions.
	SameCatalog bool
	// Groups are the names of RBAC groups.
	Groups map[int64]string
}

// Snapshot is what a step needs to know of a snapshot as a whole.
type Snapshot struct {
	Number int64
	// Begun is when its generation began.
	Begun time.Time
	Feeds []counts.Feed
}

// newNotice returns a notice of a step. subject tells those of one event, rule and snapshot apart.
func (s *Step) newNotice(r *Rule, e Event, subject ...string) Notice {
	key := append([]string{s.Organization, r.Name, strconv.FormatInt(s.After.Number, 10), string(e)}, subject...)
	return Notice{Key: KeyOf(key...), Event: e, Snapshot: s.After.Number, Previous: s.Before.Number,
		GeneratedTime: s.Generated.UTC()}
}

// KeyOf returns the key of texts: 32 hexadecimal digits.
func KeyOf(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s,", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// NewDelivery returns the delivery of some notices, at least one.
func NewDelivery(org Organization, rule string, notices []Notice) *Delivery {
	d := &Delivery{Version: Version, Key: notices[0].Key, Organization: org, Rule: rule, Notices: notices}
	if len(notices) > 1 {
		var keys []string
		for i := range notices {
			keys = append(keys, notices[i].Key)
		}
		d.Key = KeyOf(keys...)
	}
	return d
}

// NewTest returns the notice that tries a receiver. at makes its key.
func NewTest(org, rule string, at time.Time) Notice {
	return Notice{Key: KeyOf(org, rule, string(Test), strconv.FormatInt(at.UnixNano(), 10)), Event: Test,
		Title: "This is a test of the rule " + rule, GeneratedTime: at.UTC().Truncate(time.Second)}
}

// Title returns a line for people that stands for the whole delivery.
func (d *Delivery) Title() string {
	if len(d.Notices) == 1 {
		return d.Notices[0].Title
	}
	return fmt.Sprintf("%d notices of the rule %s", len(d.Notices), d.Rule)
}

// Link returns the link of a delivery of one notice; of several each has its own.
func (d *Delivery) Link() string {
	if len(d.Notices) == 1 {
		return d.Notices[0].Link
	}
	return ""
}

// Worst returns the worst severity of the notices; empty if none is about findings.
func (d *Delivery) Worst() (worst string) {
	for i := range d.Notices {
		if s := d.Notices[i].Severity; s != "" && (worst == "" || rank(s) < rank(worst)) {
			worst = s
		}
	}
	return worst
}
