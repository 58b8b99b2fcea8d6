package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
)

// Moved is the content of the file moved, which is in a data folder from before the last step of a move.
// Only a move opens a folder that has it: else devices would go on to report to the folder, and clients
// would get other snapshots than those of the places.
type Moved struct {
	// Database and Files are where the folder was moved to, without secrets.
	Database string `json:"database"`
	Files    string `json:"files"`
	// Complete is false if the move may not have ended.
	Complete bool `json:"complete"`
}

// ReadMoved reads the mark of a folder; ok is false if it has none.
func ReadMoved(folder string) (m Moved, ok bool, err error) {
	path := filepath.Join(folder, MovedFile)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Moved{}, false, nil
	}
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait
		err = fmt.Errorf("%w: %q is not a regular file", ErrDamaged, path)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return Moved{}, false, fmt.Errorf("reading whether the folder was moved: %w", err)
	}
	_ = json.Unmarshal(text, &m) // a mark without a content is one
	return m, true, nil
}

// Write writes the mark into a folder.
func (m Moved) Write(folder string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("marking the folder as moved: %w", err)
	}
	return durable.Write(filepath.Join(folder, MovedFile), append(text, '\n'), 0o600)
}

// refuseMoved refuses a folder that was moved.
func refuseMoved(folder string) error {
	m, ok, err := ReadMoved(folder)
	if err != nil || !ok {
		return err
	}
	if !m.Complete {
		return plain.Hinted(fmt.Errorf("%w to database %q with files in %q, and that may not have ended", ErrMoved, m.Database, m.Files),
			"run muster move again; to go on with the folder instead, remove the file %s from it, and never serve the other place", MovedFile)
	}
	return plain.Hinted(fmt.Errorf("%w to database %q with files in %q", ErrMoved, m.Database, m.Files),
		"use --database and --files; to go back to the folder, and lose what was stored since, stop all nodes and remove the file %s from it", MovedFile)
}

// Moved returns the mark of a folder that is moved to the places.
func (p Places) Moved(complete bool) Moved {
	return Moved{Database: withoutSecrets(p.Database), Files: withoutSecrets(p.Files), Complete: complete}
}
