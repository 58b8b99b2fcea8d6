package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// maxNamed is how many groups a hint names.
const maxNamed = 20

// groupNames returns the names of the groups that the caller may know: a manager all, others those that
// have devices in the newest snapshot.
func (s *State) groupNames(ctx context.Context) (names []string, err error) {
	all, err := control.Do(ctx, s.Session, control.ListGroups())
	if err == nil {
		for _, g := range all.Value.Groups {
			names = append(names, g.Name)
		}
		return names, nil
	}
	covered, coveredErr := control.Do(ctx, s.Session, control.ShowCoverage(""))
	if coveredErr != nil {
		return nil, err
	}
	for _, g := range covered.Value.Groups {
		names = append(names, g.RBACGroupName)
	}
	return names, nil
}

// inWords names groups in a hint.
func inWords(names []string) string {
	if len(names) == 0 {
		return "there are no groups"
	}
	more := ""
	if n := len(names) - maxNamed; n > 0 {
		names, more = names[:maxNamed], fmt.Sprintf(" and %d more", n)
	}
	return "the groups are " + strings.Join(names, ", ") + more
}

// AdviseGroup adds to a refusal the names of the groups that there are, where a command named one.
func (s *State) AdviseGroup(ctx context.Context, err error, group string) error {
	var reply *control.Error
	if group == "" || !errors.As(err, &reply) || !strings.Contains(reply.Message, "group") ||
		reply.Status != http.StatusNotFound && reply.Status != http.StatusBadRequest {
		return err
	}
	names, failed := s.groupNames(ctx)
	if failed != nil {
		return err
	}
	return plain.Hinted(err, "%s", inWords(names))
}

// CheckGroups refuses names of groups that do not exist: most are mistakes. Those of no group exist.
func (s *State) CheckGroups(ctx context.Context, wanted []string) error {
	if len(wanted) == 0 {
		return nil
	}
	all, err := control.Do(ctx, s.Session, control.ListGroups())
	if err != nil {
		return fmt.Errorf("listing groups: %w", s.Explain(err))
	}
	for _, name := range wanted {
		if _, err := control.NamedGroup(all.Value.Groups, name); err != nil {
			names, _ := s.groupNames(ctx) // the same call has just worked
			return plain.Hinted(err, "%s; --new-groups makes others", inWords(names))
		}
	}
	return nil
}
