package edge

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// One caller cannot have all places, and its places and line are forgotten with it.
func TestShareOfOneCaller(t *testing.T) {
	g := NewGate(4, 50*time.Millisecond)
	enter := func(caller string) (leave func(), err error) {
		return g.Enter(t.Context(), newResponse(httptest.NewRecorder(), ""), caller)
	}
	var leave []func()
	for range 3 {
		l, err := enter("greedy")
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	_, err := enter("greedy")
	var f *Failure
	if !errors.As(err, &f) || f.Status != http.StatusServiceUnavailable || f.Retry == 0 {
		t.Errorf("a fourth place: %v", err)
	}
	l, err := enter("another")
	if err != nil {
		t.Fatalf("another caller: %v", err)
	}
	if _, err := enter("a third"); err == nil {
		t.Error("five places of four")
	}
	for _, leave := range append(leave, l) {
		leave()
	}
	if len(g.lines) != 0 || len(g.holders) != 0 {
		t.Errorf("%d callers and %d replies are remembered", len(g.lines), len(g.holders))
	}
	for range 3 {
		if _, err := enter("greedy"); err != nil {
			t.Fatalf("a place that is free: %v", err)
		}
	}
}

// A request that leaves while it waits leaves nothing behind.
func TestLeavingWhileWaiting(t *testing.T) {
	g := NewGate(1, time.Minute)
	if _, err := g.Enter(t.Context(), newResponse(httptest.NewRecorder(), ""), "one"); err != nil {
		t.Fatal(err)
	}
	ctx, left := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, left)
	if _, err := g.Enter(ctx, newResponse(httptest.NewRecorder(), ""), "two"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(g.lines) != 1 || len(g.holders) != 1 {
		t.Errorf("%d callers and %d replies are remembered", len(g.lines), len(g.holders))
	}
}

// The line of one caller is limited.
func TestFullLine(t *testing.T) {
	g := NewGate(4, time.Hour) // waiting does not end in this test
	for range MaxLine {
		if _, joined := g.join("greedy"); !joined {
			t.Fatal("the line is full too early")
		}
	}
	_, err := g.Enter(t.Context(), newResponse(httptest.NewRecorder(), ""), "greedy")
	var f *Failure
	if !errors.As(err, &f) || f.Status != http.StatusServiceUnavailable || f.Retry == 0 {
		t.Errorf("one more: %v", err)
	}
	if _, err := g.Enter(t.Context(), newResponse(httptest.NewRecorder(), ""), "another"); err != nil {
		t.Errorf("another caller: %v", err)
	}
}
