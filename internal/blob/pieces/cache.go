// Package pieces keeps pieces of remote blobs in a folder on this machine, up to a number of bytes:
// those that were used last.
//
// A piece is believed because its hash is right, and for no other reason: a file that is partial,
// damaged or under another name is removed, and the piece counts as missing. So files need no
// syncing, the folder may be removed at any time, and a crash leaves nothing that harms. A piece
// that this process has written or checked is not hashed again while its file is untouched.
package pieces

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Cache is a folder of pieces. It is safe for concurrent use. Only one Cache at a time should use a
// folder: two would not harm each other, but need twice the room.
type Cache struct {
	folder string
	most   int64

	mu     sync.Mutex
	files  map[ID]*file
	recent list.List // of *file, those used last first
	bytes  int64     // of files, and of those that are being written
	flying map[ID]*Flight
}

// file is a piece in the folder.
type file struct {
	id    ID
	bytes int64 // of the file
	// modified is when the file was made or checked; zero if neither by this process.
	modified time.Time
	at       *list.Element
}

const (
	suffix  = ".piece"   // of files that are complete
	writing = ".writing" // of files that are not
)

// trailer is the size of the hash behind the bytes of a piece.
const trailer = sha256.Size

// Open opens a folder, makes it if needed, and removes whatever is more than most bytes.
func Open(folder string, most int64) (*Cache, error) {
	c := &Cache{folder: folder, most: most, files: map[ID]*file{}, flying: map[ID]*Flight{}}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the cache: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("reading the folder of the cache: %w", err)
	}
	var all []found
	for _, e := range entries {
		if f, ok := c.look(e); ok {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b found) int { return a.modified.Compare(b.modified) })
	for _, f := range all {
		c.admit(&file{id: f.id, bytes: f.bytes})
		c.bytes += f.bytes
	}
	c.evict(0)
	return c, nil
}

// found is a piece in a folder that is being opened.
type found struct {
	id       ID
	bytes    int64
	modified time.Time
}

// look returns the piece behind an entry of the folder. It removes what a crash left, and leaves
// what is not ours.
func (c *Cache) look(e os.DirEntry) (f found, ok bool) {
	if !e.Type().IsRegular() {
		return f, false
	}
	if strings.HasSuffix(e.Name(), writing) {
		os.Remove(filepath.Join(c.folder, e.Name()))
		return f, false
	}
	digits, ok := strings.CutSuffix(e.Name(), suffix)
	if !ok || len(digits) != hex.EncodedLen(len(f.id)) {
		return f, false
	}
	if _, err := hex.Decode(f.id[:], []byte(digits)); err != nil {
		return f, false
	}
	info, err := e.Info()
	if err != nil {
		return f, false
	}
	f.bytes, f.modified = info.Size(), info.ModTime()
	return f, true
}

func (c *Cache) path(id ID) string {
	return filepath.Join(c.folder, hex.EncodeToString(id[:])+suffix)
}

// admit adds a file. The caller holds c.mu.
func (c *Cache) admit(f *file) {
	f.at = c.recent.PushFront(f)
	c.files[f.id] = f
}

// remove removes a file. The caller holds c.mu.
func (c *Cache) remove(f *file) {
	if c.files[f.id] != f {
		return
	}
	os.Remove(c.path(f.id))
	delete(c.files, f.id)
	c.recent.Remove(f.at)
	c.bytes -= f.bytes
}

// evict makes room for bytes. ok is false if there cannot be so much. The caller holds c.mu.
func (c *Cache) evict(bytes int64) (ok bool) {
	for c.bytes+bytes > c.most {
		last := c.recent.Back()
		if last == nil {
			return false
		}
		c.remove(last.Value.(*file)) // the list has no other type
	}
	return true
}

// Bytes is how many bytes the folder has, those included that are being written.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Most is how many bytes the folder may have.
func (c *Cache) Most() int64 { return c.most }

// Has reports whether there is a piece, without reading it.
func (c *Cache) Has(id ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files[id] != nil
}

// Drop removes a piece.
func (c *Cache) Drop(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.files[id]; f != nil {
		c.remove(f)
	}
}

