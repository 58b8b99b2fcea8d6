package move

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
)

// Move moves a data folder. What it has done stays if it is interrupted; the next call goes on. Nothing in
// the folder is changed, but for the mark that it was moved.
func Move(ctx context.Context, c Config) (moved Moved, err error) {
	if c.Trace == nil {
		c.Trace = func(string) error { return nil }
	}
	m := &mover{Config: c}
	// The new place first: what is wrong with it is known soon.
	if m.target, err = c.Places.OpenTarget(ctx, c.Folder.Command); err != nil {
		return m.moved, err
	}
	defer func() { err = errors.Join(err, m.target.Close()) }()
	if m.source, err = node.OpenSource(ctx, c.Folder); err != nil {
		return m.moved, err
	}
	defer func() { err = errors.Join(err, m.source.Close()) }()
	if err := m.move(ctx); err != nil {
		return m.moved, fmt.Errorf("moving %s: %w", m.source.Place, err)
	}
	return m.moved, nil
}

func (m *mover) move(ctx context.Context) error {
	mark := m.Places.Moved(true)
	m.moved = Moved{Folder: m.source.Path, Database: mark.Database, Files: mark.Files, KeyBeside: !m.target.Given,
		Tables: []Table{}, Folders: []Folder{}}
	id := sha256.Sum256(append([]byte("muster data folder "), m.source.Key[:]...))
	m.origin = database.Origin{Source: hex.EncodeToString(id[:16]), Files: mark.Files}
	before, marked, err := node.ReadMoved(m.source.Path)
	if err != nil {
		return err
	}
	if marked && before.Complete && (before.Database != mark.Database || before.Files != mark.Files) {
		return plain.Hinted(fmt.Errorf("%w to database %q with files in %q", node.ErrMoved, before.Database, before.Files),
			"if that is to be given up, remove the file %s from the folder", node.MovedFile)
	}
	wanted, err := m.check(ctx)
	if err != nil {
		return err
	}
	if err := m.Trace("mark the database"); err != nil {
		return err
	}
	filling, err := database.BeginFilling(ctx, database.Config{URL: m.Places.Database, Logger: m.Folder.Log, Tell: m.Tell},
		m.origin, func() error { return m.refuseFiles(ctx) })
	if errors.Is(err, database.ErrOccupied) && marked {
		return m.finished(ctx, err)
	}
	if err != nil {
		return adviseTarget(err)
	}
	defer filling.Close()
	if err := m.copyFiles(ctx, wanted); err != nil {
		return err
	}
	if err := m.Trace("mark the folder"); err != nil {
		return err
	}
	if err := m.Places.Moved(false).Write(m.source.Path); err != nil {
		return err
	}
	if err := m.fill(ctx, filling); err != nil {
		return err
	}
	return m.finish()
}

// adviseTarget adds what to do about a database that cannot be filled.
func adviseTarget(err error) error {
	if errors.Is(err, database.ErrOccupied) {
		return plain.Hinted(fmt.Errorf("%w: %w", node.ErrPlace, err), "a data folder is moved to a database of its own: make an empty one (createdb)")
	}
	return err
}

// fill fills the database, and ends its mark.
func (m *mover) fill(ctx context.Context, filling *database.Filling) error {
	if err := m.Trace("fill the database"); err != nil {
		return err
	}
	all, err := filling.Fill(ctx, m.source.Store.DB, m.sealAnew, func(table string, rows int64) {
		m.Tell(fmt.Sprintf("copying table %s: %d rows", table, rows))
	})
	for _, t := range all {
		m.moved.Tables = append(m.moved.Tables, Table{t.Table, t.Rows})
	}
	if err != nil {
		return plain.Hinted(err, "run muster move again; to go on with the folder instead, remove the file %s from it", node.MovedFile)
	}
	return nil
}

// sealAnew seals what is sealed in the database with the key of the new places.
func (m *mover) sealAnew(table string, row map[string]any) (err error) {
	to := m.source.Key
	if m.target.Given {
		to = m.target.Key
	}
	if table == "notice_rule" {
		return m.sealRule(to, row)
	}
	if table != "signing_key" {
		return nil
	}
	id, _ := row["id"].(string)
	purpose, _ := row["purpose"].(string)
	sealed, _ := row["sealed"].([]byte)
	row["sealed"], err = auth.Reseal(m.source.Key, to, auth.Purpose(purpose), id, sealed)
	return err
}

// sealRule seals the destination of a rule of notices anew. One that cannot be opened, since the key was given up,
// stays as it is: the rule says so, and is set again.
func (m *mover) sealRule(to [32]byte, row map[string]any) error {
	org, _ := row["organization"].(string)
	name, _ := row["name"].(string)
	sealed, _ := row["sealed"].([]byte)
	fresh, err := auth.ResealKept(m.source.Key, to, org, notify.Secret(name), sealed)
	if errors.Is(err, auth.ErrForeignKey) {
		return nil
	}
	row["sealed"] = fresh
	return err
}

// finish marks the folder: the move has ended.
func (m *mover) finish() error {
	if err := m.Trace("mark the folder as complete"); err != nil {
		return err
	}
	if err := m.Places.Moved(true).Write(m.source.Path); err != nil {
		return err
	}
	var err error
	m.moved.Left, err = left(m.source.Path)
	return err
}

// finished ends a move whose last transaction was stored, and which was interrupted then: the database has
// the keys of the folder. occupied is the error otherwise.
func (m *mover) finished(ctx context.Context, occupied error) error {
	there, err := store.Open(ctx, store.Config{Database: database.Config{URL: m.Places.Database, Existing: true,
		Logger: m.Folder.Log}})
	if err != nil {
		return err
	}
	defer there.Close()
	theirs, err := there.Access.SigningKeys(ctx)
	if err != nil {
		return err
	}
	ours, err := m.source.Store.Access.SigningKeys(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, key := range ours {
		known[key.ID] = true
	}
	for _, key := range theirs {
		if known[key.ID] {
			m.moved.Before = true
			return m.finish()
		}
	}
	return adviseTarget(occupied)
}

// left lists what stays in a folder.
func left(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("listing what is left: %w", err)
	}
	own := append(library.Folders(), node.FilesFolder, node.VersionFile, node.LockFile, node.KeyFile, node.MovedFile,
		node.AliasesFile, "scratch")
	names := []string{}
	for _, e := range entries {
		if name := e.Name(); !slices.Contains(own, name) && !strings.HasPrefix(name, node.StoreFile) {
			names = append(names, filepath.ToSlash(name))
		}
	}
	return names, nil
}
