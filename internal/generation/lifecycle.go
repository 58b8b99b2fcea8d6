package generation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// Resume recovers an organization after any stop. It marks dead attempts and removes their files,
// finishes retiring that was interrupted, and finishes the running generation. It does not wait for
// leases of dead owners. Where other processes use the store it does nothing: what runs may be theirs,
// and GoOn finishes what is nobody's.
func (p *Publisher) Resume(ctx context.Context, organization string) error {
	if !p.alone {
		return nil
	}
	h, ctx, err := p.hold(ctx, organization, true)
	if err != nil {
		return fmt.Errorf("resuming: %w", err)
	}
	defer h.Release()
	if err := h.retire(ctx); errors.Is(err, snapshot.ErrDamaged) {
		// Files of a damaged snapshot stay until it is repaired.
		p.log.WarnContext(ctx, "retiring old snapshots failed", "error", err)
	} else if err != nil {
		return err
	}
	return h.finishLeft(ctx)
}

// Start resumes every organization and goes on with stored requests. When ctx ends, running
// generations stop, and the next start finishes them. Publish may be called meanwhile: an
// organization is resumed before its first generation begins.
func (p *Publisher) Start(ctx context.Context) error {
	context.AfterFunc(ctx, p.Stop)
	err := p.each(ctx, func(ctx context.Context, o organization.Organization) error { return p.Resume(ctx, o.ID) })
	return errors.Join(err, p.GoOn(ctx))
}

// GoOn makes requested generations, and finishes those that no process makes any more. Call it about
// every minute; where other processes use the store, every few seconds.
func (p *Publisher) GoOn(ctx context.Context) error {
	all, err := p.store.Publication.Unfinished(ctx, !p.alone)
	for _, organization := range all {
		p.serve(organization)
	}
	return err
}

// each calls do for every organization, and joins the errors.
func (p *Publisher) each(ctx context.Context, do func(context.Context, organization.Organization) error) error {
	all, err := p.store.Organizations.All(ctx)
	for _, o := range all {
		if failed := do(ctx, o); failed != nil {
			err = errors.Join(err, fmt.Errorf("organization %q: %w", o.ID, failed))
		}
	}
	return err
}

// Tend checks the clock for every organization, makes the snapshot that was due while in doubt, and
// retires old snapshots. Call it every hour. It logs when a doubt begins or ends.
func (p *Publisher) Tend(ctx context.Context) error {
	return p.each(ctx, func(ctx context.Context, o organization.Organization) error {
		err := p.watcher.Watch(ctx, o.ID)
		if errors.Is(err, watch.ErrDoubt) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err = p.store.Publication.Requested(ctx, o.ID); err == nil {
			return p.publishOne(ctx, o)
		}
		if !errors.Is(err, database.ErrNotFound) {
			return err
		}
		return p.Retire(ctx, o.ID)
	})
}

// PublishAll makes the next snapshot of every organization, side by side. An organization in doubt
// gets its snapshot when the doubt has ended.
func (p *Publisher) PublishAll(ctx context.Context) error {
	var all []*Publication
	err := p.each(ctx, func(ctx context.Context, o organization.Organization) error {
		asked := p.PublishAs(ctx, o.ID, publication.Wish{Patient: true})
		all = append(all, asked)
		return asked.Err()
	})
	for _, asked := range all {
		if asked.Err() == nil {
			err = errors.Join(err, p.told(ctx, asked))
		}
	}
	return err
}

// retryFailed is how long after a generation that failed the next one is due at the latest: a store of files
// that could not be reached may be there again.
const retryFailed = 10 * time.Minute

// PublishDue requests the next snapshot of each organization whose newest generation began an interval
// ago or earlier, whichever process made it, and of those without any, and does not wait for them. After
// one that failed it does not wait for all of a long interval.
// Processes that call it at the same time share one request. A request that waits for the end of a
// doubt is left to Tend.
func (p *Publisher) PublishDue(ctx context.Context, interval time.Duration) error {
	return p.each(ctx, func(ctx context.Context, o organization.Organization) error {
		// A request is looked for first: one that begins in between is the newest generation then, and not missed.
		if _, err := p.store.Publication.Requested(ctx, o.ID); !errors.Is(err, database.ErrNotFound) {
			return err
		}
		newest, err := p.store.Publication.Generations(ctx, o.ID, 1)
		wait := interval
		if len(newest) > 0 && newest[0].State == publication.Failed {
			wait = min(interval, retryFailed)
		}
		if err != nil || len(newest) > 0 && p.clock().Before(newest[0].Begun.Add(wait)) {
			return err
		}
		asked := p.PublishAs(ctx, o.ID, publication.Wish{Patient: true})
		if asked.Err() == nil {
			go func() {
				if err := p.told(p.life, asked); err != nil && p.life.Err() == nil {
					p.log.ErrorContext(p.life, "making a snapshot that is due failed", "error", err)
				}
			}()
		}
		return asked.Err()
	})
}

func (p *Publisher) publishOne(ctx context.Context, o organization.Organization) error {
	asked := p.PublishAs(ctx, o.ID, publication.Wish{Patient: true})
	if err := asked.Err(); err != nil {
		return err
	}
	return p.told(ctx, asked)
}

// told waits for a requested snapshot and logs it.
func (p *Publisher) told(ctx context.Context, asked *Publication) error {
	made, err := asked.Wait(ctx)
	if err != nil {
		return fmt.Errorf("organization %q: %w", asked.organization, err)
	}
	p.log.InfoContext(ctx, "snapshot published", "organization", asked.organization, "number", made.Number,
		"generated", made.Generated,
		"duration", made.Generated.Sub(made.Begun))
	return nil
}

// Next returns the time until the first snapshot is due. It is 0 if an organization has no snapshot
// or has reports that wait. Otherwise it is an interval after the oldest of the newest snapshots of
// all organizations.
func (p *Publisher) Next(ctx context.Context, interval time.Duration) time.Duration {
	wait := interval
	err := p.each(ctx, func(ctx context.Context, o organization.Organization) error {
		newest, err := p.store.Publication.Latest(ctx, o.ID)
		if err != nil {
			return err
		}
		made, err := p.store.Publication.Generation(ctx, o.ID, newest.Number)
		if err != nil {
			return err
		}
		if o.Revision > made.Revision {
			wait = 0
		}
		wait = min(wait, newest.Begun.Add(interval).Sub(p.clock()))
		return nil
	})
	if err != nil {
		return 0
	}
	return max(0, wait)
}

// Stop ends running generations at their next step; the next start finishes them. No generation
// begins after it.
func (p *Publisher) Stop() {
	p.holds.close()
	p.end(ErrClosed)
}

// Close stops running generations and waits until they have stopped, or until ctx ends.
func (p *Publisher) Close(ctx context.Context) error {
	p.Stop()
	done := make(chan struct{})
	go func() {
		p.holds.all.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for generations to stop: %w", ctx.Err())
	}
}
