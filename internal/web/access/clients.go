package access

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// clientPath is the address of a client's page.
func clientPath(id string) string { return "/access/clients/" + url.PathEscape(id) }

// sees says which groups a client sees.
func sees(groups []string) string {
	if groups == nil {
		return "all groups"
	}
	return strings.Join(groups, ", ")
}

// showClients is GET /access.
func showClients(v *page.Visit) error {
	if err := v.Takes("page"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	all, err := page.Ask(ctx, v.API, control.ListClients())
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Access", Tabs: tabs("/access"), Lead: page.Count(int64(len(all.Clients)), "client", "clients") + ", and " +
		page.Count(all.Devices, "device", "devices") + " with credentials of their own.",
		Actions: []page.Entry{{Name: "Add a client", Path: "/access/clients/add"},
			{Name: "Browsers", Path: sessionsPath}}}
	part := page.Part{Title: "Clients", Empty: "There is no client.",
		Note: "A client is an application, or a person at the command line and in a browser."}
	shown, err := page.PageOf(v, "page", all.Clients, &part)
	if err != nil {
		return err
	}
	part.Table = page.Table("Clients", page.Columns("Client", "Permissions", "Sees", "Credentials", "Made"),
		page.Cells(shown, clientCells))
	p.Parts = []page.Part{part}
	return v.Page("sheet", &page.Frame{Title: "Access", Content: p})
}

func clientCells(c *control.Client) []page.Cell {
	var proofs []string
	for _, one := range c.Credentials {
		proofs = append(proofs, one.Kind+" until "+expiry(one.ExpiresTime))
	}
	return []page.Cell{page.Linked(cmp.Or(strings.TrimSpace(c.Name), c.ID), clientPath(c.ID)),
		page.TextCell(strings.Join(c.Permissions, ", ")), page.TextCell(sees(c.Groups)),
		page.TextCell(cmp.Or(strings.ReplaceAll(strings.Join(proofs, "; "), "until without", "without"), "none: it cannot ask for tokens")),
		page.TextCell(page.Instant(c.CreatedTime))}
}

// showClient is GET /access/clients/{id}.
func showClient(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	c, err := clientOf(ctx, v)
	if err != nil {
		return err
	}
	at := clientPath(c.ID)
	p := &page.Sheet{About: "Access", Tabs: tabs(""), Facts: [][2]string{{"Id", c.ID}, {"Permissions", strings.Join(c.Permissions, ", ")},
		{"Sees", sees(c.Groups)}, {"Made", page.Instant(c.CreatedTime)}},
		Actions: []page.Entry{{Name: "Change", Path: at + "/change"}, {Name: "New secret", Path: at + "/rotate"},
			{Name: "Add a certificate", Path: at + "/certificate"}, {Name: "Remove", Path: at + "/remove"}}}
	note := "When a credential was used last is not kept."
	if v.Caller.May(auth.ReadAudit) {
		note += " The audit log has what the client did."
		p.Actions = append(p.Actions, page.Entry{Name: "In the audit log", Path: page.Link("/audit", "caller", c.ID, "kind", "all")})
	}
	p.Parts = []page.Part{{Title: "Credentials", Note: note, Empty: "It has none, so it cannot ask for tokens.",
		Table: page.Table("Credentials", page.Columns("Kind", "Hint", "Made", "Ends", "Revoke"),
			page.Cells(c.Credentials, func(one *control.Credential) []page.Cell {
				return []page.Cell{page.TextCell(one.Kind), {Text: page.TextCell(one.Hint).Text, Code: true},
					page.TextCell(page.Instant(one.CreatedTime)), page.TextCell(expiry(one.ExpiresTime)),
					page.Linked("Revoke", at+"/credentials/"+url.PathEscape(one.ID)+"/revoke")}
			}))}}
	return v.Page("sheet", &page.Frame{Title: "Client " + c.Name, Content: p})
}

// clientOf returns the client of a path.
func clientOf(ctx context.Context, v *page.Visit) (control.Client, error) {
	return page.Ask(ctx, v.API, control.Request[control.Client]{Call: control.Call{Method: http.MethodGet,
		Path: "/v1/clients/" + url.PathEscape(v.PathValue("id"))}})
}

// credentialOf returns the credential of a path among those of a client.
func credentialOf(c *control.Client, id string) (control.Credential, error) {
	at := slices.IndexFunc(c.Credentials, func(one control.Credential) bool { return one.ID == id })
	if at < 0 {
		return control.Credential{}, edge.NotFound("the client has no credential %q", edge.Clip(id))
	}
	return c.Credentials[at], nil
}
