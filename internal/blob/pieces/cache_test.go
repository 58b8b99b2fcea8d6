package pieces_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/blob/pieces"
)

// overhead is what a piece needs beside its bytes.
const overhead = 32

func idOf(n int) pieces.ID { return pieces.ID{byte(n), 1} }

// piece returns the bytes of a piece.
func piece(n int) []byte { return bytes.Repeat([]byte{byte(n), byte(n + 1)}, 50+n) }

func open(t interface{ Fatal(...any) }, folder string, most int64) *pieces.Cache {
	c, err := pieces.Open(folder, most)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read reads all of a piece, or returns nil.
func read(c *pieces.Cache, n int) []byte {
	p := make([]byte, len(piece(n)))
	if !c.ReadAt(idOf(n), len(p), p, 0) {
		return nil
	}
	return p
}

// onDisk is how many bytes a folder has.
func onDisk(t interface{ Fatal(...any) }, folder string) (bytes int64) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// In random lives with damage, crashes and folders that go, no piece has a wrong byte and the folder
// is never larger than it may be. Without damage, exactly the pieces that were used last are there.
func TestCache(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		folder, err := os.MkdirTemp("", "muster-pieces-*")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(folder)
		most := int64(rapid.IntRange(0, 1500).Draw(rt, "most"))
		c := open(rt, folder, most)
		var recent []int // the last one was used last
		exact := true    // nothing was damaged, and the order is known
		number := rapid.IntRange(0, 9)
		use := func(n int) {
			recent = slices.DeleteFunc(recent, func(m int) bool { return m == n })
			recent = append(recent, n)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				n := number.Draw(t, "n")
				c.Put(idOf(n), piece(n))
				if int64(len(piece(n)))+overhead <= most && !slices.Contains(recent, n) {
					use(n)
				}
				for size(recent) > most {
					recent = recent[1:]
				}
			},
			"read": func(t *rapid.T) {
				n := number.Draw(t, "n")
				got := read(c, n)
				if got != nil && !bytes.Equal(got, piece(n)) {
					t.Fatalf("piece %d is %v", n, got)
				}
				if exact && (got != nil) != slices.Contains(recent, n) {
					t.Fatalf("piece %d is there: %t; there should be %v", n, got != nil, recent)
				}
				if got != nil {
					use(n)
				}
			},
			"read a part": func(t *rapid.T) {
				n := number.Draw(t, "n")
				from := rapid.IntRange(0, len(piece(n))-1).Draw(t, "from")
				p := make([]byte, rapid.IntRange(0, len(piece(n))-from).Draw(t, "bytes"))
				if c.ReadAt(idOf(n), len(piece(n)), p, from) {
					use(n)
					if !bytes.Equal(p, piece(n)[from:from+len(p)]) {
						t.Fatalf("piece %d from %d on is %v", n, from, p)
					}
				}
			},
			"read in another size": func(t *rapid.T) {
				n := number.Draw(t, "n")
				if c.ReadAt(idOf(n), len(piece(n))-1, make([]byte, 1), 0) {
					t.Fatalf("piece %d has another size", n)
				}
				recent = slices.DeleteFunc(recent, func(m int) bool { return m == n })
			},
			"drop": func(t *rapid.T) {
				n := number.Draw(t, "n")
				c.Drop(idOf(n))
				recent = slices.DeleteFunc(recent, func(m int) bool { return m == n })
			},
			"damage": func(t *rapid.T) {
				exact = false
				damage(t, folder)
			},
			"remove the folder": func(*rapid.T) {
				exact = false
				os.RemoveAll(folder)
			},
			"start again": func(t *rapid.T) {
				exact = false // times of files do not tell the order of the last milliseconds
				c = open(t, folder, most)
			},
			"": func(t *rapid.T) {
				if n := onDisk(t, folder); n > most || c.Bytes() > most || exact && n != c.Bytes() {
					t.Fatalf("there are %d bytes, %d by its own count; at most %d may be", n, c.Bytes(), most)
				}
			},
		})
	})
}

// size is what pieces need.
func size(numbers []int) (bytes int64) {
	for _, n := range numbers {
		bytes += int64(len(piece(n))) + overhead
	}
	return bytes
}

// damage changes, cuts, exchanges or removes files.
func damage(t *rapid.T, folder string) {
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("there is none")
	}
	name := rapid.SampledFrom(names).Draw(t, "file")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	how := rapid.IntRange(0, 3).Draw(t, "how")
	if len(data) == 0 && how < 2 {
		t.Skip("nothing is left to change or cut")
	}
	switch how {
	case 0:
		data[rapid.IntRange(0, len(data)-1).Draw(t, "at")] ^= 0x10
		os.Remove(name) // another file, with another time
		err = os.WriteFile(name, data, 0o600)
	case 1:
		err = os.Truncate(name, int64(rapid.IntRange(0, len(data)-1).Draw(t, "bytes")))
	case 2:
		err = os.Rename(name, rapid.SampledFrom(names).Draw(t, "other"))
	case 3:
		err = os.Remove(name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A start removes what a crash left and what is too much, the oldest first, and leaves the files of
// others.
func TestOpen(t *testing.T) {
	folder := t.TempDir()
	c := open(t, folder, 1<<20)
	for n := range 5 {
		c.Put(idOf(n), piece(n))
	}
	for name, text := range map[string]string{"x.writing": "half", "readme": "of somebody", "xx.piece": "no digits"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for n, minutes := range []int{3, 5, 1, 4, 2} {
		at := filepath.Join(folder, fmt.Sprintf("%x.piece", idOf(n)))
		info, err := os.Stat(at)
		if err != nil {
			t.Fatal(err)
		}
		then := info.ModTime().Add(-time.Duration(minutes) * time.Minute)
		if err := os.Chtimes(at, then, then); err != nil {
			t.Fatal(err)
		}
	}
	c = open(t, folder, size([]int{2, 4}))
	var there []int
	for n := range 5 {
		if read(c, n) != nil {
			there = append(there, n)
		}
	}
	if want := []int{2, 4}; !slices.Equal(there, want) {
		t.Errorf("there are %v, want the youngest %v", there, want)
	}
	if _, err := os.Stat(filepath.Join(folder, "x.writing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a crash left is there: %v", err)
	}
	for _, name := range []string{"readme", "xx.piece"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("a file of others: %v", err)
		}
	}
}

// Who needs what another one fetches waits for it, also if that fails.
func TestClaim(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	for _, failure := range []error{nil, errors.New("it failed")} {
		flight, mine := c.Claim(idOf(1))
		if !mine {
			t.Fatal("a piece that nobody fetches is not ours")
		}
		var owners atomic.Int64
		var all, claimed sync.WaitGroup
		claimed.Add(8)
		for range 8 {
			all.Go(func() {
				f, mine := c.Claim(idOf(1))
				claimed.Done()
				if mine {
					owners.Add(1)
					c.Land(f, nil, failure)
					return
				}
				got, err := f.Wait(t.Context())
				if !errors.Is(err, failure) || err == nil && !bytes.Equal(got, piece(1)) {
					t.Errorf("one who waited got %d bytes, %v", len(got), err)
				}
			})
		}
		claimed.Wait()
		c.Land(flight, piece(1), failure)
		all.Wait()
		if n := owners.Load(); n > 0 {
			t.Errorf("%d others fetch the same piece", n)
		}
	}
	if got := read(c, 1); !bytes.Equal(got, piece(1)) {
		t.Errorf("what was fetched is not kept: %v", got)
	}
}
