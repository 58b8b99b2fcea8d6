package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/notified"
)

// Preview is what a rule would have told.
type Preview struct {
	Snapshot, Previous int64
	Notices            []notice.Notice
	// Silent says why nothing can be told, if so.
	Silent string
}

// Preview makes the notices that a rule would have made of the newest snapshot, whether or not it was in force. What
// turned known to be exploited since the one before is only told of what rows say themselves: what CISA listed then
// is not known. Before the first snapshot the error is database.ErrNotFound.
func (n *Notifier) Preview(ctx context.Context, org string, r *notified.Rule) (*Preview, error) {
	all, err := n.Store.Publication.Snapshots(ctx, org)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("previewing rule %q: %w", r.Name, database.ErrNotFound)
	}
	p := &pending{org: org, after: all[len(all)-1]}
	made := &Preview{Snapshot: p.after.Number}
	if len(all) == 1 {
		made.Silent = "this is the first snapshot"
		return made, nil
	}
	p.before = all[len(all)-2]
	made.Previous = p.before.Number
	known, err := n.known(ctx, nil)
	if err != nil {
		return nil, err
	}
	told, why, err := n.make(ctx, p, []*notified.Rule{r}, known)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("previewing rule %q", r.Name), err)
	}
	made.Silent = why
	for i := range told {
		made.Notices = append(made.Notices, told[i].Notice)
	}
	return made, nil
}
