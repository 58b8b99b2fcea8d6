package pipeline_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/pipeline"
)

// endless is a file, or a body, without an end; somebody gives up while it is read.
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
	_, _, err := l.pipe.ImportFeeds(ctx, pipeline.Import{Kind: intel.NVD, Name: "one",
		Files: func(yield func(pipeline.RawFile, error) bool) {
			yield(pipeline.RawFile{Name: "nvd.json", Open: func() (io.ReadCloser, error) { return &endless{cancel: cancel}, nil }}, nil)
		}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	l.wantRecords(map[string]int64{})
}

// Taking in reports ends with the context of their sender.
func TestReceiveEndsWithItsContext(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	_, err := l.pipe.Receive(ctx, pipeline.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}}, func(yield func(*inventory.Report, error) bool) {
		for n := 0; yield(&inventory.Report{Device: inventory.Device{Name: "host"}}, nil); n++ {
			if n == 100 {
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
