package node

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
)

// A request that never ends, a task that does not stop, and a step that hangs after both: with
// none of them a stop takes 20 seconds.
func TestNothingHoldsUpAStop(t *testing.T) {
	if total := tasksTime + settleTime; total >= StopTime || StopTime >= 20*time.Second ||
		receiveTime >= drainTime || drainTime >= tasksTime {
		t.Fatalf("tasks and generations have %v of %v", total, StopTime)
	}
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: filepath.Join(t.TempDir(),
		"muster.db")}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		at := func() time.Duration { return time.Since(begun) }
		ctx, stop := context.WithCancel(t.Context())
		cut := make(chan time.Duration, 1)
		notCut := CutShort(ctx, StopTime, func() { cut <- at() })
		r := &Running{node: &Node{log: slog.New(slog.DiscardHandler), Store: s}, end: func() {},
			tasks: new(sync.WaitGroup), broken: make(chan error)}
		hang, freed := make(chan struct{}), make(chan struct{})
		r.tasks.Go(func() { <-hang })
		p := newPipe()
		r.server = &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang })}
		go r.server.Serve(p)
		client := &http.Client{Transport: &http.Transport{DialContext: p.dial}}
		go func() {
			defer close(freed)
			if _, err := client.Get("http://localhost/"); err == nil {
				t.Error("a request that did not end was answered")
			}
		}()
		synctest.Wait()
		stop()
		if err := r.Wait(ctx); err != nil {
			t.Error(err)
		}
		if got := at(); got != tasksTime {
			t.Errorf("waited %v, must be %v", got, tasksTime)
		}
		if got := <-cut; got != StopTime {
			t.Errorf("cut after %v, must be %v", got, StopTime)
		}
		close(hang)
		<-freed
		notCut()
	})
}

// What stops in time is not cut off.
func TestStopInTimeIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ends := range []bool{false, true} {
			ctx, stop := context.WithCancel(t.Context())
			notCut := CutShort(ctx, StopTime, func() { t.Error("cut") })
			if ends {
				stop()
				time.Sleep(StopTime - time.Second)
			}
			notCut()
			time.Sleep(time.Hour)
			stop()
		}
	})
}

// A body of thousands of reports does not hold up a stop, and its sender gets a reply in time:
// before connections are cut.
func TestStopTellsSendersOfReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		waiting := make(chan struct{})
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-waiting // for its turn
			w.WriteHeader(http.StatusServiceUnavailable)
		})}
		p := newPipe()
		go server.Serve(p)
		client := &http.Client{Transport: &http.Transport{DialContext: p.dial, DisableKeepAlives: true}}
		told := make(chan int, 1)
		go func() {
			response, err := client.Get("http://localhost/")
			if err != nil {
				t.Error(err)
				told <- 0
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			told <- response.StatusCode
		}()
		synctest.Wait()
		if err := drain(server, func() { close(waiting) }); err != nil {
			t.Error(err)
		}
		if got := <-told; got != http.StatusServiceUnavailable {
			t.Errorf("status %d", got)
		}
		if took := time.Since(begun); took < receiveTime || took >= drainTime {
			t.Errorf("it took %v", took)
		}
	})
}
