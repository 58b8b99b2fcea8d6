package generation_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/damage"
)

// Verification reads everything, including what all organizations share. So only one
// runs at a time, however many are requested.
func TestOneVerificationIsServedAtATime(t *testing.T) {
	l := newLab(t)
	if err := l.store.Organizations.Ensure(l.ctx, "another", "another"); err != nil {
		t.Fatal(err)
	}
	begun, finish := make(chan bool), make(chan bool)
	var waiting atomic.Bool
	verifier, err := damage.NewVerifier(damage.Config{Store: l.store, Files: l.files,
		Library: l.library, Publisher: l.publisher,
		Trace: func(string) {
			select {
			case <-begun:
				if waiting.Load() {
					t.Error("two verifications run at a time")
				}
			default:
				waiting.Store(true)
				close(begun)
				<-finish
				waiting.Store(false)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() {
		_, err := verifier.Verify(l.ctx, "another")
		first <- err
	}()
	<-begun
	ctx, cancel := context.WithTimeout(l.ctx, 300*time.Millisecond) // verification would end long before
	defer cancel()
	if _, err = verifier.Verify(ctx, org); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the waiting caller got %v", err)
	}
	close(finish)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := verifier.Verify(l.ctx, org); err != nil {
		t.Error(err)
	}
}
