package access

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/web/page"
)

// line is a line of the audit log.
type line struct {
	time                                                   time.Time
	event, outcome, status, name, caller, address, request string
	path, rest                                             string
}

// readLine reads a line. A member that is there twice counts once, the first time; what has no column of its own is in
// rest. What cannot be read is shown as it is.
func readLine(text control.AuditLine) (l line) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return line{rest: string(text)}
	}
	into := map[string]*string{"event": &l.event, "outcome": &l.outcome, "status": &l.status, "name": &l.name,
		"caller": &l.caller, "address": &l.address, "request": &l.request, "path": &l.path}
	var rest []string
	seen := map[string]bool{"organization": true, "call": true, "method": true, "bytes": true}
	for decoder.More() {
		key, err := decoder.Token()
		var value json.RawMessage
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			return line{rest: string(text)}
		}
		name, _ := key.(string)
		switch to := into[name]; {
		case name == "time" && !seen[name]:
			_ = json.Unmarshal(value, &l.time) // the zero time is shown as a dash
		case to != nil && !seen[name]:
			*to = valueText(value)
		case to == nil && seen[name]: // the caller's own, which says nothing new
		default:
			rest = append(rest, name+"="+valueText(value))
		}
		seen[name] = true
	}
	l.rest = strings.Join(rest, " ")
	return l
}

// valueText is a value of JSON for people.
func valueText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// auditColumns are the columns of lines.
func auditColumns() []page.Column {
	all := page.Columns("Time", "Event", "Who", "Outcome", "Path", "From", "Details", "Request", "Caller")
	for i := range all {
		switch all[i].Name {
		case "Time", "Event", "Outcome":
			all[i].Whole = true
		case "Path", "Request":
			all[i].Brief = true
		}
	}
	return all
}

func lineCells(l *line) []page.Cell {
	return []page.Cell{page.TextCell(instant(l.time)), page.TextCell(l.event),
		page.Linked(l.name, page.Link("/audit", "caller", l.caller, "kind", "all")),
		page.TextCell(strings.TrimSpace(l.outcome + " " + l.status)), {Text: page.TextCell(l.path).Text, Code: true},
		page.TextCell(l.address), page.TextCell(l.rest), page.TextCell(l.request), page.TextCell(l.caller)}
}

// instant writes a time to the second.
func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
