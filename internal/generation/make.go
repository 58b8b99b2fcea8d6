package generation

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/publication"
)

// Make makes those ranges of a job that are not complete and that no other process is making. It
// returns nil if nothing is left to do here: whoever conducts the generation looks after what is
// missing. The error is crew.ErrUnable if only another process can make the job, and the cause of the
// context if that ends; any other one is told to whoever conducts.
func (p *Publisher) Make(ctx context.Context, job crew.Job) error {
	if err := p.holds.enter(); err != nil {
		return err
	}
	defer p.holds.all.Done()
	m, err := p.makings.enter(ctx, job.Organization, job.Generation)
	if errors.Is(err, merge.ErrOutdated) || errors.Is(err, library.ErrGone) {
		err = fmt.Errorf("%w: %w", crew.ErrUnable, err)
	}
	if m == nil || err != nil {
		return err
	}
	defer p.makings.leave(m)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(m.life, func() { stop(errEnded) })()
	if err := p.slots.Enter(ctx, job.Organization, "", 1); err != nil {
		return wanted(ctx)
	}
	defer p.slots.Leave(job.Organization)
	err = attempt(ctx, p.member, m, job.Ranges)
	if p.slots.Busy() {
		m.trim()
	}
	if ctx.Err() != nil {
		return wanted(ctx)
	}
	if err != nil && !unreachable(err) { // else the queue brings the job again, or whoever conducts offers it
		m.fail(err)
	}
	return err
}

// attempt makes ranges as the worker that this process is. If it was taken for dead, it tries again as
// another one. If it could not tell that its attempts ended, it is another one from then on: so they end
// with the time of the one that it was.
func attempt(ctx context.Context, member *crew.Member, m *making, ranges []int) error {
	for {
		worker, err := member.Worker(ctx)
		if err != nil {
			return err
		}
		err = m.do(ctx, worker, ranges)
		buried := errors.Is(err, publication.ErrBuried)
		if buried || errors.Is(err, errUntold) {
			member.Buried(worker)
		}
		if !buried {
			return err
		}
	}
}

// wanted returns why a job was interrupted; nil if nobody wants it any more.
func wanted(ctx context.Context) error {
	if err := ended(ctx); !errors.Is(err, errEnded) {
		return err
	}
	return nil
}
