package auth

import "slices"

// Permission is what a client application may do (contract.md, section 1, and two of muster's
// own). Tokens list permissions as roles.
type Permission string

// The permissions that applications can have.
const (
	ReadVulnerabilities Permission = "Vulnerability.Read.All"
	ReadSoftware        Permission = "Software.Read.All"
	// WriteReports sends reports of any device.
	WriteReports Permission = "Reports.Write.All"
	// Manage allows administration of one organization: publish, devices, clients, groups and
	// enrolments. In the home organization it also covers the server: organizations, feeds, keys
	// and metrics.
	Manage Permission = "Muster.Manage.All"
	// WriteOwnReports sends reports of the one device that owns the credential. No application
	// can have it.
	WriteOwnReports Permission = "Reports.Write.Own"
)

// Permissions lists the permissions that an application may have.
func Permissions() []Permission {
	return []Permission{ReadVulnerabilities, ReadSoftware, WriteReports, Manage}
}

// Delegated returns the spelling of a permission in the scopes of a token that a user delegated
// to an application: contract.md, section 1. It is "" for reports and management, which are not
// delegated.
func (p Permission) Delegated() string {
	switch p {
	case ReadVulnerabilities:
		return "Vulnerability.Read"
	case ReadSoftware:
		return "Software.Read"
	}
	return ""
}

// IsPermission tells whether an application may have the permission.
func IsPermission(p Permission) bool { return slices.Contains(Permissions(), p) }
