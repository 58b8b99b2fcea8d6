package control

import "encoding/json"

// AuditPage is a page of lines of the audit log.
type AuditPage struct {
	// Lines have the members that doc/operations.md lists.
	Lines []AuditLine `json:"lines"`
	// Next is where the next page begins; empty if the log has no lines yet.
	Next string `json:"next,omitempty"`
	// More says that there may be more lines now.
	More bool `json:"more"`
}

// AuditLine is a line of the audit log, as it was written.
type AuditLine = json.RawMessage
