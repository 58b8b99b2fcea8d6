package security

import "errors"

// Family is a family of facts (doc/facts.md) and how Windows is asked for it.
type Family struct {
	Name string
	// Ask returns the facts. ErrAbsent: this Windows has nothing of the kind.
	Ask func() (map[string]string, error)
}

// ErrAbsent says that there is nothing to ask: the family is not in the report.
var ErrAbsent = errors.New("this Windows has nothing of the kind")

// The names of the families.
const (
	Passwords   = "password_policy"
	Accounts    = "accounts_windows"
	Audit       = "audit_policy"
	Rights      = "user_rights"
	Services    = "services_windows_running"
	Volumes     = "volumes"
	Defender    = "defender_running"
	DeviceGuard = "device_guard_running"
)
