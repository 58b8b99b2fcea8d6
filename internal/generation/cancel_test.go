package generation_test

import (
	"context"
	"errors"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
)

// Receiving ends with the context of the sender.
func TestReceiveEndsWithItsContext(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	_, err := l.receiver.Receive(ctx, receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}},
		func(yield func(*inventory.Report, error) bool) {
			for n := 0; yield(&inventory.Report{Device: inventory.Device{Name: "host"}}, nil); n++ {
				if n == 100 {
					cancel()
				}
			}
		})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("receiving with an ended context: error %v", err)
	}
}
