package blob_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/blob"
)

// disk is a model of a power loss: a file keeps its bytes if it was synced, and its name if its
// folder was synced afterwards.
type disk struct {
	names map[string]*node // existing files and folders, by path
	saved map[*node]map[string]*node
	root  *node
}

// node is a file or folder, whatever its name.
type node struct{ synced bool }

func newDisk() *disk {
	root := new(node)
	return &disk{names: map[string]*node{".": root}, saved: map[*node]map[string]*node{}, root: root}
}

// step follows a Dir: it is called before each change, none of which fails.
func (d *disk) step(op, name string, fsynced map[string]bool) error {
	switch op {
	case "create", "restore", "write":
		fsynced[name] = false
	case "fsync", "link": // a linked file was synced before
		fsynced[name] = true
	case "rename":
		d.names[name] = &node{synced: fsynced[name]}
	case "mkdir":
		if d.names[name] == nil {
			d.names[name] = new(node)
		}
	case "remove":
		delete(d.names, name)
	case "rmdir":
		if !slices.ContainsFunc(slices.Collect(maps.Keys(d.names)),
			func(other string) bool { return path.Dir(other) == name }) {
			delete(d.names, name)
		}
	case "sync":
		entries := map[string]*node{}
		for other, n := range d.names {
			if other != "." && path.Dir(other) == name {
				entries[path.Base(other)] = n
			}
		}
		d.saved[d.names[name]] = entries
	}
	return nil
}

// survives reports whether a file and all folders above it survive a power loss.
func (d *disk) survives(key string) bool {
	n := d.names[key]
	return n != nil && n.synced && d.leadsTo(key, n)
}

func (d *disk) leadsTo(name string, n *node) bool {
	if name == "." {
		return n == d.root
	}
	folder := d.names[path.Dir(name)]
	return folder != nil && d.saved[folder][path.Base(name)] == n && d.leadsTo(path.Dir(name), folder)
}

// Everything that a batch or a replacement has acknowledged survives power loss, even if other
// things happen and folders come and go while a batch is synced.
func TestAcknowledgedSurvivesPowerLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := blob.OpenDir(memory(t))
		if err != nil {
			rt.Fatal(err)
		}
		defer dir.Close()
		l := newPowerLife(t.Context(), dir)
		rt.Repeat(map[string]func(*rapid.T){"put": l.put, "sync": l.sync, "copy": l.copy, "replace": l.replace,
			"remove": l.remove, "": l.look})
	})
}

// A folder that is removed and made again while a batch is synced does not count as synced.
func TestAFolderThatComesBackWhileABatchIsSynced(t *testing.T) {
	for after := range 3 {
		dir, err := blob.OpenDir(memory(t))
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		l := newPowerLife(t.Context(), dir)
		l.putKey(t, "b/x", 0)
		l.after, l.meanwhile = after, func() {
			l.removeKey(t, "b/x")
			l.putKey(t, "b/x", 1)
		}
		if err := l.batches[0].Sync(l.ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		l.meanwhile = nil
		l.putKey(t, "b/y", 0)
		if err := l.batches[0].Sync(l.ctx); err != nil {
			t.Fatal(err)
		}
		if !l.disk.survives("b/y") {
			t.Fatal("what was acknowledged does not survive")
		}
	}
}

// powerLife is a random life of a Dir.
type powerLife struct {
	ctx     context.Context
	dir     *blob.Dir
	disk    *disk
	fsynced map[string]bool
	batches [2]blob.Batch
	// state is what is known of a key: its batch, or one of the states below.
	state     map[string]int
	meanwhile func() // runs after a number of folders were synced
	after     int
}

func newPowerLife(ctx context.Context, dir *blob.Dir) *powerLife {
	l := &powerLife{ctx: ctx, dir: dir, disk: newDisk(), fsynced: map[string]bool{}, state: map[string]int{},
		batches: [2]blob.Batch{dir.NewBatch(), dir.NewBatch()}}
	dir.Step = l.step
	return l
}

const (
	free         = iota // no blob
	unsynced            // of batch 0, and one more of batch 1
	_                   //
	acknowledged        //
	doubtful            // it may survive or not
)

// fataler ends a test.
type fataler interface{ Fatal(...any) }

var powerKeys = []string{"a", "b/x", "b/y", "c/d/x", "c/d/y", "c/e/f/x"}

// step runs meanwhile while a batch is synced, and follows the change.
func (l *powerLife) step(op, name string) error {
	if op == "sync" {
		if l.after--; l.after == -1 && l.meanwhile != nil {
			l.meanwhile()
		}
	}
	return l.disk.step(op, name, l.fsynced)
}

func (l *powerLife) putKey(t fataler, key string, batch int) {
	w, err := l.batches[batch].Create(l.ctx, key)
	if err == nil {
		fmt.Fprint(w, key)
		_, err = w.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	l.state[key] = unsynced + batch
}

func (l *powerLife) put(t *rapid.T) {
	key, batch := rapid.SampledFrom(powerKeys).Draw(t, "key"), rapid.IntRange(0, 1).Draw(t, "batch")
	if l.state[key] != free {
		t.Skip("it is there")
	}
	l.putKey(t, key, batch)
}

func (l *powerLife) copy(t *rapid.T) {
	from, key, batch := rapid.SampledFrom(powerKeys).Draw(t, "from"), rapid.SampledFrom(powerKeys).Draw(t, "key"),
		rapid.IntRange(0, 1).Draw(t, "batch")
	if l.state[from] == free || l.state[key] != free {
		t.Skip("it cannot be copied")
	}
	if err := l.batches[batch].Copy(l.ctx, from, key); err != nil {
		t.Fatal(err)
	}
	l.state[key] = unsynced + batch
}

// sync syncs a batch, while another blob may come again. It may fail if a blob of the batch was
// removed with its folder.
func (l *powerLife) sync(t *rapid.T) {
	batch, key := rapid.IntRange(0, 1).Draw(t, "batch"), rapid.SampledFrom(powerKeys).Draw(t, "key")
	l.after, l.meanwhile = rapid.IntRange(0, 4).Draw(t, "after"), func() {
		l.removeKey(t, key)
		l.putKey(t, key, 1-batch)
	}
	err := l.batches[batch].Sync(l.ctx)
	l.meanwhile = nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for key, state := range l.state {
		switch {
		case state != unsynced+batch:
		case err != nil:
			l.state[key] = doubtful
		default:
			l.state[key] = acknowledged
		}
	}
	if err != nil {
		l.batches[batch] = l.dir.NewBatch()
	}
}

func (l *powerLife) replace(t *rapid.T) {
	key := rapid.SampledFrom(powerKeys).Draw(t, "key")
	if err := l.dir.Replace(l.ctx, blob.Ref{Path: key, Bytes: 1, SHA256: blob.DigestOf([]byte("x"))},
		strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	l.state[key] = acknowledged
}

func (l *powerLife) removeKey(t fataler, key string) {
	if err := l.dir.Remove(l.ctx, key); err != nil {
		t.Fatal(err)
	}
	l.state[key] = free
}

func (l *powerLife) remove(t *rapid.T) {
	l.removeKey(t, rapid.SampledFrom(powerKeys).Draw(t, "key"))
}

func (l *powerLife) look(t *rapid.T) {
	for key, state := range l.state {
		if state == acknowledged && !l.disk.survives(key) {
			t.Fatalf("%q was acknowledged and does not survive", key)
		}
	}
}
