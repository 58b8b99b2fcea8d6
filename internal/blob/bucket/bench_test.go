package bucket

import (
	"fmt"
	"io"
	"testing"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// BenchmarkStores compares a folder with object storage on loopback: puts, checked reads with
// nothing in the cache, and with everything in it.
func BenchmarkStores(b *testing.B) {
	for name, open := range map[string]func(*testing.B) blob.Store{
		"folder": func(b *testing.B) blob.Store {
			dir, err := blob.OpenDir(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { dir.Close() })
			return dir
		},
		"Azurite": func(b *testing.B) blob.Store { return mustOpen(b, benchConfig(b, testneed.Azurite(b))) },
		"S3":      func(b *testing.B) blob.Store { return mustOpen(b, benchConfig(b, testneed.S3(b))) },
	} {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			for _, size := range []int{10_000, 1_000_000, 10_000_000} {
				benchSize(b, store, size)
			}
		})
	}
}

func benchConfig(b *testing.B, server *testneed.Storage) Config {
	c := configOf(b, server, "bench")
	c.CacheBytes = 1 << 30
	return c
}

func benchSize(b *testing.B, store blob.Store, size int) {
	content, puts := data(1, size), 0
	name := func(what string) string { return fmt.Sprintf("%dkB/%s", size/1000, what) }
	b.Run(name("put"), func(b *testing.B) {
		b.SetBytes(int64(size))
		for b.Loop() {
			puts++
			if _, err := blobtest.Put(b.Context(), store, fmt.Sprintf("%d/%d", size, puts), content); err != nil {
				b.Fatal(err)
			}
		}
	})
	want := refOf(fmt.Sprintf("%d/%d", size, puts), content)
	for _, again := range []bool{true, false} {
		b.Run(name(map[bool]string{true: "uncached", false: "cached"}[again]), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				opened, err := store.OpenChecked(b.Context(), want, again)
				if err == nil {
					_, err = io.Copy(io.Discard, opened)
				}
				if err != nil {
					b.Fatal(err)
				}
				opened.Close()
			}
		})
	}
}
