package node

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// A stop takes less than 20 seconds in any case. These times count from the signal;
// settleTime comes after tasksTime.
const (
	// receiveTime is how long waiting reports are still stored. The rest, and later reports,
	// get 503 while there is time.
	receiveTime = 9 * time.Second
	// drainTime is how long requests may go on. The rest is cut off.
	drainTime = 12 * time.Second
	// tasksTime is how long scheduled tasks may take to stop.
	tasksTime = 13 * time.Second
	// StopTime is when the process ends in any case. Some waits cannot be interrupted, for
	// example for a disk that does not answer. Such a stop is a crash, from which the next
	// start recovers.
	StopTime = 19 * time.Second
	// AbandonTime is the same for other commands, which may also wait for a disk or a pipe.
	// It is later, so that a server logs its message first.
	AbandonTime = StopTime + time.Second/2
)

// Wait serves until ctx ends or an error occurs, and then stops.
func (r *Running) Wait(ctx context.Context) (err error) {
	select {
	case err = <-r.broken:
		r.end()
		awaitTasks(context.Background(), r.tasks)
	case <-ctx.Done():
		r.node.log.InfoContext(ctx, "stopping")
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), tasksTime)
		defer cancel()
		r.end()
		err = drain(r.server, r.node.Store.Reports.StopReceiving)
		if !awaitTasks(limit, r.tasks) {
			r.node.log.WarnContext(ctx, "a task did not stop in time and is abandoned")
		}
	}
	return err
}

// drain lets requests finish, for a while. After part of that time no more reports are
// stored.
func drain(server *http.Server, stopReceiving func()) error {
	finishing, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	defer time.AfterFunc(receiveTime, stopReceiving).Stop()
	err := server.Shutdown(finishing)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // the rest is cut off
	}
	return err
}

// awaitTasks waits for tasks until ctx ends, and tells whether they ended.
func awaitTasks(ctx context.Context, tasks *sync.WaitGroup) bool {
	ended := make(chan struct{})
	go func() { tasks.Wait(); close(ended) }()
	select {
	case <-ended:
		return true
	case <-ctx.Done():
		return false
	}
}

// CutShort calls exit a time after ctx has ended, unless stop was called before.
func CutShort(ctx context.Context, after time.Duration, exit func()) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-stopped:
			return
		}
		select {
		case <-time.After(after):
			exit()
		case <-stopped:
		}
	}()
	return func() { close(stopped) }
}
