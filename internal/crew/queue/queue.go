package queue

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/store/publication"
)

const (
	// pollEvery is how often a node with a free place asks for jobs.
	pollEvery = 200 * time.Millisecond
	// unableTime is how long a node leaves a job alone that it cannot make, for one that can.
	unableTime = time.Second
	// keepTime is how long jobs that have ended are kept, for people who look what happened.
	keepTime = time.Hour
	// tries is how often a job is tried. What fails for good is told to whoever conducts.
	tries = 3
)

// Config says what a Queue works on. All of it is required.
type Config struct {
	// Server is the PostgreSQL database. Its tables must be there (Migrate).
	Server *sql.DB
	// Workers is how many jobs this node makes at once.
	Workers int
	Log     *slog.Logger
}

// Queue is the crew of all nodes of a database. Those that called Start, or have offered jobs, make them.
type Queue struct {
	client *river.Client[*sql.Tx]
	maker  *maker
	log    *slog.Logger

	mu     sync.Mutex
	takes  bool // jobs
	closed bool
}

// New returns a Queue.
func New(c Config) (*Queue, error) {
	q := &Queue{maker: &maker{}, log: c.Log}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, q.maker); err != nil {
		return nil, fmt.Errorf("preparing the queue: %w", err)
	}
	var err error
	q.client, err = river.NewClient(riverdatabasesql.New(c.Server), &river.Config{
		Queues:   map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: c.Workers}},
		Workers:  workers,
		Logger:   c.Log,
		PollOnly: true, // a notification would need a connection of its own on each node
		// Each node has its own interval: in step, the one that asks just before the others would take a job again
		// and again that it cannot make.
		FetchPollInterval: pollEvery + rand.N(pollEvery/4),
		FetchCooldown:     pollEvery / 4,
		MaxAttempts:       tries,
		RetryPolicy:       soon{},
		// The job of a node that died stays "running" for so long. Nobody waits for it: whoever
		// conducts offers its ranges again.
		JobTimeout:                  publication.AttemptTime,
		RescueStuckJobsAfter:        publication.AttemptTime + time.Minute,
		CompletedJobRetentionPeriod: keepTime,
		CancelledJobRetentionPeriod: keepTime,
		DiscardedJobRetentionPeriod: keepTime,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the queue: %w", err)
	}
	return q, nil
}

// Use says what makes a job: Publisher.Make. Call it before Start and Offer.
func (q *Queue) Use(make func(context.Context, crew.Job) error) { q.maker.make = make }

// Start begins to make jobs. It may be called again.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.takes || q.closed || q.maker.make == nil {
		return nil
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting to take jobs: %w", err)
	}
	q.takes = true
	return nil
}

// Stop ends running jobs and hands them back at once: other nodes take them.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	takes := q.takes
	q.takes, q.closed = false, true
	q.mu.Unlock()
	if !takes {
		return nil
	}
	if err := q.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("handing jobs back: %w", err)
	}
	return nil
}

// Offer implements crew.Crew. Who offers jobs makes some, too: a command may be the only process.
func (q *Queue) Offer(ctx context.Context, tx *sql.Tx, jobs []crew.Job) (offered func(), err error) {
	all := make([]river.InsertManyParams, len(jobs))
	for n, job := range jobs {
		all[n] = river.InsertManyParams{Args: ranges{job}, InsertOpts: &river.InsertOpts{Priority: priority(n)}}
	}
	inserted, err := q.client.InsertManyTx(ctx, tx, all)
	if err == nil {
		err = now(ctx, tx, inserted)
	}
	if err != nil {
		return nil, fmt.Errorf("offering %d jobs: %w", len(jobs), err)
	}
	return func() {
		if err := q.Start(ctx); err != nil {
			q.log.WarnContext(ctx, "this process only offers ranges", "error", err)
		}
	}, nil
}

// now makes jobs due at once by the database's clock, by which they are taken. River inserts them by the
// clock of this process: if that is ahead, nobody would take them until the database's has come there.
func now(ctx context.Context, tx *sql.Tx, jobs []*rivertype.JobInsertResult) error {
	ids := make([]int64, len(jobs))
	for n, one := range jobs {
		ids[n] = one.Job.ID
	}
	_, err := tx.ExecContext(ctx, `UPDATE river_job SET scheduled_at = now() WHERE id = ANY($1) AND scheduled_at > now()`, ids)
	return err
}

// priority is that of the n-th job that is offered of a generation, 1 for the first to be taken and 4 for the
// last. So a generation of a few jobs begins although thousands of a large one wait.
func priority(n int) int {
	switch {
	case n < 2:
		return 1
	case n < 6:
		return 2
	case n < 16:
		return 3
	}
	return 4
}

// ranges are the arguments of a job, as they are stored.
type ranges struct{ crew.Job }

// Kind implements river.JobArgs.
func (ranges) Kind() string { return "make_ranges" }

// maker makes jobs.
type maker struct {
	river.WorkerDefaults[ranges]
	make func(context.Context, crew.Job) error
}

// Work implements river.Worker.
func (m *maker) Work(ctx context.Context, job *river.Job[ranges]) error {
	err := m.make(ctx, job.Args.Job)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // the node stops: another one takes the job at once
		return river.JobSnooze(0)
	case isUnable(err):
		return river.JobSnooze(unableTime)
	}
	return err
}

// soon tries again after a second: nobody waits for longer.
type soon struct{}

// NextRetry implements river.ClientRetryPolicy.
func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Second) }
