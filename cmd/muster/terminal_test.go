package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What is quick shows nothing; what is not says how far it is, and is gone
// from the terminal in the end.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, "importing")
		shown := func() string {
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			return out.String()
		}
		go p.show()
		time.Sleep(progressDelay - time.Millisecond)
		if got := shown(); got != "" {
			t.Errorf("too early: %q", got)
		}
		time.Sleep(2 * time.Millisecond)
		if got := shown(); !strings.HasSuffix(got, "importing … 2s") {
			t.Errorf("first: %q", got)
		}
		p.say("building %d", 3)
		time.Sleep(8 * time.Second)
		if got := shown(); !strings.HasSuffix(got, "building 3 … 10s") {
			t.Errorf("later: %q", got)
		}
		p.end()
		if got := shown(); !strings.HasSuffix(got, "\r\x1b[K") {
			t.Errorf("end: %q", got)
		}
	})
}

// Nothing is shown where there is no terminal.
func TestNoProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newTerminal(nil, nil, &out).begin("importing")
		time.Sleep(time.Minute)
		p.say("building")
		p.end()
		if out.Len() > 0 {
			t.Errorf("shown: %q", out.String())
		}
	})
}
