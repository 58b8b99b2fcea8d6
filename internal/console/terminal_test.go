package console

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Progress shows nothing for quick work. For slow work it shows how far it is, and clears
// the line at the end.
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
		p.Say("building %d", 3)
		time.Sleep(8 * time.Second)
		if got := shown(); !strings.HasSuffix(got, "building 3 … 10s") {
			t.Errorf("later: %q", got)
		}
		p.End()
		if got := shown(); !strings.HasSuffix(got, "\r\x1b[K") {
			t.Errorf("end: %q", got)
		}
	})
}

// Progress shows nothing without a terminal.
func TestNoProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewTerminal("muster", nil, nil, &out).Begin("importing")
		time.Sleep(time.Minute)
		p.Say("building")
		p.End()
		if out.Len() > 0 {
			t.Errorf("shown: %q", out.String())
		}
	})
}
