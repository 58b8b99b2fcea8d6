package move

import (
	"fmt"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store/database"
)

// Config says what is moved where.
type Config struct {
	// Folder opens the data folder. Places are where it is moved to.
	Folder node.Config
	Places node.Places
	// Tell is called with how far it is, for people.
	Tell func(text string)
	// Trace, if set, is called before each step that changes something. Tests interrupt a move there.
	Trace func(step string) error
}

// Moved tells what was moved.
type Moved struct {
	Folder   string `json:"folder"`
	Database string `json:"database"`
	Files    string `json:"files"`
	// Before says that an earlier move of the folder to these places had ended, so that nothing was done.
	Before bool `json:"before"`
	// Tables and Folders are what was moved: tables with their rows, folders with their files.
	Tables  []Table  `json:"tables"`
	Folders []Folder `json:"folders"`
	// KeyBeside says that the folder's key lies beside the files; else the given one seals the keys.
	KeyBeside bool `json:"keyBesideFiles"`
	// Left are names in the folder that have no place elsewhere.
	Left []string `json:"left"`
}

// Table is a table that was moved.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// Folder is a folder of files that was moved.
type Folder struct {
	Name  string `json:"name"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
	// There is how many of these files an earlier, interrupted move had copied.
	There int `json:"there"`
}

// mover is one move.
type mover struct {
	Config
	source *node.Source
	target *node.Target
	origin database.Origin
	moved  Moved
}

// known is what the database and manifests know of a file.
type known struct {
	blob.Ref
	needed bool // the file is kept, and not being removed
}

// damaged is the error of a folder that must be repaired first.
func damaged(err error) error {
	return plain.Hinted(fmt.Errorf("%w: %w", node.ErrDamaged, err), "muster verify lists the damage, muster repair repairs it")
}
