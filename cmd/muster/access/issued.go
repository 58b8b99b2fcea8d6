package access

import (
	"strings"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// printIssued prints what a client needs to ask for tokens.
func printIssued(t *console.Terminal, asJSON bool, reply control.Reply[control.Issued]) error {
	warnOfGroups(t, reply.Value.NewGroups)
	if reply.Value.ClientSecret != "" {
		t.Warn("the secret is shown only once: only its hash is kept")
	}
	return connect.Show(t, asJSON, reply, func(made control.Issued) error {
		return t.Table([]string{"tenant id", made.TenantID}, issuedRows(&made))
	})
}

// warnOfGroups warns of groups that were made because a command named them, perhaps by
// mistake.
func warnOfGroups(t *console.Terminal, names []string) {
	for _, name := range names {
		t.Warn("the group %q is new and stays empty until rules or reports name it", name)
	}
}

func issuedRows(made *control.Issued) (rows [][]string) {
	for _, row := range [][]string{
		{"organization", made.Organization}, {"client id", made.ClientID}, {"client secret", made.ClientSecret},
		{"valid until", console.InstantOrEmpty(made.ExpiresTime)}, {"old secret until", console.InstantOrEmpty(made.PreviousExpiresTime)},
		{"name", made.Name}, {"permissions", strings.Join(made.Permissions, ", ")}, {"groups", groupsText(made.Groups)},
		{"tokens from", made.TokenURL},
	} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// groupsText formats the groups that a client sees; nil is all.
func groupsText(groups []string) string {
	if groups == nil {
		return "all"
	}
	return strings.Join(groups, ", ")
}
