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
		go p.show()
		time.Sleep(progressDelay - time.Millisecond)
		synctest.Wait()
		if out.Len() > 0 {
			t.Errorf("too early: %q", out.String())
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if got := out.String(); !strings.HasSuffix(got, "importing … 2s") {
			t.Errorf("first: %q", got)
		}
		p.say("building %d", 3)
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if got := out.String(); !strings.HasSuffix(got, "building 3 … 10s") {
			t.Errorf("later: %q", got)
		}
		p.end()
		if got := out.String(); !strings.HasSuffix(got, "\r\x1b[K") {
			t.Errorf("end: %q", got)
		}
	})
}

// Nothing is shown where there is no terminal.
func TestNoProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := (&terminal{err: &out}).begin("importing")
		time.Sleep(time.Minute)
		p.say("building")
		p.end()
		if out.Len() > 0 {
			t.Errorf("shown: %q", out.String())
		}
	})
}
