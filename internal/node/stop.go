package node

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// A stop takes less than 20 seconds, whatever goes on. These are counted from
// when the server was told to stop; settleTime comes after tasksTime.
const (
	// receiveTime is how long reports that wait are still stored. The rest, and
	// what comes later, is answered 503 while there is time to.
	receiveTime = 9 * time.Second
	// drainTime is how long requests may go on. What is left is cut off.
	drainTime = 12 * time.Second
	// tasksTime is how long what the server does by itself may take to notice.
	tasksTime = 13 * time.Second
	// StopTime is when the process ends in any case: a disk that does not answer,
	// for one, cannot be waited for. A stop like that is a crash, from which the
	// next start recovers.
	StopTime = 19 * time.Second
	// AbandonTime is the same for other commands, which may wait for a disk or a
	// pipe, too. A server has told its log before.
	AbandonTime = StopTime + time.Second/2
)

// Wait serves until ctx ends or something breaks, and then comes to an end.
func (r *Running) Wait(ctx context.Context) (err error) {
	select {
	case err = <-r.broken:
		r.end()
		awaitTasks(context.Background(), r.tasks)
	case <-ctx.Done():
		r.folder.log.InfoContext(ctx, "stopping")
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), tasksTime)
		defer cancel()
		r.end()
		err = drain(r.server, r.folder.Store.Reports.StopReceiving)
		if !awaitTasks(limit, r.tasks) {
			r.folder.log.WarnContext(ctx, "a task did not notice the stop, and is left behind")
		}
	}
	return err
}

// drain lets requests finish, for a while. After a part of it reports are not
// stored any more.
func drain(server *http.Server, stopReceiving func()) error {
	finishing, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	defer time.AfterFunc(receiveTime, stopReceiving).Stop()
	err := server.Shutdown(finishing)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // what is left is cut off
	}
	return err
}

// awaitTasks waits for tasks, until ctx ends; it tells whether they ended.
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

// CutShort calls exit so long after ctx has ended, unless stop was called by
// then.
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
