package export

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/odata"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// pull is a selection with its snapshots.
type pull struct {
	selection
	call      defender.Call
	caller    auth.Caller
	snapshots []publication.Snapshot // in order, all known snapshots of the selection
	// generated is when the newest of them was published; the time of the request if there is
	// none.
	generated time.Time
	// covered is the newest snapshot whose rows the pull has, or does not want. since is the time
	// of the request for the first page of a delta.
	covered int64
	since   time.Time
	// tallied is the newest snapshot whose rows are in the count of the selection.
	tallied int64
}

// pulls makes selections, and finds their snapshots.
type pulls struct {
	store     *publication.Store
	publisher *generation.Publisher
	tokens    tokenSealer
	clock     func() time.Time
}

// begin makes the selection of a request that does not continue another one.
func (s *pulls) begin(r *edge.Request, call defender.Call) (*pull, error) {
	clean, err := r.Query.Flag(includeClean)
	if err != nil {
		return nil, err
	}
	advisories, err := r.Query.Flag(includeNonCVE)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	var since time.Time
	if call.Delta {
		if since, err = readSince(r.Query, now); err != nil {
			return nil, err
		}
	}
	p := &pull{call: call, caller: r.Caller, selection: selection{clean: clean, advisories: advisories}, since: since,
		generated: now.UTC().Truncate(time.Second)}
	known, err := s.known(r.Context(), p)
	if err != nil {
		return nil, err
	}
	before := p.choose(known)
	if !call.Delta && !p.servable(0) {
		return nil, edge.Refuse(http.StatusGone, "", "the files of the newest snapshot are no longer kept: wait for the next one")
	}
	if !p.servable(0) {
		return nil, edge.Refuse(http.StatusGone, "",
			"the changes since %s are no longer kept: begin with a full export", r.Query.Text(sinceTime))
	}
	if call.Delta {
		return p, s.checkChain(r, p, before)
	}
	return p, nil
}

// checkChain refuses a delta across a snapshot that restarted the history: every snapshot of the
// window must have been made from the previous one, the first of them from the snapshot with the
// number before.
func (s *pulls) checkChain(r *edge.Request, p *pull, before int64) error {
	for i := range p.snapshots {
		m, err := s.publisher.Manifest(p.snapshots[i])
		if err != nil {
			return err
		}
		if m.Previous != before {
			return edge.Refuse(http.StatusGone, "",
				"snapshot %d was rebuilt, so there are no changes since %s: begin with a full export",
				m.Number, r.Query.Text(sinceTime))
		}
		before = m.Number
	}
	return nil
}

// known reads the snapshots that a new pull may choose from, in order.
func (s *pulls) known(ctx context.Context, p *pull) ([]publication.Snapshot, error) {
	if p.call.Delta {
		return s.store.Snapshots(ctx, p.caller.Organization)
	}
	newest, err := s.store.Latest(ctx, p.caller.Organization)
	if errors.Is(err, database.ErrNotFound) {
		return nil, nil
	}
	return []publication.Snapshot{newest}, err
}

// choose selects the newest snapshot, or for a delta all that were published after since. If the
// installation is younger than that there is no gap: before its first snapshot there was nothing.
// It returns the number of the snapshot before those chosen, 0 for none.
func (p *pull) choose(all []publication.Snapshot) (before int64) {
	if len(all) == 0 {
		return 0
	}
	p.generated, p.covered = all[len(all)-1].Generated, all[len(all)-1].Number
	from := len(all) - 1
	if p.call.Delta {
		for from = len(all); from > 0 && all[from-1].Generated.After(p.since); {
			from--
		}
	}
	if p.snapshots = all[from:]; len(p.snapshots) > 0 {
		p.first, p.last = p.snapshots[0].Number, p.snapshots[len(p.snapshots)-1].Number
		p.mark = markOf(p.snapshots)
	}
	if from > 0 {
		before = all[from-1].Number
	}
	return before
}

