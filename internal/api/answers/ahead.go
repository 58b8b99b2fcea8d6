package answers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
)

// Make asks for what the first pages show to whoever sees all groups of an organization, of the newest snapshot. What
// the lists are made of is remembered, and so are they.
func (a *Ahead) Make(ctx context.Context, organization string) error {
	ls, yes := a.lists.Load(), []string{"true"}
	if ls == nil {
		return nil
	}
	all := auth.Caller{Organization: organization, Permissions: auth.Permissions(), AllGroups: true}
	for _, one := range []struct {
		call  edge.Handler
		query url.Values
	}{
		{ls.listVulnerabilities, nil}, {ls.recommendations, url.Values{"sort": {"-exposureShare"}}},
		{ls.fleet, url.Values{"kev": yes}}, {ls.fleet, url.Values{"silent": yes}}, {ls.scores, nil}, {ls.trends, nil},
		{ls.fleet, nil}, {singles{ls}.list, nil}, {ls.recommendations, nil}, {ls.software, nil}, {ls.configurations, nil},
	} {
		err := edge.Unheard(ctx, one.call, all, one.query)
		var refused *edge.Failure // such as KEV without CISA's list: whoever asks is told
		if err != nil && (!errors.As(err, &refused) || refused.Status >= http.StatusInternalServerError) {
			return fmt.Errorf("making lists ahead: %w", err)
		}
	}
	return nil
}
