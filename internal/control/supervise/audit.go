package supervise

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/control"
)

// AuditFilter says which lines of the audit log are wanted; what is empty matches all.
type AuditFilter struct {
	// Since is the oldest time, After the Next of the page before.
	Since time.Time
	After string
	// Event is a part of the name of the event, Caller the id or the name of the caller, Outcome the outcome, and Path
	// a part of the path.
	Event, Caller, Outcome, Path string
	// Changes leaves out what reads, reports and tokens.
	Changes bool
	// Limit is how many lines; 0 is the API's own.
	Limit int
}

// ReadAudit reads a page of the audit log.
func ReadAudit(f AuditFilter) control.Request[control.AuditPage] {
	q := url.Values{}
	for name, value := range map[string]string{"after": f.After, "event": f.Event, "caller": f.Caller,
		"outcome": f.Outcome, "path": f.Path} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.UTC().Format(time.RFC3339Nano))
	}
	if f.Changes {
		q.Set("changes", "true")
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return control.Request[control.AuditPage]{Call: control.Call{Method: http.MethodGet, Path: "/v1/audit", Query: q}}
}

// RevokeCredential removes a credential of a client.
func RevokeCredential(client, credential string) control.Request[control.Nothing] {
	return control.Request[control.Nothing]{Call: control.Call{Method: http.MethodDelete,
		Path: "/v1/clients/" + url.PathEscape(client) + "/credentials/" + url.PathEscape(credential)}}
}

// DeviceFilter says which devices are wanted.
type DeviceFilter struct {
	// After is the Next of the page before, Name a part of the name.
	After, Name string
	// Claims: only devices that claim something that no manager has accepted.
	Claims bool
	Limit  int
}

// ListDevices lists a page of devices in the order of their ids.
func ListDevices(f DeviceFilter) control.Request[control.DeviceList] {
	q := url.Values{"limit": {strconv.Itoa(max(1, f.Limit))}}
	for name, value := range map[string]string{"after": f.After, "name": f.Name} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Claims {
		q.Set("claims", "true")
	}
	return control.Request[control.DeviceList]{Call: control.Call{Method: http.MethodGet, Path: "/v1/devices", Query: q}}
}
