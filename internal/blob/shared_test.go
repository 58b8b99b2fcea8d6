package blob_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/blob"
)

// put puts a blob, durably.
func put(ctx context.Context, s blob.Store, key, content string) error {
	batch := s.NewBatch()
	w, err := batch.Create(ctx, key)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write([]byte(content)); err != nil {
		return err
	}
	if _, err := w.Commit(); err != nil {
		return err
	}
	return batch.Sync(ctx)
}

// Of several processes that put one name, one wins; none removes what another is writing; and folders
// that one removes because they are empty are made again by the others.
func TestProcessesShareAFolder(t *testing.T) {
	path := memory(t)
	var processes []*blob.Dir
	open := func() *blob.Dir {
		t.Helper()
		d, err := blob.OpenShared(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	for range 4 {
		processes = append(processes, open())
	}
	ctx := t.Context()
	const rounds = 50
	var winners atomic.Int64
	var all sync.WaitGroup
	for i, d := range processes {
		all.Go(func() {
			for round := range rounds {
				own := fmt.Sprintf("shared/folder/own-%d-%d", i, round)
				if err := errors.Join(put(ctx, d, own, own), d.Remove(ctx, own)); err != nil {
					t.Error(err)
				}
				switch err := put(ctx, d, fmt.Sprintf("one/%d/key", round), fmt.Sprint(i)); {
				case err == nil:
					winners.Add(1)
				case !errors.Is(err, fs.ErrExist):
					t.Error(err)
				}
				if err := d.Usable(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := winners.Load(); n != rounds {
		t.Errorf("%d puts of %d names succeeded", n, rounds)
	}

	w, err := processes[0].NewBatch().Create(ctx, "slow")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("slow")); err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(path, ".put-dead")
	long := time.Now().Add(-48 * time.Hour)
	if err := errors.Join(os.WriteFile(dead, nil, 0o600), os.Chtimes(dead, long, long)); err != nil {
		t.Fatal(err)
	}
	open()
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of a dead process is left: %v", err)
	}
	if _, err := w.Commit(); err != nil {
		t.Errorf("another process that was opened meanwhile: %v", err)
	}
}
