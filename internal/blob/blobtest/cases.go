package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"testing/fstest"

	"github.com/muster-project/muster/internal/blob"
)

func aBlobIsWhatWasPut(s *subject) {
	batch, want := s.store.NewBatch(), map[string][]byte{}
	for i, size := range sizes {
		key, data := fmt.Sprintf("a/b%d/c", i), content(i, size)
		w := s.create(batch, key, data[:size/3])
		if _, err := w.Write(data[size/3:]); err != nil {
			s.Fatal(err)
		}
		if made, err := w.Commit(); err != nil || made != refOf(key, data) {
			s.Fatalf("%q is %+v (%v), want %+v", key, made, err, refOf(key, data))
		}
		if _, err := w.Write([]byte("x")); err == nil {
			s.Error("a put goes on after its commit")
		}
		w.Abort()
		want[key] = data
	}
	if err := batch.Sync(s.Context()); err != nil {
		s.Fatal(err)
	}
	for range 2 {
		for key, data := range want {
			s.wantBlob(key, data)
		}
		s.open()
	}
}

// wantBlob reads a blob in every way.
func (s *subject) wantBlob(key string, data []byte) {
	s.Helper()
	want := refOf(key, data)
	if got, err := blob.ReadAll(s.Context(), s.store, want, nil, 0); err != nil || !bytes.Equal(got, data) {
		s.Fatalf("%q has %d bytes (%v), want %d", key, len(got), err, len(data))
	}
	open := map[string]func() (blob.Blob, error){
		"as it is":      func() (blob.Blob, error) { return s.store.Open(s.Context(), key) },
		"checked":       func() (blob.Blob, error) { return s.store.OpenChecked(s.Context(), want, false) },
		"checked again": func() (blob.Blob, error) { return s.store.OpenChecked(s.Context(), want, true) },
	}
	for how, open := range open {
		b, err := open()
		if err != nil {
			s.Fatalf("%q %s: %v", key, how, err)
		}
		if err := compare(b, data); err != nil {
			s.Errorf("%q %s: %v", key, how, err)
		}
		b.Close()
	}
}

// compare reads a blob from its beginning, by seeking, and at any offset.
func compare(b blob.Blob, data []byte) error {
	if info, err := b.Stat(); err != nil || info.Size() != int64(len(data)) || !info.Mode().IsRegular() {
		return fmt.Errorf("its info is %v (%v), want %d bytes", info, err, len(data))
	}
	if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, data) {
		return fmt.Errorf("read %d bytes (%v), want %d", len(got), err, len(data))
	}
	for _, at := range []int{0, len(data) / 2, len(data)} {
		piece := make([]byte, min(100, len(data)-at))
		if n, err := b.ReadAt(piece, int64(at)); n != len(piece) || err != nil && err != io.EOF ||
			!bytes.Equal(piece, data[at:at+n]) {
			return fmt.Errorf("read %d bytes at %d (%v), want %d", n, at, err, len(piece))
		}
		if _, err := b.Seek(int64(at), io.SeekStart); err != nil {
			return err
		}
		if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, data[at:]) {
			return fmt.Errorf("read %d bytes from %d on (%v), want %d", len(got), at, err, len(data)-at)
		}
	}
	if n, err := b.ReadAt(make([]byte, 1), int64(len(data))); n != 0 || err != io.EOF {
		return fmt.Errorf("read %d bytes behind the end (%v), want EOF", n, err)
	}
	return nil
}

func nothingIsSeenBeforeCommit(s *subject) {
	batch := s.store.NewBatch()
	data := content(1, 600_000)
	w := s.create(batch, "a/x", data)
	given := s.create(batch, "a/y", data)
	open := s.create(batch, "a/z", data)
	if got := s.list(""); len(got) != 0 {
		s.Errorf("%q is listed", got)
	}
	if _, err := s.store.Open(s.Context(), "a/x"); !errors.Is(err, fs.ErrNotExist) {
		s.Errorf("opening a blob that is being put: %v, want ErrNotExist", err)
	}
	if err := blob.Check(s.Context(), s.store, refOf("a/x", data), false); !errors.Is(err, blob.ErrDamaged) {
		s.Errorf("checking a blob that is being put: %v, want ErrDamaged", err)
	}
	if _, err := w.Commit(); err != nil {
		s.Fatal(err)
	}
	given.Abort()
	given.Abort()
	if _, err := given.Commit(); err == nil {
		s.Error("a put that was given up was committed")
	}
	s.wantBlob("a/x", data)
	open.Abort()
	s.wantKeys("a/x")
}

