// Package notices has the wire types and calls below /v1/notices: who is told what changed after a snapshot.
package notices

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/notice"
)

// Set is a rule to set.
type Set struct {
	notice.Rule
	// RBACGroups are names of groups, beside rbacGroupIds.
	RBACGroups []string `json:"rbacGroups,omitempty"`
	// Destination may be absent for a rule that exists: it keeps its destination, with the secrets.
	Destination *notice.Destination `json:"destination,omitempty"`
}

// Rule is a rule of an organization, without its secrets.
type Rule struct {
	notice.Rule
	Destination notice.Destination `json:"destination"`
	// ChangedBy is the client that set the rule.
	ChangedTime time.Time `json:"changedTime"`
	ChangedBy   string    `json:"changedBy,omitempty"`
	// Since is a snapshot: what changes after it is told.
	Since  int64  `json:"since"`
	Status Status `json:"status"`
}

// Status says how a rule does.
type Status struct {
	// State is "off", "dryRun", "failing" or "ok".
	State string `json:"state"`
	// SentTime is when something was sent last.
	SentTime *time.Time `json:"sentTime,omitempty"`
	// Failures counts the tries in a row that failed. FailingTime is when the first did, Error says why the last did,
	// and RetryTime when the next one is.
	Failures    int64      `json:"failures,omitempty"`
	FailingTime *time.Time `json:"failingTime,omitempty"`
	Error       string     `json:"error,omitempty"`
	RetryTime   *time.Time `json:"retryTime,omitempty"`
	// Notices counts the notices of the last 30 days by state, OldestWaitingTime is when the oldest that waits was
	// made.
	Notices           map[string]int64 `json:"notices"`
	OldestWaitingTime *time.Time       `json:"oldestWaitingTime,omitempty"`
}

// Rules is the list of rules, by name.
type Rules struct {
	Rules []Rule `json:"rules"`
	// Snapshot is the last one of which notices were made; 0 for none.
	Snapshot int64 `json:"snapshot"`
}

// Told is a notice and what became of it.
type Told struct {
	ID   int64  `json:"id"`
	Rule string `json:"rule"`
	// State is "waiting", "sent", "failed", "dry" or "silent".
	State    string    `json:"state"`
	MadeTime time.Time `json:"madeTime"`
	// DueTime is when it is sent, at the earliest; EndedTime is when it was sent or given up.
	DueTime   time.Time  `json:"dueTime"`
	EndedTime *time.Time `json:"endedTime,omitempty"`
	Tries     int64      `json:"tries"`
	// Error says why the last try failed.
	Error  string        `json:"error,omitempty"`
	Notice notice.Notice `json:"notice"`
}

// History is a page of notices, newest first.
type History struct {
	Notices []Told `json:"notices"`
	// Next is the value of the parameter after for the next page; absent at the end.
	Next string `json:"next,omitempty"`
}

// Tested says what came of a test.
type Tested struct {
	Sent bool `json:"sent"`
	// Error says why the receiver did not take it.
	Error string `json:"error,omitempty"`
}

// Preview is what a rule would have told of the newest snapshot.
type Preview struct {
	Snapshot int64           `json:"snapshot"`
	Previous int64           `json:"previous"`
	Notices  []notice.Notice `json:"notices"`
	// Silent says why nothing can be told, if so.
	Silent string `json:"silent,omitempty"`
}

const path = "/v1/notices"

func rule(name string) string { return path + "/rules/" + url.PathEscape(name) }

// ListRules lists the rules.
func ListRules() control.Request[Rules] {
	return control.Request[Rules]{Call: control.Call{Method: http.MethodGet, Path: path + "/rules"}}
}

// SetRule makes or replaces a rule.
func SetRule(name string, set Set) control.Request[Rule] {
	return control.Request[Rule]{Call: withBody(http.MethodPut, rule(name), set)}
}

// RemoveRule removes a rule, with what is owed by it.
func RemoveRule(name string) control.Request[control.Nothing] {
	return control.Request[control.Nothing]{Call: control.Call{Method: http.MethodDelete, Path: rule(name)}}
}

// TestRule sends a test to the receiver of a rule.
func TestRule(name string) control.Request[Tested] {
	return control.Request[Tested]{Call: control.Call{Method: http.MethodPost, Path: rule(name) + "/test"}}
}

// PreviewRule asks what a rule would have told of the newest snapshot.
func PreviewRule(name string) control.Request[Preview] {
	return control.Request[Preview]{Call: control.Call{Method: http.MethodGet, Path: rule(name) + "/preview"}}
}

// RehearseRule asks what a rule that is not stored would have told of the newest snapshot. It has no destination.
func RehearseRule(set Set) control.Request[Preview] {
	return control.Request[Preview]{Call: withBody(http.MethodPost, path+"/rehearsal", set)}
}

// Listing says which notices are listed; empty fields are all.
type Listing struct {
	Rule, State, After string
	Limit              int
}

// ListHistory lists a page of notices.
func ListHistory(l Listing) control.Request[History] {
	query := url.Values{}
	for name, value := range map[string]string{"rule": l.Rule, "state": l.State, "after": l.After} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if l.Limit > 0 {
		query.Set("limit", strconv.Itoa(l.Limit))
	}
	return control.Request[History]{Call: control.Call{Method: http.MethodGet, Path: path + "/history", Query: query}}
}

// withBody is a call with a value as its body.
func withBody(method, path string, value any) control.Call {
	return control.Call{Method: method, Path: path, ContentType: control.JSON, Body: func() (io.ReadCloser, error) {
		text, err := json.Marshal(value)
		return io.NopCloser(bytes.NewReader(text)), err
	}}
}
