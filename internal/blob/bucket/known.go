package bucket

import (
	"sync"

	"github.com/muster-project/muster/internal/blob"
)

// known is what a store remembers of objects: which version it saw last, and whether that is sound.
// The zero value is ready to use.
type known struct {
	mu      sync.Mutex
	objects map[string]*fact
}

// fact is what is known of one object.
type fact struct {
	version version
	sound   bool // whether its bytes were made or checked by this store
	sum     blob.Digest
	open    int  // blobs that are open
	gone    bool // its pieces are dropped when the last one is closed
}

// mostKnown bounds the objects that are remembered.
const mostKnown = 1 << 17

// put remembers that a version is sound, or merely what was seen. It returns the version that was
// remembered before, if it was another.
func (k *known) put(name string, v version, sum *blob.Digest) (old version, changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.objects[name]
	if f == nil || !f.version.same(v) {
		if f != nil {
			old, changed = f.version, f.open == 0
		}
		k.makeRoom()
		f = &fact{}
		k.objects[name] = f
	}
	f.version = v
	if sum != nil {
		f.sound, f.sum = true, *sum
	}
	return old, changed
}

// makeRoom forgets objects of which no blob is open, if there are too many. The caller holds k.mu.
func (k *known) makeRoom() {
	if k.objects == nil {
		k.objects = map[string]*fact{}
	}
	if len(k.objects) < mostKnown {
		return
	}
	for name, f := range k.objects {
		if f.open == 0 {
			delete(k.objects, name)
		}
	}
}

// sound reports whether a version is known to have a hash.
func (k *known) sound(name string, v version, sum blob.Digest) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.objects[name]
	return f != nil && f.sound && f.sum == sum && f.version.same(v)
}

// doubt forgets that an object is sound, and returns the version that was seen last.
func (k *known) doubt(name string) (v version, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.objects[name]
	if f == nil {
		return v, false
	}
	f.sound = false
	return f.version, true
}

// remove forgets an object. ok says that the pieces of the version can be dropped now; otherwise
// blobs are open, and the last one that is closed drops them.
func (k *known) remove(name string) (v version, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.objects[name]
	if f == nil {
		return v, false
	}
	delete(k.objects, name)
	f.gone = true
	return f.version, f.open == 0
}

// hold counts an open blob of the version that was put last.
func (k *known) hold(name string) *fact {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.objects[name]
	if f == nil {
		return nil
	}
	f.open++
	return f
}

// release ends hold. drop says that the pieces are to be dropped.
func (k *known) release(f *fact) (drop bool) {
	if f == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	f.open--
	return f.gone && f.open == 0
}
