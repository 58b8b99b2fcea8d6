package security

import (
	"slices"
	"strings"
)

// rightsTable has the rights that are asked for.
const rightsTable = `SeAssignPrimaryTokenPrivilege SeAuditPrivilege SeBackupPrivilege SeBatchLogonRight
SeCreateGlobalPrivilege SeCreatePagefilePrivilege SeCreatePermanentPrivilege SeCreateSymbolicLinkPrivilege
SeCreateTokenPrivilege SeDebugPrivilege SeDelegateSessionUserImpersonatePrivilege SeDenyBatchLogonRight
SeDenyInteractiveLogonRight SeDenyNetworkLogonRight SeDenyRemoteInteractiveLogonRight SeDenyServiceLogonRight
SeEnableDelegationPrivilege SeImpersonatePrivilege SeIncreaseBasePriorityPrivilege SeIncreaseQuotaPrivilege
SeInteractiveLogonRight SeLoadDriverPrivilege SeLockMemoryPrivilege SeManageVolumePrivilege SeNetworkLogonRight
SeProfileSingleProcessPrivilege SeRelabelPrivilege SeRemoteInteractiveLogonRight SeRemoteShutdownPrivilege
SeRestorePrivilege SeSecurityPrivilege SeServiceLogonRight SeShutdownPrivilege SeSystemEnvironmentPrivilege
SeSystemProfilePrivilege SeSystemtimePrivilege SeTakeOwnershipPrivilege SeTcbPrivilege SeTimeZonePrivilege
SeTrustedCredManAccessPrivilege`

// maxHolders bounds how many holders of a right are told.
const maxHolders = 100

// holders joins the security ids of those who have a right.
func holders(ids []string) string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return strings.Join(ids[:min(len(ids), maxHolders)], " ")
}
