// Package written has the form in which people write exceptions: in a file, or to add one. Clients need it, so it
// imports nothing.
package written

// NewException is an exception as people write it. Its columns in CSV have the same names.
type NewException struct {
	CVE     string `json:"cve"`
	PURL    string `json:"purl,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	// Device and Group are names or ids.
	Device string `json:"device,omitempty"`
	Group  string `json:"group,omitempty"`
	// Action is "hide", also if it is empty, or "mark".
	Action string `json:"action,omitempty"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
	// From and Until are times (RFC 3339) or days (2027-03-31), which begin and end in UTC: until a
	// day is with that day.
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
}

// Columns returns where the columns of a CSV file go.
func (e *NewException) Columns() map[string]*string {
	return map[string]*string{"cve": &e.CVE, "purl": &e.PURL, "vendor": &e.Vendor, "name": &e.Name,
		"version": &e.Version, "device": &e.Device, "group": &e.Group, "action": &e.Action, "reason": &e.Reason,
		"by": &e.By, "from": &e.From, "until": &e.Until}
}
