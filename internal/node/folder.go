package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// openFolder opens everything in a data folder that was admitted.
func (n *Node) openFolder(ctx context.Context, c Config) (err error) {
	if n.lock, err = TakeLock(n.in(LockFile), c.Command); err != nil {
		return err
	}
	making, err := beginMaking(n.Path)
	if err != nil {
		return err
	}
	if n.audit, err = c.Audit.open(n.Path); err != nil {
		return err
	}
	if err := n.openStore(ctx, c, making); err != nil {
		return err
	}
	n.keys, n.authority, err = c.Access.open(ctx, n.Store, keyring{secret: n.key}, c.settings().KeepDelta, c.Client)
	if errors.Is(err, auth.ErrForeignKey) {
		return damagedKey(fmt.Errorf("%q and the database do not belong together: %w", n.in(KeyFile), err))
	}
	if err != nil {
		return err
	}
	if err := n.openFiles(ctx, making); err != nil {
		return err
	}
	if err = n.openRooms(ctx, c, nil); err == nil && making {
		err = finishMaking(n.Path)
	}
	return err
}

// openStore opens the database, and the key with which the keys in it are sealed.
func (n *Node) openStore(ctx context.Context, c Config, making bool) (err error) {
	config := store.Config{Database: database.Config{Path: n.in(StoreFile), Existing: !making, AcceptLog: c.Give.Log,
		Logger: c.Log, Tell: c.teller()}}
	if n.Store, err = store.Open(ctx, config); err != nil && making && errors.Is(err, database.ErrDamaged) {
		if err = discardDatabase(n.Path); err == nil { // power was lost while it was made
			n.Store, err = store.Open(ctx, config)
		}
	}
	if errors.Is(err, database.ErrDamaged) {
		return damagedDatabase(err)
	}
	if err != nil {
		return err
	}
	if err := n.Store.Organizations.Ensure(ctx, organization.Default, ""); err != nil {
		return err
	}
	if c.Give.Key {
		if err := giveUpKey(ctx, n.Path, n.Store); err != nil {
			return err
		}
	}
	n.key, err = openKey(ctx, n.Path, n.Store)
	return err
}

// openFiles opens the folders of snapshots and of intelligence. If the folder of snapshots is
// gone it makes an empty one: all reports are still there, and verify lists what is missing.
func (n *Node) openFiles(ctx context.Context, making bool) error {
	if _, gone := os.Stat(n.in(FilesFolder)); !making && errors.Is(gone, fs.ErrNotExist) {
		n.log.ErrorContext(ctx, "the files of all snapshots are gone: muster repair restores them from a backup",
			"folder", n.in(FilesFolder))
	}
	dir, err := blob.OpenDir(n.in(FilesFolder))
	if err != nil {
		return err
	}
	n.files = snapshot.New(dir)
	own, err := blob.OpenDir(n.Path, library.Folders()...)
	if err == nil {
		n.intelligence = own // not the result itself: a nil *blob.Dir is no nil blob.Store
	}
	return err
}
