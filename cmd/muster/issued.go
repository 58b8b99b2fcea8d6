package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/api"
)

// printIssued prints what a client needs to ask for tokens.
func printIssued(t *terminal, reply json.RawMessage, asJSON bool) error {
	var made api.Issued
	if err := json.Unmarshal(reply, &made); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	warnOfGroups(t, made.NewGroups)
	if made.ClientSecret != "" {
		t.warn("the secret is shown this once, only its hash is kept")
	}
	if asJSON {
		return t.json(reply)
	}
	return t.table([]string{"tenant id", made.TenantID}, issuedRows(&made))
}

// warnOfGroups tells of groups that were made because somebody named them, maybe
// by mistake.
func warnOfGroups(t *terminal, names []string) {
	for _, name := range names {
		t.warn("the group %q is new, and empty until rules or reports name it", name)
	}
}

func issuedRows(made *api.Issued) (rows [][]string) {
	for _, row := range [][]string{
		{"organization", made.Organization}, {"client id", made.ClientID}, {"client secret", made.ClientSecret},
		{"good until", timeOrEmpty(made.ExpiresTime)}, {"old secret until", timeOrEmpty(made.PreviousExpiresTime)},
		{"name", made.Name}, {"permissions", strings.Join(made.Permissions, ", ")}, {"groups", groupsText(made.Groups)}, {"tokens from", made.TokenURL},
	} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// groupsText writes the groups that a client sees for people; nil is all.
func groupsText(groups []string) string {
	if groups == nil {
		return "all"
	}
	return strings.Join(groups, ", ")
}

// timeOrEmpty writes a time for people.
func timeOrEmpty(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