func aKeyIsUsedOnce(s *subject) {
	first := content(1, 1000)
	s.put("a/x", first)
	for _, data := range [][]byte{first, content(2, 1000), nil} {
		if _, err := Put(s.Context(), s.store, "a/x", data); !errors.Is(err, fs.ErrExist) ||
			!strings.Contains(err.Error(), "a/x") {
			s.Errorf("putting %d bytes where a blob is: %v, want ErrExist", len(data), err)
		}
	}
	s.wantBlob("a/x", first)
	batch := s.store.NewBatch()
	var won []int
	for i := range 2 {
		w, err := batch.Create(s.Context(), "a/y")
		if err == nil {
			defer w.Abort()
			if _, err = w.Write(content(i, 10)); err == nil {
				_, err = w.Commit()
			}
		}
		if err == nil {
			won = append(won, i)
		}
	}
	if !slices.Equal(won, []int{0}) {
		s.Errorf("of two puts of a key %d were made, want the first", won)
	}
	s.wantBlob("a/y", content(0, 10))
	if err := s.store.Remove(s.Context(), "a/x"); err != nil {
		s.Fatal(err)
	}
	s.put("a/x", content(3, 10)) // the old content is gone
	s.wantKeys("a/x", "a/y")
}

func aCopyIsABlobOfItsOwn(s *subject) {
	data := content(1, 300_000)
	s.put("a/x", data)
	s.put("a/taken", nil)
	batch := s.store.NewBatch()
	for _, key := range []string{"b/c/y", "a/y"} {
		if err := batch.Copy(s.Context(), "a/x", key); err != nil {
			s.Fatal(err)
		}
	}
	if err := batch.Sync(s.Context()); err != nil {
		s.Fatal(err)
	}
	s.wantError("taken", batch.Copy(s.Context(), "a/x", "a/taken"), fs.ErrExist, "a/taken")
	s.wantError("itself", batch.Copy(s.Context(), "a/x", "a/x"), fs.ErrExist, "a/x")
	s.wantError("nothing", batch.Copy(s.Context(), "a/none", "a/z"), fs.ErrNotExist, "a/none")
	s.wantError("no key", batch.Copy(s.Context(), "a/x", "../z"), blob.ErrKey, "../z")
	s.wantKeys("a/taken", "a/x", "a/y", "b/c/y")
	if err := s.store.Replace(s.Context(), refOf("a/x", nil), strings.NewReader("")); err != nil {
		s.Fatal(err)
	}
	if err := s.store.Remove(s.Context(), "a/y"); err != nil {
		s.Fatal(err)
	}
	s.open()
	s.wantBlob("b/c/y", data)
	s.wantKeys("a/taken", "a/x", "b/c/y")
	if err := blob.RemoveAll(s.Context(), s.store, "b"); err != nil {
		s.Fatal(err)
	}
	for range 2 {
		if err := blob.RemoveAll(s.Context(), s.store, "a/x"); err != nil {
			s.Fatal(err)
		}
	}
	s.wantKeys("a/taken")
}

func namesAreChecked(s *subject) {
	long := strings.Repeat("x", 255)
	good := []string{long, strings.Repeat(long+"/", 4)[:1023], "a b/ä,=%:;+@&'()[]{}~$!#", "a/.b", "a/-", "a..b/c"}
	for _, key := range good {
		if err := blob.CheckKey(key); err != nil {
			s.Errorf("%.50q: %v", key, err)
		}
	}
	s.put("a/b", nil)
	for _, key := range []string{"", ".", "..", "/", "/etc/hostname", "../x", "a/../../x", "a/../x", "a//b", "a/", "./a",
		".a", ".put-x", "a/.", "a/..",
		long + "x", strings.Repeat(long+"/", 4)[:1024] + "x", strings.Repeat("a/", 254) + "a", `a\b`, "a\nb",
		"a\x00b", "a\x7fb", "a\xffb"} {
		if _, err := s.store.NewBatch().Create(s.Context(), key); !errors.Is(err, blob.ErrKey) {
			s.Errorf("putting %.50q: %v, want ErrKey", key, err)
		}
		if err := s.store.Replace(s.Context(), refOf(key, nil), strings.NewReader("")); !errors.Is(err, blob.ErrKey) {
			s.Errorf("replacing %.50q: %v, want ErrKey", key, err)
		}
		if b, err := s.store.Open(s.Context(), key); err == nil {
			b.Close()
			s.Errorf("%.50q was opened", key)
		}
		if err := blob.Check(s.Context(), s.store, refOf(key, nil), false); err == nil {
			s.Errorf("%.50q was checked", key)
		}
		s.store.Remove(s.Context(), key) // with or without an error, nothing else is touched
	}
	for _, prefix := range []string{"a", "/", "../", "./", "a//", ".put-/"} {
		for key, err := range s.store.List(s.Context(), prefix) {
			if err == nil {
				s.Errorf("%q has %q", prefix, key)
			}
		}
		if names, err := s.store.Children(s.Context(), prefix); err == nil {
			s.Errorf("%q has %q", prefix, names)
		}
	}
	s.wantKeys("a/b")
}

