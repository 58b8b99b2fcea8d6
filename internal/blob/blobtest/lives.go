package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/blob"
)

// lives compares random lives of a store with a model, including faults and crashes at any change.
// After a budget, if there is one, none begins.
func lives(t *testing.T, budget time.Duration, newPlace func(testing.TB) Place) {
	began := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		if budget > 0 && time.Since(began) > budget {
			return
		}
		l := &life{T: rt, subject: newSubject(t, newPlace(t)), may: map[string][]text{}}
		l.batch = l.store.NewBatch()
		for _, key := range keys {
			l.may[key] = []text{absent}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"begin": l.begin, "write": l.write, "commit": l.commit, "abort": l.abort, "sync": l.sync,
			"remove": l.remove, "copy": l.copy, "replace": l.replace, "damage": l.damage,
			"break": l.breakSoon, "reopen": l.reopen,
			"": l.look,
		})
		l.reopen(rt)
		l.look(rt)
		if n := l.place.Left(); n != 0 {
			rt.Errorf("%d things are left that are no blobs", n)
		}
		l.store.Close()
	})
}

// keys are the keys of the model: folders come and go with their last key.
var keys = []string{"a", "b/x", "b/y", "b/c/x", "d/e/f/x"}

// text is the content of a blob, by the number of its writer.
type text struct{ n, size int }

// absent means that there is no blob.
var absent = text{}

func (x text) bytes() []byte { return content(x.n, x.size) }

// life is a store and its possible contents: after a change that failed, either the old or the new
// content.
type life struct {
	*rapid.T
	*subject
	batch   blob.Batch
	may     map[string][]text
	puts    []*put
	last    int
	broken  bool // a change may fail
	crashed bool // all changes fail
}

// put is a put that has begun.
type put struct {
	key    string
	text   text
	left   []byte
	writer blob.Writer
}

// text draws a content that was never used.
func (l *life) text(t *rapid.T) text {
	l.last++
	return text{l.last, rapid.SampledFrom([]int{0, 1, 5000, 300_000}).Draw(t, "size")}
}

// failed reports whether a change failed, which is only allowed for a broken one.
func (l *life) failed(t *rapid.T, err error) bool {
	if err == nil {
		return false
	}
	if !l.broken && !errors.Is(err, fs.ErrExist) {
		t.Fatalf("nothing was broken: %v", err)
	}
	if l.broken && !l.crashed && !errors.Is(err, blob.ErrFull) && !errors.Is(err, fs.ErrExist) {
		t.Fatalf("there was no room, and the error is %v", err)
	}
	return true
}

func (l *life) begin(t *rapid.T) {
	p := &put{key: rapid.SampledFrom(keys).Draw(t, "key"), text: l.text(t)}
	p.left = p.text.bytes()
	var err error
	if p.writer, err = l.batch.Create(l.Context(), p.key); !l.failed(t, err) {
		l.puts = append(l.puts, p)
	}
}

// pick draws one of the puts that have begun.
func (l *life) pick(t *rapid.T) *put {
	if len(l.puts) == 0 {
		t.Skip("nothing has begun")
	}
	return rapid.SampledFrom(l.puts).Draw(t, "put")
}

func (l *life) write(t *rapid.T) {
	p := l.pick(t)
	n := rapid.IntRange(0, len(p.left)).Draw(t, "bytes")
	if _, err := p.writer.Write(p.left[:n]); l.failed(t, err) {
		l.end(p)
		p.writer.Abort()
		return
	}
	p.left = p.left[n:]
}

// end forgets a put.
func (l *life) end(p *put) {
	l.puts = slices.DeleteFunc(l.puts, func(other *put) bool { return other == p })
}

func (l *life) commit(t *rapid.T) {
	p := l.pick(t)
	l.end(p)
	made, err := blob.Ref{}, error(nil)
	if _, err = p.writer.Write(p.left); err == nil {
		made, err = p.writer.Commit()
	}
	p.writer.Abort()
	taken := slices.DeleteFunc(slices.Clone(l.may[p.key]), func(x text) bool { return x == absent })
	switch {
	case errors.Is(err, fs.ErrExist):
		if len(taken) == 0 {
			t.Fatalf("%q is taken, and there was none", p.key)
		}
		l.may[p.key] = taken
	case l.failed(t, err): // it may or may not have become visible
		if slices.Contains(l.may[p.key], absent) {
			l.may[p.key] = append(l.may[p.key], p.text)
		}
	case !slices.Contains(l.may[p.key], absent):
		t.Fatalf("%q was put where a blob is", p.key)
	case made != refOf(p.key, p.text.bytes()):
		t.Fatalf("%q is %+v", p.key, made)
	default:
		l.may[p.key] = []text{p.text}
	}
}

