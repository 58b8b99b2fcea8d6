package blobtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/muster-project/muster/internal/blob"
)

func noRoomIsToldApart(s *subject) {
	data := content(1, 900_000)
	there := s.put("a/there", data)
	puts := map[string]func() error{
		"copy": func() error {
			batch := s.store.NewBatch()
			return cmp.Or(batch.Copy(s.Context(), "a/there", "b/new"), batch.Sync(s.Context()))
		},
		"put": func() error { _, err := Put(s.Context(), s.store, "b/new", data); return err },
		"replace": func() error {
			return s.store.Replace(s.Context(), refOf("b/new", data), bytes.NewReader(data))
		},
	}
	for what, put := range puts {
		for after := 0; ; after++ {
			s.place.Break(after, syscall.ENOSPC, false)
			err := put()
			s.place.Break(1<<30, nil, false)
			if err == nil {
				if after == 0 {
					s.Errorf("%s changed nothing", what)
				}
				break
			}
			s.wantError(what, err, blob.ErrFull, "")
			s.store.Remove(s.Context(), "b/new") // it may exist without being durable
			s.wantKeys("a/there")
		}
		s.store.Remove(s.Context(), "b/new")
	}
	if err := blob.Check(s.Context(), s.store, there, true); err != nil {
		s.Error(err)
	}
	if blob.IsFull(errors.New("no space left")) {
		s.Error("a text says that there is no room")
	}
}

// errCrash is the error of every call after the process has died.
var errCrash = errors.New("the process has died")

func aCrashLeavesWholeBlobs(s *subject) {
	data := content(1, 300_000)
	for after := 0; ; after++ {
		for _, key := range s.list("") {
			s.store.Remove(s.Context(), key)
		}
		s.put("a/old", data)
		s.place.Lay("a/bad", []byte("damaged"))
		s.place.Break(after, errCrash, true)
		var acknowledged []string
		removed := false
		for _, key := range []string{"a/one", "b/two"} {
			if _, err := Put(s.Context(), s.store, key, data); err == nil {
				acknowledged = append(acknowledged, key)
			}
		}
		batch := s.store.NewBatch()
		if batch.Copy(s.Context(), "a/old", "c/d/copy") == nil && batch.Sync(s.Context()) == nil {
			acknowledged = append(acknowledged, "c/d/copy")
		}
		replaced := s.store.Replace(s.Context(), refOf("a/bad", data), bytes.NewReader(data)) == nil
		removed = s.store.Remove(s.Context(), "a/old") == nil
		s.open()
		there := s.list("")
		for _, key := range there {
			err := blob.Check(s.Context(), s.store, refOf(key, data), true)
			if bad := blob.Check(s.Context(), s.store, refOf(key, []byte("damaged")), true); err != nil &&
				(key != "a/bad" || replaced || bad != nil) {
				s.Fatalf("a crash after %d changes: %v", after, err)
			}
		}
		for _, key := range acknowledged {
			if !slices.Contains(there, key) {
				s.Fatalf("a crash after %d changes: %q was acknowledged and is gone", after, key)
			}
		}
		if removed == slices.Contains(there, "a/old") {
			s.Fatalf("a crash after %d changes: that a/old is removed is %t, of %q", after, removed, there)
		}
		if n := s.place.Left(); n != 0 {
			s.Fatalf("a crash after %d changes left %d things that are no blobs", after, n)
		}
		if removed {
			if after < 5 {
				s.Errorf("there were %d changes", after)
			}
			return
		}
	}
}

func manyAtATime(s *subject) {
	const putters, rounds = 8, 25
	var all sync.WaitGroup
	want := make([][]string, putters)
	for i := range putters {
		all.Go(func() {
			for n := range rounds {
				key, data := fmt.Sprintf("%d/%d", n%3, i*rounds+n), content(i, n*1000)
				if _, err := Put(s.Context(), s.store, key, data); err != nil {
					s.Error(err)
					return
				}
				if err := blob.Check(s.Context(), s.store, refOf(key, data), n%2 == 0); err != nil {
					s.Error(err)
				}
				if n%3 > 0 {
					want[i] = append(want[i], key)
				} else if err := s.store.Remove(s.Context(), key); err != nil {
					s.Error(err)
				}
				if i == 0 {
					s.list("")
				}
				if err := s.store.Usable(s.Context()); err != nil {
					s.Error(err)
				}
			}
		})
	}
	winners := atomic.Int64{}
	for i := range putters {
		all.Go(func() {
			if _, err := Put(s.Context(), s.store, "one", content(i, 10)); err == nil {
				winners.Add(1)
			} else if !errors.Is(err, fs.ErrExist) {
				s.Error(err)
			}
		})
	}
	all.Wait()
	if n := winners.Load(); n != 1 {
		s.Errorf("of %d puts of one key %d were made", putters, n)
	}
	s.wantKeys(slices.Sorted(slices.Values(append(slices.Concat(want...), "one")))...)
}
