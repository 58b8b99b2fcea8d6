package node

import (
	"errors"
	"fmt"
)

// The names in a data folder; package generation adds feed/, catalog/ and
// aliases.txt.
const (
	VersionFile = "version"
	MakingFile  = "making" // while the folder is made
	LockFile    = "lock"
	KeyFile     = "key"
	StoreFile   = "muster.db"
	FilesFolder = "files"
	ACMEFolder  = "acme" // account and certificates
	AuditFile   = "audit.jsonl"
	// AdministratorFile is where the first start puts the administrator's secret, as
	// muster client add --json prints it.
	AdministratorFile = "administrator.json"
)

// FolderVersion is the layout of a data folder that this program knows.
const FolderVersion = "1"

// Errors of a data folder that cannot be worked on.
var (
	ErrLocked  = errors.New("the data folder is in use")
	ErrFolder  = errors.New("this is no data folder to work on")
	ErrDamaged = errors.New("the data folder is damaged")
)

// ErrSetting says that a setting makes no sense.
var ErrSetting = errors.New("a setting makes no sense")

// settingError is the error of a setting, which is named by its flag. Its text
// says all, so that of ErrSetting is left out.
func settingError(format string, args ...any) error { return &badSetting{fmt.Errorf(format, args...)} }

type badSetting struct{ error }

// Unwrap returns ErrSetting beside the cause.
func (b *badSetting) Unwrap() []error { return []error{ErrSetting, b.error} }
