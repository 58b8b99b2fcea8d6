package node

import (
	"errors"
	"fmt"
)

// The names in a data folder; package generation adds feed/, catalog/ and aliases.txt.
const (
	VersionFile = "version"
	MakingFile  = "making" // while the folder is made
	MovedFile   = "moved"  // from before the last step of a move to other places
	LockFile    = "lock"
	KeyFile     = "key"
	StoreFile   = "muster.db"
	FilesFolder = "files"
	ACMEFolder  = "acme" // account and certificates
	AuditFile   = "audit.jsonl"
	// AdministratorFile is where the first start writes the administrator's secret, in the
	// form of muster client add --json.
	AdministratorFile = "administrator.json"
)

// FolderVersion is the layout of a data folder that this program knows.
const FolderVersion = "1"

// Errors of a data folder that is not opened.
var (
	ErrLocked  = errors.New("the data folder is in use")
	ErrFolder  = errors.New("not a data folder")
	ErrDamaged = errors.New("the data folder is damaged")
	ErrMoved   = errors.New("the data folder was moved")
)

// ErrPlace: a database, files or the key that nodes share cannot be used.
var ErrPlace = errors.New("not usable")

// ErrSetting: a setting is invalid.
var ErrSetting = errors.New("invalid setting")

// settingError returns an error of a setting, which it names by its flag. The text is
// complete without that of ErrSetting.
func settingError(format string, args ...any) error { return &badSetting{fmt.Errorf(format, args...)} }

type badSetting struct{ error }

// Unwrap returns ErrSetting beside the cause.
func (b *badSetting) Unwrap() []error { return []error{ErrSetting, b.error} }
