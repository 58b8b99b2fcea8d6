package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/console"
)

// safeBuffer collects the output of a running program, for concurrent reading.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await waits until a text was written a number of times.
func (b *safeBuffer) await(t testing.TB, text string, times int) {
	t.Helper()
	for range 300 {
		if strings.Count(b.String(), text) >= times {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%q was not written %d times in\n%s", text, times, b)
}

// serving starts `muster serve` within this process, and returns its first line,
// what it logs, and what stops it, which the end of the test does as well.
func serveProgram(t testing.TB, flags ...string) (line string, log *safeBuffer, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	log = new(safeBuffer)
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve"}, flags...), nil, in, log)
		in.Close()
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if status := <-ended; status != console.StatusDone {
			t.Errorf("serve: status %d: %s", status, log)
		}
	})
	t.Cleanup(stop)
	line, _ = bufio.NewReader(out).ReadString('\n') // no line if it ended; the caller finds out
	return strings.TrimSpace(line), log, stop
}