// resume returns the pull that a skip token continues, and its cursor.
func (s *pulls) resume(r *edge.Request, call defender.Call, filter *odata.Filter, token string) (*pull, cursor, error) {
	chosen, at, err := s.tokens.open(binding(call.Name, &r.Caller, filter), binding(call.Name, &r.Caller, nil), token)
	if errors.Is(err, errToken) {
		return nil, cursor{}, edge.Refuse(http.StatusBadRequest, defender.CodeODataError,
			"$skiptoken is damaged, or is from another call: use it unchanged from a nextLink")
	}
	if err != nil {
		return nil, cursor{}, err
	}
	p := &pull{call: call, caller: r.Caller, selection: chosen, covered: chosen.last, tallied: chosen.last}
	if p.snapshots, err = s.selected(r.Context(), p); err != nil {
		return nil, cursor{}, err
	}
	if !p.servable(at.snapshot) {
		return nil, cursor{}, edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
			"the snapshot of $skiptoken is no longer kept: start the pull again")
	}
	return p, at, nil
}

// selected reads the snapshots of a selection.
func (s *pulls) selected(ctx context.Context, p *pull) ([]publication.Snapshot, error) {
	if p.first == p.last {
		one, err := s.store.Snapshot(ctx, p.caller.Organization, p.last)
		if errors.Is(err, database.ErrNotFound) {
			return nil, nil
		}
		return []publication.Snapshot{one}, err
	}
	all, err := s.store.Snapshots(ctx, p.caller.Organization)
	if err != nil {
		return nil, err
	}
	var some []publication.Snapshot
	for _, n := range all {
		if n.Number >= p.first && n.Number <= p.last {
			some = append(some, n)
		}
	}
	return some, nil
}

// after returns the snapshots from one number on.
func (p *pull) after(number int64) []publication.Snapshot {
	for i := range p.snapshots {
		if p.snapshots[i].Number >= number {
			return p.snapshots[i:]
		}
	}
	return nil
}

// servable tells whether everything is kept that the selection needs from one snapshot on; 0 means
// all of them.
func (p *pull) servable(from int64) bool {
	rest := p.after(from)
	for i := range rest {
		kept := rest[i].Full
		if p.call.Delta {
			kept = rest[i].Delta
		}
		if kept != publication.Kept {
			return false
		}
	}
	if p.last == 0 {
		return true
	}
	if len(rest) == 0 || from != 0 && rest[0].Number != from {
		return false
	}
	if rest[len(rest)-1].Number != p.last {
		return false
	}
	return markOf(rest) == p.mark || p.old && markOf(rest[len(rest)-1:]) == p.mark
}

// from returns the selection of a pull that continues at a snapshot.
func (p *pull) from(number int64) selection {
	chosen := p.selection
	chosen.mark = markOf(p.after(number))
	return chosen
}

// markOf distinguishes snapshots from others with the same numbers.
func markOf(some []publication.Snapshot) (mark uint64) {
	for i := range some {
		mark ^= some[i].Mark()
	}
	return mark
}

// parts lists the parts that the caller may see of one snapshot.
func (p *pull) parts(m *snapshot.Manifest) (*snapshot.PartList, error) {
	wanted := []defender.Dataset{p.call.Dataset}
	if p.call.Dataset == defender.Vulnerabilities {
		if p.advisories {
			wanted = append(wanted, defender.NonCVEAdvisories)
		}
		if p.clean {
			wanted = append(wanted, defender.CleanSoftware)
		}
	}
	return m.Parts(p.call.Delta, p.caller.Visible(), wanted...)
}

// shape returns the shape of the pull's rows in a snapshot. The shape of clean software also reads
// vulnerabilities: it differs in that the CVE may be null.
func (p *pull) shape(m *snapshot.Manifest) *row.Shape {
	dataset := p.call.Dataset
	if p.clean && dataset == defender.Vulnerabilities {
		dataset = defender.CleanSoftware
	}
	return row.ShapeIn(m.RowShape, dataset, p.call.Delta)
}

// of returns the pull of a request, and the cursor where it begins.
func (s *pulls) of(r *edge.Request, call defender.Call, filter *odata.Filter) (*pull, cursor, error) {
	if token := r.Query.Text(skipToken); token != "" {
		return s.resume(r, call, filter, token)
	}
	p, err := s.begin(r, call)
	return p, cursor{}, err
}