// Put keeps a piece. Without room on the disk, or if the piece is larger than the cache, nothing
// is kept.
func (c *Cache) Put(id ID, data []byte) {
	f := &file{id: id, bytes: int64(len(data)) + trailer}
	c.mu.Lock()
	if c.files[id] != nil || !c.evict(f.bytes) {
		c.mu.Unlock()
		return
	}
	c.bytes += f.bytes
	c.mu.Unlock()
	name := filepath.Join(c.folder, rand.Text()+writing)
	modified, err := write(name, id, data)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.files[id] == nil {
		if err = os.Rename(name, c.path(id)); err == nil {
			f.modified = modified
			c.admit(f)
			return
		}
	}
	os.Remove(name)
	c.bytes -= f.bytes
}

// write writes a piece and its hash to a new file.
func write(name string, id ID, data []byte) (modified time.Time, err error) {
	out, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return modified, err
	}
	sum := hash(id, data)
	_, err = out.Write(data)
	if err == nil {
		_, err = out.Write(sum[:])
	}
	if err == nil {
		var info os.FileInfo
		if info, err = out.Stat(); err == nil {
			modified = info.ModTime()
		}
	}
	return modified, errors.Join(err, out.Close())
}

// hash is that of a piece: its name belongs to it, so that a file under another name is damaged.
func hash(id ID, data []byte) (sum [sha256.Size]byte) {
	state := sha256.New()
	state.Write(id[:])
	state.Write(data)
	state.Sum(sum[:0])
	return sum
}

// Claim returns the flight of a piece. If mine is true nobody was fetching the piece, and the
// caller must fetch it and call Land; otherwise it may Wait.
func (c *Cache) Claim(id ID) (f *Flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flying[id]; f != nil {
		return f, false
	}
	f = &Flight{id: id, done: make(chan struct{})}
	c.flying[id] = f
	return f, true
}

// Land ends a flight and keeps the piece, or tells those who wait why there is none. data must not
// be changed afterwards.
func (c *Cache) Land(f *Flight, data []byte, err error) {
	if f.data, f.err = data, err; err == nil {
		c.Put(f.id, data)
	}
	c.mu.Lock()
	delete(c.flying, f.id)
	c.mu.Unlock()
	close(f.done)
}

// ReadAt reads len(p) bytes of a piece of size bytes, from an offset. It reports whether it did;
// otherwise the piece is missing, or was damaged and is missing now.
func (c *Cache) ReadAt(id ID, size int, p []byte, offset int) bool {
	c.mu.Lock()
	f := c.files[id]
	if f == nil {
		c.mu.Unlock()
		return false
	}
	c.recent.MoveToFront(f.at)
	checked := f.modified
	c.mu.Unlock()
	now, ok := c.read(f, checked, size, p, offset)
	if ok && now.Equal(checked) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok {
		f.modified = now
	} else {
		c.remove(f)
	}
	return ok
}

// read reads a part of a file that was checked, or reads it through and checks it. It returns when
// the file was modified.
func (c *Cache) read(f *file, checked time.Time, size int, p []byte, offset int) (modified time.Time, ok bool) {
	in, err := os.Open(c.path(f.id))
	if err != nil {
		return modified, false
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil || info.Size() != int64(size)+trailer || info.Size() != f.bytes {
		return modified, false
	}
	if modified = info.ModTime(); !checked.IsZero() && modified.Equal(checked) {
		n, _ := in.ReadAt(p, int64(offset))
		return modified, n == len(p)
	}
	all := make([]byte, f.bytes)
	if _, err := io.ReadFull(in, all); err != nil {
		return modified, false
	}
	data := all[:size]
	if sum := hash(f.id, data); string(sum[:]) != string(all[size:]) {
		return modified, false
	}
	copy(p, data[offset:])
	return c.touch(f.id, modified), true
}

// touch makes a file that is used for the first time one of the youngest, for the next start.
func (c *Cache) touch(id ID, modified time.Time) time.Time {
	path := c.path(id)
	if now := time.Now(); os.Chtimes(path, now, now) == nil {
		if info, err := os.Stat(path); err == nil {
			return info.ModTime()
		}
	}
	return modified
}
