package library_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
)

// endless is a file or body without an end, whose reading is canceled.
type endless struct {
	cancel context.CancelFunc
	read   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read++; e.read == 100 {
		e.cancel()
	}
	return copy(p, "{}"), nil
}
func (e *endless) Close() error { return nil }

// Copying a feed ends with its context, and leaves nothing.
func TestImportEndsWithItsContext(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	_, _, err := l.library.Import(ctx, library.Import{Kind: intel.NVD, Name: "one",
		Files: func(yield func(library.RawFile, error) bool) {
			yield(library.RawFile{Name: "nvd.json",
				Open: func() (io.ReadCloser, error) { return &endless{cancel: cancel}, nil }}, nil)
		}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	l.wantRecords(map[string]int64{})
}

// lookedAt is a context that ends after it was checked a number of times.
type lookedAt struct {
	context.Context
	left atomic.Int64
}

func (c *lookedAt) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

// A refresh leaves no unnamed files, whenever its context ends.
func TestRefreshEndsWithItsContext(t *testing.T) {
	l := newLab(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(`{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2024-0001","knownRansomwareCampaignUse":"Known"}]}`))
	}))
	defer server.Close()
	for looks := int64(0); ; looks++ {
		ctx := &lookedAt{Context: l.ctx}
		ctx.left.Store(looks)
		_, _, err := l.library.Refresh(ctx, []library.Source{{Kind: intel.KEV, Name: "kev", URL: server.URL}}, false)
		if _, unknown := l.store.Intelligence.Feed(l.ctx, "kev", "kev"); unknown == nil {
			l.wantRecords(map[string]int64{"kev": 1})
			if looks < 3 {
				t.Errorf("the context was looked at %d times", looks)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d looks: %v", looks, err)
		}
		l.wantRecords(map[string]int64{})
		if t.Failed() {
			t.Fatalf("after %d looks", looks)
		}
	}
}
