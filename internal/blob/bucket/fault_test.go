package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// data returns bytes that depend on n.
func data(n, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte((i*7 + n) ^ i>>8 ^ i>>16)
	}
	return b
}

func refOf(key string, b []byte) blob.Ref {
	return blob.Ref{Path: key, Bytes: int64(len(b)), SHA256: blob.DigestOf(b)}
}

// Whatever happens to some requests, in random histories: everything works in the end, or fails
// and says that the service cannot be reached; and no wrong byte is read.
func faults(t *testing.T, server *testneed.Storage) {
	began, lives := time.Now(), 0
	rapid.Check(t, func(rt *rapid.T) {
		if time.Since(began) > budget() {
			return
		}
		lives++
		p, c := newProxy(t, server, fmt.Sprintf("faults%d", lives))
		c.Idle = time.Second // for replies that stop
		c.CacheBytes = int64(rapid.SampledFrom([]int{0, 2, 16}).Draw(rt, "cache")<<20 + 1)
		f := &faulty{proxy: p, store: mustOpen(t, c), ctx: t.Context(), is: map[string][]byte{},
			until: began.Add(budget())}
		rt.Repeat(map[string]func(*rapid.T){"put": f.put, "replace": f.replace, "remove": f.remove, "copy": f.copy,
			"read": f.read, "read a range": f.readRange, "list": f.list})
		p.fail()
		for _, key := range faultKeys {
			f.want(rt, key)
		}
	})
	if lives == 0 {
		t.Error("there was no life")
	}
}

var faultKeys = []string{"a", "b/x", "b/y"}

// faulty is a store behind a proxy, and what it should contain.
type faulty struct {
	proxy *proxy
	store *Store
	ctx   context.Context
	last  int
	until time.Time         // that faults happen
	is    map[string][]byte // nil for none
}

// happen lets something happen to some of the next requests.
func (f *faulty) happen(t *rapid.T) {
	if f.proxy.fail(); time.Now().After(f.until) {
		return
	}
	f.proxy.fail(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fault {
		return fault(rapid.IntRange(int(none), int(firstUnknown)-1).Draw(t, "fault"))
	}), 0, 3).Draw(t, "faults")...)
}

func (f *faulty) key(t *rapid.T) string { return rapid.SampledFrom(faultKeys).Draw(t, "key") }

// bytes draws a content that was never used; the largest has several blocks and pieces.
func (f *faulty) bytes(t *rapid.T) []byte {
	f.last++
	return data(f.last, rapid.SampledFrom([]int{0, 1, 5000, 3<<20 + 1, 17 << 20}).Draw(t, "bytes"))
}

func (f *faulty) put(t *rapid.T) {
	key, b := f.key(t), f.bytes(t)
	f.happen(t)
	made, err := blobtest.Put(f.ctx, f.store, key, b)
	switch there := f.is[key] != nil; {
	case there && !errors.Is(err, fs.ErrExist):
		t.Fatalf("a second put of %q: %v, want ErrExist", key, err)
	case !there && (err != nil || made != refOf(key, b)):
		t.Fatalf("a put of %q: %v, %v", key, made, err)
	case !there:
		f.is[key] = b
	}
}

func (f *faulty) replace(t *rapid.T) {
	key, b := f.key(t), f.bytes(t)
	f.happen(t)
	if err := f.store.Replace(f.ctx, refOf(key, b), bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	f.is[key] = b
}

func (f *faulty) remove(t *rapid.T) {
	key := f.key(t)
	f.happen(t)
	if err := f.store.Remove(f.ctx, key); err != nil {
		t.Fatal(err)
	}
	f.is[key] = nil
}

func (f *faulty) copy(t *rapid.T) {
	from, key := f.key(t), f.key(t)
	f.happen(t)
	err := f.store.NewBatch().Copy(f.ctx, from, key)
	switch {
	case f.is[key] != nil:
		if !errors.Is(err, fs.ErrExist) {
			t.Fatalf("a copy to %q, which is taken: %v", key, err)
		}
	case f.is[from] == nil:
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("a copy of %q, which is not there: %v", from, err)
		}
	case err != nil:
		t.Fatal(err)
	default:
		f.is[key] = f.is[from]
	}
}

