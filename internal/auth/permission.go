package auth

import (
	"slices"
	"strings"
)

// Permission is what a client application may do (contract.md, sections 1 and 9, and those of
// muster's own). Tokens list permissions as roles.
type Permission string

// The permissions that applications can have.
const (
	ReadVulnerabilities Permission = "Vulnerability.Read.All"
	ReadSoftware        Permission = "Software.Read.All"
	ReadMachines        Permission = "Machine.Read.All"
	// ReadWriteMachines allows what ReadMachines does: no call changes a machine in Microsoft's way.
	ReadWriteMachines   Permission = "Machine.ReadWrite.All"
	ReadRecommendations Permission = "SecurityRecommendation.Read.All"
	ReadScores          Permission = "Score.Read.All"
	// RunQueries is needed by the call for advanced queries, which answers none.
	RunQueries Permission = "AdvancedQuery.Read.All"
	// WriteReports sends reports of any device.
	WriteReports Permission = "Reports.Write.All"
	// Manage allows administration of one organization: publish, devices, clients, groups and
	// enrolments. In the home organization it also covers the server: organizations, feeds and
	// keys.
	Manage Permission = "Muster.Manage.All"
	// ReadMetrics reads metrics, and nothing else: for Prometheus.
	ReadMetrics Permission = "Metrics.Read.All"
	// ReadAudit reads the audit log of one organization. It counts only for callers that see all
	// groups, since the log names devices of all.
	ReadAudit Permission = "Audit.Read.All"
	// WriteExceptions adds, imports and removes exceptions, in the groups that the caller sees.
	WriteExceptions Permission = "Exceptions.Write.All"
	// WriteOwnReports sends reports of the one device that owns the credential. No application
	// can have it.
	WriteOwnReports Permission = "Reports.Write.Own"
)

// Permissions lists the permissions that an application may have.
func Permissions() []Permission {
	return []Permission{ReadVulnerabilities, ReadSoftware, ReadMachines, ReadWriteMachines, ReadRecommendations,
		ReadScores, RunQueries, WriteReports, Manage, ReadMetrics, ReadAudit, WriteExceptions}
}

// Delegated returns the spelling of a permission in the scopes of a token that a user delegated
// to an application: contract.md, sections 1 and 9. It is "" for muster's own, which are not
// delegated.
func (p Permission) Delegated() string {
	switch p {
	case ReadVulnerabilities, ReadSoftware, ReadMachines, ReadWriteMachines, ReadRecommendations, ReadScores, RunQueries:
		return strings.TrimSuffix(string(p), ".All")
	}
	return ""
}

// IsPermission tells whether an application may have the permission.
func IsPermission(p Permission) bool { return slices.Contains(Permissions(), p) }

// NeedsAllGroups tells whether a permission counts only for callers that see all groups.
func (p Permission) NeedsAllGroups() bool { return p == Manage || p == ReadAudit }