func damageIsNamed(s *subject) {
	data := content(1, 300_000)
	want := s.put("a/x", data)
	flipped := slices.Clone(data)
	flipped[200_000] ^= 1
	check := func(what string, again bool, want blob.Ref) {
		s.Helper()
		s.wantError(what, blob.Check(s.Context(), s.store, want, again), blob.ErrDamaged, want.Path)
		_, err := blob.ReadAll(s.Context(), s.store, want, nil, 0)
		s.wantError(what+", all of it", err, blob.ErrDamaged, want.Path)
	}
	for what, bad := range map[string][]byte{"flipped": flipped, "shorter": data[:299_999],
		"longer": append(data[:len(data):len(data)], 0), "empty": {}, "gone": nil} {
		for _, again := range []bool{true, false} {
			s.place.Lay("a/x", bad)
			check(what, again, want)
			s.place.Lay("a/x", data)
			if err := blob.Check(s.Context(), s.store, want, false); err != nil {
				s.Errorf("put right after it was %s: %v", what, err)
			}
		}
	}
	other := want
	other.SHA256[0] ^= 1
	check("another hash", false, other)
	other = want
	other.Bytes++
	check("another size", false, other)
	other.Bytes = -1
	if err := blob.Check(s.Context(), s.store, other, true); err != nil {
		s.Errorf("any size will do: %v", err)
	}
	if _, err := blob.ReadAll(s.Context(), s.store, other, nil, want.Bytes); err != nil {
		s.Errorf("any size will do: %v", err)
	}
	if _, err := blob.ReadAll(s.Context(), s.store, other, nil, want.Bytes-1); err == nil {
		s.Error("more was read than may be")
	}
	s.store.Doubt("a/x")
	s.wantBlob("a/x", data)
}

func listingsGoByPrefix(s *subject) {
	keys := []string{"a", "b/c", "b/d/e", "b/d/f", "b-c/d", "bb/c"}
	for i := range 25 { // several pages
		keys = append(keys, fmt.Sprintf("many/%02d/x", i), fmt.Sprintf("many/%02d/y", i))
	}
	for _, key := range keys {
		s.put(key, nil)
	}
	for _, prefix := range []string{"", "b/", "b/d/", "b-c/", "many/", "many/07/", "none/", "a/", "b/c/"} {
		var want, children []string
		for _, key := range keys {
			if rest, ok := strings.CutPrefix(key, prefix); ok {
				want = append(want, key)
				child, _, _ := strings.Cut(rest, "/")
				children = append(children, child)
			}
		}
		slices.Sort(want)
		if got := s.list(prefix); !slices.Equal(got, want) {
			s.Errorf("%q has %q, want %q", prefix, got, want)
		}
		slices.Sort(children)
		children = slices.Compact(children)
		if got, err := s.store.Children(s.Context(), prefix); err != nil || !slices.Equal(got, children) {
			s.Errorf("below %q are %q (%v), want %q", prefix, got, err, children)
		}
	}
	for range s.store.List(s.Context(), "") {
		break // after a break nothing more is yielded
	}
}

