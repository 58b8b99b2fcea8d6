package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// AliasesFile, in a data folder or beside the files, is the operator's own table of software titles.
const AliasesFile = "aliases.txt"

// openPlaces opens everything in places.
func (n *Node) openPlaces(ctx context.Context, c Config) (err error) {
	var from string
	if n.key, from, err = c.Places.givenKey(); err != nil {
		return err
	}
	if n.Path, n.lock, err = takePart(c.Places.Cache, c.Command); err != nil {
		return err
	}
	if n.audit, err = c.Audit.openShared(); err != nil {
		return err
	}
	n.Store, err = store.Open(ctx, store.Config{Database: database.Config{URL: c.Places.Database, Existing: !c.Make,
		Logger: c.Log, Tell: c.teller()}})
	if errors.Is(err, database.ErrFilling) {
		return plain.Hinted(err, "run muster move again, which goes on with it; or drop the database and empty the place of files")
	}
	if errors.Is(err, database.ErrDamaged) && !c.Make {
		return plain.Hinted(err, "muster serve, and every command that stores something, makes the tables of an empty database")
	}
	if err != nil {
		return err
	}
	if err := n.Store.Organizations.Ensure(ctx, organization.Default, ""); err != nil {
		return err
	}
	top, err := n.openShared(ctx, c)
	if err != nil {
		return err
	}
	if c.Give.Key {
		if err := giveUpSharedKey(ctx, top, n.Store, from == ""); err != nil {
			return err
		}
	}
	if from == "" {
		if n.key, from, err = openSharedKey(ctx, top, n.Store, c.Log); err != nil {
			return err
		}
	}
	ring := keyring{secret: n.key, settle: settleKeys}
	n.keys, n.authority, err = c.Access.open(ctx, n.Store, ring, c.settings().KeepDelta, c.Client)
	if errors.Is(err, auth.ErrForeignKey) {
		return foreignKey(from, err)
	}
	if err != nil {
		return err
	}
	return n.openRooms(ctx, c, func(ctx context.Context) (io.ReadCloser, error) { return top.Open(ctx, AliasesFile) })
}

// openShared opens the store of files, and returns that of everything in the place.
func (n *Node) openShared(ctx context.Context, c Config) (top blob.Store, err error) {
	if !bucket.Is(c.Places.Files) {
		return n.openSharedFolder(ctx, c)
	}
	shared, err := bucket.Open(ctx, bucket.Config{URL: c.Places.Files, Cache: n.in("blobs"),
		CacheBytes: c.Places.CacheBytes})
	if err != nil {
		return nil, err
	}
	n.bucket, n.intelligence, n.files = shared, shared, snapshot.New(shared.Below(FilesFolder))
	if c.Places.DirectLinks {
		return shared, n.linkDirectly(ctx)
	}
	return shared, nil
}

// longestLink is the longest life of a link that any setting allows.
const longestLink = 24 * time.Hour

// linkDirectly makes links those of object storage, if its credentials can sign any.
func (n *Node) linkDirectly(ctx context.Context) error {
	files := n.bucket.Below(FilesFolder)
	if _, err := files.SignedURL(ctx, "probe", time.Now().Add(longestLink)); err != nil {
		err = fmt.Errorf("%w: --links direct: %w", ErrPlace, err)
		if errors.Is(err, bucket.ErrCannotSign) {
			return plain.Hinted(err, "use credentials that sign, or leave --links out: nodes then serve the links")
		}
		return err
	}
	n.direct = files.Link
	return nil
}

// openSharedFolder is openShared for a folder. It makes the folder only for a database without keys: one
// that is missing where there are some is one that is not mounted.
func (n *Node) openSharedFolder(ctx context.Context, c Config) (blob.Store, error) {
	folder := c.Places.folder()
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		sealed, failed := n.Store.Access.SigningKeys(ctx)
		if failed != nil || len(sealed) > 0 || !c.Make {
			return nil, errors.Join(plain.Hinted(fmt.Errorf("%w: the folder of files %q does not exist", ErrPlace, folder),
				"mount it, or restore it from a backup"), failed)
		}
	}
	top, err := blob.OpenShared(folder)
	if err != nil {
		return nil, err
	}
	n.intelligence = top
	files, err := blob.OpenShared(filepath.Join(folder, FilesFolder))
	if err == nil {
		n.files = snapshot.New(files)
	}
	return top, err
}

// Target is where a data folder is moved to: the store of everything in the place of files. The database is
// opened by whoever fills it.
type Target struct {
	Files blob.Store
	// Key seals the keys in the database, if Given; else that of the folder goes beside the files.
	Key   [32]byte
	Given bool

	lock *Lock
}

// OpenTarget opens the place of files and reads the key.
func (p Places) OpenTarget(ctx context.Context, command string) (t *Target, err error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	t = &Target{}
	var from string
	if t.Key, from, err = p.givenKey(); err != nil {
		return nil, err
	}
	t.Given = from != ""
	if !bucket.Is(p.Files) {
		t.Files, err = blob.OpenShared(p.folder())
		return t, err
	}
	var part string
	if part, t.lock, err = takePart(p.Cache, command); err != nil {
		return nil, err
	}
	shared, err := bucket.Open(ctx, bucket.Config{URL: p.Files, Cache: filepath.Join(part, "blobs"),
		CacheBytes: p.CacheBytes})
	if err != nil {
		return nil, errors.Join(err, t.lock.Release())
	}
	t.Files = shared
	return t, nil
}

// Close closes it.
func (t *Target) Close() error {
	err := t.Files.Close()
	if t.lock != nil {
		err = errors.Join(err, t.lock.Release())
	}
	return err
}
