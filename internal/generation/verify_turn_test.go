package generation_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/generation"
)

// To verify is to read everything, also what all organizations share. Whoever
// asks for it again and again, or many times at once, has one served at a time.
func TestOneVerificationIsServedAtATime(t *testing.T) {
	l := newLab(t)
	if err := l.store.EnsureOrganization(l.ctx, "another", "another"); err != nil {
		t.Fatal(err)
	}
	begun, finish := make(chan bool), make(chan bool)
	var once sync.Once
	first := make(chan error)
	go func() {
		_, err := l.publisher.Verify(l.ctx, "another", func(generation.Verification) {
			once.Do(func() { close(begun); <-finish })
		})
		first <- err
	}()
	<-begun
	ctx, cancel := context.WithTimeout(l.ctx, 300*time.Millisecond) // it would be done long before
	defer cancel()
	_, err := l.publisher.Verify(ctx, org, func(generation.Verification) { t.Error("two are served at a time") })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waited got %v", err)
	}
	close(finish)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := l.publisher.Verify(l.ctx, org, nil); err != nil {
		t.Error(err)
	}
}
