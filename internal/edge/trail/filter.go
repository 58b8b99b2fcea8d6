package trail

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// Filter says which lines are wanted beside their organization and time. What is empty matches every line; texts are
// compared in any case.
type Filter struct {
	// Event and Path are parts of those of a line. Caller is the id or the name of the caller, whole. Outcome is whole.
	Event, Path, Caller, Outcome string
	// Changes leaves out what changes nothing, and what every device does: reading, reports, and tokens.
	Changes bool
}

// has tells whether a line is wanted.
func (f *Filter) has(h *head) bool {
	contains := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	switch {
	case f.Caller != "" && !strings.EqualFold(h.caller, f.Caller) && !strings.EqualFold(h.name, f.Caller),
		f.Outcome != "" && !strings.EqualFold(h.outcome, f.Outcome),
		f.Changes && isRoutine(h.event):
		return false
	}
	return contains(h.event, f.Event) && contains(h.path, f.Path)
}

// isRoutine tells whether an event changes nothing, or is what every device does.
func isRoutine(event string) bool {
	return strings.HasPrefix(event, "read ") || event == "receive reports" || event == "issue token" ||
		event == "download file" || event == "verify snapshots" || event == "rehearse groups"
}

// head is what filters ask of a line.
type head struct {
	when                                             time.Time
	organization, event, outcome, path, caller, name string
}

// headOf returns the head of a line; false for what is no line of the log, such as a damaged one. If a member is there
// twice the first counts: the caller's, which comes before what the request was about.
func headOf(line []byte) (h head, ok bool) {
	if !json.Valid(line) {
		return h, false
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return h, false
	}
	into := map[string]any{"time": &h.when, "organization": &h.organization, "event": &h.event, "outcome": &h.outcome,
		"path": &h.path, "caller": &h.caller, "name": &h.name}
	seen := map[string]bool{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return h, false
		}
		name, _ := key.(string)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return h, false
		}
		if to := into[name]; to != nil && !seen[name] {
			seen[name] = true
			if err := json.Unmarshal(value, to); err != nil && (name == "time" || name == "organization") {
				return h, false
			}
		}
	}
	return h, seen["time"] && seen["organization"]
}