func aFolderIsAFileSystem(s *subject) {
	for i, key := range []string{"a/x.json", "a/y.zip", "a/b/below", "ab", "a.json"} {
		s.put(key, content(i, 5000*i+1))
	}
	below := blob.FS(s.Context(), s.store, "a/")
	if err := fstest.TestFS(below, "x.json", "y.zip"); err != nil {
		s.Error(err)
	}
	var names []string
	err := fs.WalkDir(below, ".", func(name string, e fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if want := []string{".", "x.json", "y.zip"}; err != nil || !slices.Equal(names, want) {
		s.Errorf("it has %q (%v), want %q", names, err, want)
	}
	if entries, err := fs.ReadDir(blob.FS(s.Context(), s.store, "none/"), "."); err != nil || len(entries) > 0 {
		s.Errorf("a folder that is not there has %v (%v)", entries, err)
	}
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if _, err := fs.ReadFile(blob.FS(ctx, s.store, "a/"), "x.json"); !errors.Is(err, context.Canceled) {
		s.Errorf("error %v, want that of the context", err)
	}
}

func removingMayBeRepeated(s *subject) {
	data := content(1, 300_000)
	want := s.put("a/b/x", data)
	s.put("a/y", data)
	b, err := s.store.OpenChecked(s.Context(), want, true)
	if err != nil {
		s.Fatal(err)
	}
	defer b.Close()
	for range 2 {
		if err := s.store.Remove(s.Context(), "a/b/x"); err != nil {
			s.Error(err)
		}
	}
	if err := s.store.Remove(s.Context(), "never/there"); err != nil {
		s.Error(err)
	}
	if err := compare(b, data); err != nil {
		s.Errorf("a blob that was removed while it was open: %v", err)
	}
	s.wantError("removed", blob.Check(s.Context(), s.store, want, false), blob.ErrDamaged, "a/b/x")
	if names, err := s.store.Children(s.Context(), "a/"); err != nil || !slices.Equal(names, []string{"y"}) {
		s.Errorf("%q are left (%v), want y", names, err)
	}
	s.wantKeys("a/y")
}

func replacingIsWholeOrNotAtAll(s *subject) {
	data, bad := content(1, 300_000), content(2, 200_000)
	want := s.put("a/x", data)
	for _, there := range [][]byte{bad, data, nil} {
		for _, copy := range [][]byte{bad, data[:299_999], {}} {
			s.place.Lay("a/x", there)
			s.wantError("a copy with other bytes",
				s.store.Replace(s.Context(), want, bytes.NewReader(copy)), blob.ErrDamaged, "a/x")
			if there == nil {
				s.wantKeys()
			} else {
				s.wantBlob("a/x", there)
			}
		}
		for _, size := range []int64{want.Bytes, -1} {
			s.place.Lay("a/x", there)
			if err := s.store.Replace(s.Context(), blob.Ref{Path: "a/x", Bytes: size, SHA256: want.SHA256},
				bytes.NewReader(data)); err != nil {
				s.Fatal(err)
			}
			s.wantBlob("a/x", data)
			s.wantKeys("a/x")
		}
	}
	failing := errors.New("the copy cannot be read")
	if err := s.store.Replace(s.Context(), want,
		io.MultiReader(bytes.NewReader(data[:1000]), failed{failing})); !errors.Is(err, failing) {
		s.Errorf("error %v, want that of the copy", err)
	}
	s.wantBlob("a/x", data)
	s.wantKeys("a/x")
}

// failed is a reader that fails.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// counted is a context that ends after it was checked a number of times.
type counted struct {
	context.Context
	left atomic.Int64
}

func countedOf(ctx context.Context, looks int) *counted {
	c := &counted{Context: ctx}
	c.left.Store(int64(looks))
	return c
}

func (c *counted) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

func anEndedContextEndsEverything(s *subject) {
	data := content(1, 900_000)
	there := s.put("a/there", data)
	for what, do := range map[string]func(context.Context) error{
		"put": func(ctx context.Context) error {
			_, err := Put(ctx, s.store, "a/new", data)
			return err
		},
		"replace": func(ctx context.Context) error {
			return s.store.Replace(ctx, refOf("a/new", data), bytes.NewReader(data))
		},
		"check": func(ctx context.Context) error { return blob.Check(ctx, s.store, there, true) },
		"open": func(ctx context.Context) error {
			b, err := s.store.Open(ctx, there.Path)
			if err == nil {
				b.Close()
			}
			return err
		},
		"remove": func(ctx context.Context) error { return s.store.Remove(ctx, "a/new") },
		"list": func(ctx context.Context) error {
			for _, err := range s.store.List(ctx, "") {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"children": func(ctx context.Context) error { _, err := s.store.Children(ctx, "a/"); return err },
	} {
		for looks := 0; ; looks++ {
			err := do(countedOf(s.Context(), looks))
			if err == nil {
				if looks == 0 {
					s.Errorf("%s goes on when its context has ended", what)
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				s.Fatalf("%s after %d looks: %v", what, looks, err)
			}
			for _, key := range s.list("") { // all of it or nothing
				if err := blob.Check(s.Context(), s.store, refOf(key, data), true); err != nil {
					s.Errorf("%s after %d looks: %v", what, looks, err)
				}
			}
			if what != "remove" {
				s.store.Remove(s.Context(), "a/new")
			}
			s.wantKeys("a/there")
		}
		s.store.Remove(s.Context(), "a/new")
	}
}
