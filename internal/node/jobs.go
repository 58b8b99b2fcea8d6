package node

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/muster-project/muster/internal/crew/queue"
	"github.com/muster-project/muster/internal/notice/deliver"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/store"
)

// openQueue opens the queue by which nodes that share a PostgreSQL database make each other's ranges, and
// makes its tables. Without such a database it returns nil: the process makes all ranges itself.
func openQueue(ctx context.Context, s *store.Store, log *slog.Logger) (*queue.Queue, error) {
	server := s.DB.Server()
	if server == nil {
		return nil, nil
	}
	if _, err := queue.Migrate(ctx, server); err != nil {
		return nil, err
	}
	cores := runtime.GOMAXPROCS(0)
	return queue.New(queue.Config{Server: server, Workers: cores + (cores+1)/2, Log: log})
}

// takeJobs returns a task that begins to make ranges that any node offers.
func takeJobs(q *queue.Queue) func(context.Context) error {
	return func(ctx context.Context) error {
		if q == nil {
			return nil
		}
		return q.Start(ctx)
	}
}

// handBack hands back the ranges that this node was making: others take them at once.
func handBack(ctx context.Context, q *queue.Queue, log *slog.Logger) {
	if q == nil {
		return
	}
	if err := q.Stop(ctx); err != nil {
		log.WarnContext(ctx, "handing back ranges failed: others find them in a while", "error", err)
	}
}

// openNotifier returns what makes notices and sends them, to addresses of the internet and of the allowed networks.
// version is that of the program.
func openNotifier(c notify.Config, allowed []netip.Prefix, version string) *notify.Notifier {
	host, err := os.Hostname()
	if err != nil {
		host = "" // messages then have no name of this machine
	}
	c.Clock = time.Now
	c.Send = deliver.New(deliver.Config{Allowed: allowed, Agent: "muster/" + version, Host: host, Clock: c.Clock}).Send
	return notify.New(c)
}
