package queue_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/crew/queue"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/storetest"
)

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	return storetest.Open(t, store.Config{Database: database.Config{URL: url}})
}

// calls collects what nodes make.
type calls struct {
	mu   sync.Mutex
	made []string
}

func (c *calls) add(node string, job crew.Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = append(c.made, fmt.Sprint(node, " ", job.Organization, job.Ranges))
}

func (c *calls) wait(t *testing.T, n int) []string {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		made := append([]string{}, c.made...)
		c.mu.Unlock()
		if len(made) >= n {
			return made
		}
	}
	t.Fatalf("%d jobs were made, want %d", len(c.made), n)
	return nil
}

func node(t *testing.T, s *store.Store, workers int, make func(context.Context, crew.Job) error) *queue.Queue {
	t.Helper()
	q, err := queue.New(queue.Config{Server: s.DB.Server(), Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if make != nil {
		q.Use(make)
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := q.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	return q
}

func offer(t *testing.T, s *store.Store, q *queue.Queue, commit bool, jobs ...crew.Job) {
	t.Helper()
	undo := fmt.Errorf("undone")
	err := s.DB.Write(t.Context(), func(tx *sql.Tx) error {
		if _, err := q.Offer(t.Context(), tx, jobs); err != nil {
			return err
		}
		if !commit {
			return undo
		}
		return nil
	})
	if commit && err != nil || !commit && err != undo {
		t.Fatal(err)
	}
}

// Jobs are there with the transaction in which they are offered, and any node makes them. A large
// generation does not keep a small one waiting. A node that stops, or cannot make a job, leaves it to
// others.
func TestNodesMakeWhatIsOffered(t *testing.T) {
	url := storetest.Postgres(t)
	s := open(t, url)
	var both sync.WaitGroup
	for range 2 { // two nodes start at once
		both.Go(func() {
			if _, err := queue.Migrate(t.Context(), s.DB.Server()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	q := node(t, s, 1, nil)
	offer(t, s, q, false, crew.Job{Organization: "never", Ranges: []int{0}})
	var large []crew.Job
	for i := range 40 {
		large = append(large, crew.Job{Organization: "large", Generation: 1, Ranges: []int{i}})
	}
	offer(t, s, q, true, large...)
	offer(t, s, q, true, crew.Job{Organization: "small", Generation: 7, Ranges: []int{3, 4}})

	var done calls
	held := make(chan struct{})
	stops := node(t, s, 1, func(ctx context.Context, job crew.Job) error {
		close(held)
		<-ctx.Done()
		return ctx.Err()
	})
	<-held
	begun := time.Now()
	if err := stops.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	node(t, open(t, url), 1, func(_ context.Context, job crew.Job) error {
		done.add("a", job)
		return nil
	})
	made := done.wait(t, 41)
	t.Logf("41 jobs, one of them handed back, in %s", time.Since(begun).Round(time.Millisecond))
	first := slices.Sorted(slices.Values(made[:3])) // the one that was handed back comes after those that waited
	if want := []string{"a large[0]", "a large[1]", "a small[3 4]"}; !slices.Equal(first, want) {
		t.Errorf("the first jobs are %q, want %q", first, want)
	}
	var unable sync.Once
	refused := make(chan struct{})
	node(t, open(t, url), 1, func(context.Context, crew.Job) error {
		unable.Do(func() { close(refused) })
		return crew.ErrUnable
	})
	for i := 0; ; i++ {
		offer(t, s, q, true, crew.Job{Organization: "new", Generation: 8, Ranges: []int{i}})
		done.wait(t, 42+i)
		select {
		case <-refused:
			return
		default:
		}
	}
}
