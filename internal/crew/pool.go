package crew

import (
	"context"
	"database/sql"
	"slices"
	"sync"
)

// Pool is the crew of a process that is alone on its store: its goroutines. Jobs that nobody makes
// because the process ends are offered again by the next one. A Pool is safe for concurrent use.
type Pool struct {
	// Make makes a job. Its error is known to the one who conducts.
	Make func(Job) error
	// Go runs a function in a goroutine, or returns an error if the process is ending.
	Go func(func()) error
	// Workers is how many jobs of an organization are made at once, at least 1.
	Workers int

	mu     sync.Mutex
	queues map[string]*queue // by organization
}

// queue has the jobs of an organization that have not begun.
type queue struct {
	jobs    []Job
	workers int
}

// Offer implements Crew. The jobs are not stored.
func (p *Pool) Offer(_ context.Context, _ *sql.Tx, jobs []Job) (offered func(), err error) {
	return func() { p.add(jobs) }, nil
}

func (p *Pool) add(jobs []Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queues == nil {
		p.queues = map[string]*queue{}
	}
	for _, job := range jobs {
		q := p.queues[job.Organization]
		if q == nil {
			q = &queue{}
			p.queues[job.Organization] = q
		}
		q.add(job)
		if q.workers < p.Workers && p.Go(func() { p.work(job.Organization, q) }) == nil {
			q.workers++
		}
	}
}

// add adds a job that does not wait yet. The last generation of an organization is the one that runs.
func (q *queue) add(job Job) {
	q.jobs = slices.DeleteFunc(q.jobs, func(old Job) bool { return old.Generation != job.Generation })
	if !slices.ContainsFunc(q.jobs, func(old Job) bool { return slices.Equal(old.Ranges, job.Ranges) }) {
		q.jobs = append(q.jobs, job)
	}
}

// work makes jobs of an organization until none waits.
func (p *Pool) work(organization string, q *queue) {
	for {
		job, ok := p.next(organization, q)
		if !ok {
			return
		}
		_ = p.Make(job)
	}
}

func (p *Pool) next(organization string, q *queue) (job Job, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(q.jobs) == 0 {
		if q.workers--; q.workers == 0 && p.queues[organization] == q {
			delete(p.queues, organization)
		}
		return Job{}, false
	}
	job, q.jobs = q.jobs[0], q.jobs[1:]
	return job, true
}