func (f *faulty) read(t *rapid.T) {
	f.happen(t)
	f.want(t, f.key(t))
}

// want reads a blob, checked.
func (f *faulty) want(t *rapid.T, key string) {
	b := f.is[key]
	opened, err := f.store.OpenChecked(f.ctx, refOf(key, b), rapid.Bool().Draw(t, "again"))
	if b == nil {
		if !errors.Is(err, blob.ErrDamaged) {
			t.Fatalf("checking %q, which is not there: %v", key, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if got, err := io.ReadAll(opened); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%q has %d bytes (%v), want %d", key, len(got), err, len(b))
	}
}

func (f *faulty) readRange(t *rapid.T) {
	key := f.key(t)
	b := f.is[key]
	if len(b) == 0 {
		t.Skip("there is nothing")
	}
	at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
	p := make([]byte, rapid.IntRange(0, min(4<<20, len(b)-at)).Draw(t, "bytes"))
	f.happen(t)
	opened, err := f.store.Open(f.ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if n, err := opened.ReadAt(p, int64(at)); n != len(p) || err != nil || !bytes.Equal(p, b[at:at+n]) {
		t.Fatalf("%d bytes of %q from %d on are wrong (%v)", n, key, at, err)
	}
}

func (f *faulty) list(t *rapid.T) {
	f.happen(t)
	var got, want []string
	for key, err := range f.store.List(f.ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key)
	}
	for _, key := range faultKeys {
		if f.is[key] != nil {
			want = append(want, key)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Fatalf("listed are %q, want %q", got, want)
	}
}

// A service that stays away is told as such when patience ends, and by nothing else: not as a
// file that is gone, and with no part of a URL's query.
func unreachable(t *testing.T, server *testneed.Storage) {
	p, c := newProxy(t, server, "unreachable")
	c.Patience = 1
	s := mustOpen(t, c)
	b := data(1, 3<<20)
	if _, err := blobtest.Put(t.Context(), s, "a", b); err != nil {
		t.Fatal(err)
	}
	for what, always := range map[string][]fault{"cut": {cutBefore}, "busy": {answer503}, "slow": {answer429}} {
		p.fail(slices.Repeat(always, 1000)...)
		for call, do := range map[string]func() error{
			"open":    func() error { _, err := s.Open(t.Context(), "a"); return err },
			"check":   func() error { return blob.Check(t.Context(), s, refOf("a", b), false) },
			"put":     func() error { _, err := blobtest.Put(t.Context(), s, "b", b); return err },
			"replace": func() error { return s.Replace(t.Context(), refOf("b", b), bytes.NewReader(b)) },
			"remove":  func() error { return s.Remove(t.Context(), "a") },
			"list":    func() error { _, err := s.Children(t.Context(), ""); return err },
			"copy":    func() error { return s.NewBatch().Copy(t.Context(), "a", "c") },
			"usable":  func() error { return s.Usable(t.Context()) },
		} {
			if err := do(); !errors.Is(err, ErrUnreachable) || errors.Is(err, fs.ErrNotExist) ||
				errors.Is(err, blob.ErrDamaged) {
				t.Errorf("%s while it is %s: %v, want ErrUnreachable", call, what, err)
			}
		}
	}
	p.fail()
	if err := blob.Check(t.Context(), s, refOf("a", b), true); err != nil {
		t.Errorf("when it is back: %v", err)
	}
	// A host that is not there is no missing file.
	c.URL, _, _ = strings.Cut(c.URL, "?")
	c.URL += "?endpoint=https://no-such-host.invalid"
	c.Patience = 1
	if _, err := Open(t.Context(), c); !errors.Is(err, ErrUnreachable) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such host: %v, want ErrUnreachable", err)
	}
}

// A context that ends ends the waiting for a service.
func patienceEndsWithTheContext(t *testing.T, server *testneed.Storage) {
	p, c := newProxy(t, server, "patience")
	s := mustOpen(t, c) // with patience for a minute
	p.fail(slices.Repeat([]fault{answer503}, 1000)...)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := s.Open(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
