package auth

import "slices"

// Permission is what a client application may do (contract.md, section 1, and
// two of ours). They stand in the roles of its tokens.
type Permission string

// The permissions that applications can have.
const (
	ReadVulnerabilities Permission = "Vulnerability.Read.All"
	ReadSoftware        Permission = "Software.Read.All"
	// WriteReports sends reports of any device.
	WriteReports Permission = "Reports.Write.All"
	// Manage covers what an administrator does in one organization: publish,
	// devices, clients, groups and enrolments. In the home organization it
	// covers the server as well: organizations, feeds, keys and metrics.
	Manage Permission = "Muster.Manage.All"
	// WriteOwnReports sends reports of the one device whose credential it is.
	// No application can have it.
	WriteOwnReports Permission = "Reports.Write.Own"
)

// Permissions lists those that an application may be given.
func Permissions() []Permission {
	return []Permission{ReadVulnerabilities, ReadSoftware, WriteReports, Manage}
}

// Delegated is the spelling of a permission in the scopes of a token that a
// user delegated to an application: contract.md, section 1. It is empty where
// there is none: reports and management are not delegated.
func (p Permission) Delegated() string {
	switch p {
	case ReadVulnerabilities:
		return "Vulnerability.Read"
	case ReadSoftware:
		return "Software.Read"
	}
	return ""
}

// IsPermission tells whether an application may be given the permission.
func IsPermission(p Permission) bool { return slices.Contains(Permissions(), p) }