// copy copies a blob, which is visible at once.
func (l *life) copy(t *rapid.T) {
	l.look(t)
	from, key := rapid.SampledFrom(keys).Draw(t, "from"), rapid.SampledFrom(keys).Draw(t, "key")
	is, was := l.may[from][0], l.may[key][0]
	err := l.batch.Copy(l.Context(), from, key)
	switch {
	case err == nil && (is == absent || was != absent):
		t.Fatalf("%q was copied to %q, and they are %v and %v", from, key, is, was)
	case err == nil:
		l.may[key] = []text{is}
	case errors.Is(err, fs.ErrNotExist) && is == absent, errors.Is(err, fs.ErrExist) && was != absent:
	case l.failed(t, err):
		if was == absent && is != absent {
			l.may[key] = append(l.may[key], is)
		}
	}
}

func (l *life) abort(t *rapid.T) {
	p := l.pick(t)
	l.end(p)
	p.writer.Abort()
}

func (l *life) sync(t *rapid.T) {
	err := l.batch.Sync(l.Context())
	if err != nil && errors.Is(err, fs.ErrNotExist) { // the source was removed before
		err = nil
	}
	l.failed(t, err)
	l.batch = l.store.NewBatch()
	for _, p := range l.puts {
		p.writer.Abort()
	}
	l.puts = nil
}

func (l *life) remove(t *rapid.T) {
	key := rapid.SampledFrom(keys).Draw(t, "key")
	if err := l.store.Remove(l.Context(), key); l.failed(t, err) {
		l.may[key] = append(l.may[key], absent)
	} else {
		l.may[key] = []text{absent}
	}
}

func (l *life) replace(t *rapid.T) {
	key, x := rapid.SampledFrom(keys).Draw(t, "key"), l.text(t)
	if err := l.store.Replace(l.Context(), refOf(key, x.bytes()), bytes.NewReader(x.bytes())); l.failed(t, err) {
		l.may[key] = append(l.may[key], x)
	} else {
		l.may[key] = []text{x}
	}
}

// damage changes a blob behind the back of the store.
func (l *life) damage(t *rapid.T) {
	l.look(t)
	key := rapid.SampledFrom(keys).Draw(t, "key")
	if l.may[key][0] == absent {
		t.Skip("there is none")
	}
	x := l.text(t)
	l.place.Lay(key, x.bytes())
	l.may[key] = []text{x}
}

// breakSoon makes one of the next changes fail, or all from then on.
func (l *life) breakSoon(t *rapid.T) {
	if l.broken {
		t.Skip("it is broken")
	}
	l.broken, l.crashed = true, rapid.Bool().Draw(t, "crash")
	err := error(syscall.ENOSPC)
	if l.crashed {
		err = errCrash
	}
	l.place.Break(rapid.IntRange(0, 12).Draw(t, "changes"), err, l.crashed)
}

// reopen opens the store again, as after a crash: unfinished puts are gone.
func (l *life) reopen(*rapid.T) {
	l.puts, l.broken, l.crashed = nil, false, false
	l.open()
	l.batch = l.store.NewBatch()
	if n := l.place.Left(); n != 0 {
		l.T.Fatalf("%d things are left that are no blobs", n)
	}
}

// look compares the store with the model.
func (l *life) look(t *rapid.T) {
	listed := map[string]bool{}
	for key, err := range l.store.List(l.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		listed[key] = true
	}
	for _, key := range keys {
		found, err := l.find(key, listed[key], rapid.Bool().Draw(t, "again"))
		if err != nil {
			t.Fatal(err)
		}
		l.may[key] = []text{found}
		delete(listed, key)
	}
	if len(listed) > 0 {
		t.Fatalf("%q are listed, too", slices.Collect(maps.Keys(listed)))
	}
}

// find returns which of the possible contents is stored.
func (l *life) find(key string, listed, again bool) (text, error) {
	for _, x := range l.may[key] {
		if x == absent && !listed {
			return x, nil
		}
		if x != absent && listed && blob.Check(l.Context(), l.store, refOf(key, x.bytes()), again) == nil {
			return x, nil
		}
	}
	return absent, fmt.Errorf("%q is listed: %t, and is none of %v", key, listed, l.may[key])
}
