package access

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// Login is `muster login`.
type Login struct {
	File string `arg:"" optional:"" help:"JSON of the client, as muster client add --json prints it and the server's first start writes it (administrator.json); - is standard input. Without it MUSTER_TENANT_ID, MUSTER_CLIENT_ID and MUSTER_CLIENT_SECRET are taken, or the terminal asks."`
	connect.ServerFlags
}

// Help is the long part of the command's help.
func (Login) Help() string {
	return `Keeps who you are to a server, so that other commands need neither variables nor --server. The client's id and secret are tried first, then written to login.json in the folder muster of your configuration (XDG_CONFIG_HOME, or .config in your home), which only you can read. They are sent to this server only. --ca-file and --insecure-http are kept, too.

What counts, first to last:

    server        --data or --server, MUSTER_DATA or MUSTER_SERVER, the setting of --config, the last login
    credentials   MUSTER_TOKEN, then MUSTER_TENANT_ID, MUSTER_CLIENT_ID and MUSTER_CLIENT_SECRET, then the login for the server

Examples:

    muster login muster-data/administrator.json
    muster login --server https://muster.example.com
    muster client add me --permission Vulnerability.Read.All --data muster-data --json | muster login - --server http://127.0.0.1:8800

Exit statuses: 0 logged in, 1 failed, 2 wrong usage, 5 the server knows no such client, 6 server not reached.`
}

// Run tries and keeps a login.
func (l *Login) Run(ctx context.Context, t *console.Terminal) error {
	who, err := l.client(t)
	if err != nil {
		return err
	}
	if l.Server == "" {
		l.Server = serverOf(who)
	}
	if l.Server == "" {
		return console.Usage("want --server: the file does not name it")
	}
	if l.CAFile != "" {
		if l.CAFile, err = filepath.Abs(l.CAFile); err != nil {
			return console.Usage("--ca-file: %w", err)
		}
	}
	stored, err := connect.ReadLogins()
	if err != nil {
		return err
	}
	there, err := l.Session(stored)
	if err != nil {
		return err
	}
	if err := l.Check(there.Base); err != nil {
		return err
	}
	session := there.As(control.LoginBySecret(who.TenantID, who.ClientID, who.ClientSecret))
	if _, err := session.Token(ctx); err != nil {
		return console.Explain(err, session)
	}
	stored.Default = there.Base.String()
	stored.Servers[stored.Default] = connect.Identity{TenantID: who.TenantID, ClientID: who.ClientID,
		ClientSecret: who.ClientSecret, CAFile: l.CAFile, InsecureHTTP: l.InsecureHTTP}
	if err := stored.Write(); err != nil {
		return err
	}
	if set := strings.TrimSpace(os.Getenv(connect.TokenVariable)); set != "" {
		t.Warn("%s is set, and is used instead of this login", connect.TokenVariable)
	}
	_, err = fmt.Fprintf(t.Out, "logged in to %s as client %s, kept in %s\n", stored.Default, who.ClientID, stored.File())
	return err
}

// maxClient is the largest file of a client, in bytes.
const maxClient = 64 << 10

// client returns the client of the file, of the variables, or of answers at the terminal.
func (l *Login) client(t *console.Terminal) (*control.Issued, error) {
	if l.File == "" {
		return askedClient(t)
	}
	open, err := connect.Opener(t, l.File)
	if err != nil {
		return nil, err
	}
	file, err := open()
	if err != nil {
		return nil, fmt.Errorf("%w: opening the client: %w", control.ErrInput, err)
	}
	defer file.Close()
	var who control.Issued
	if err := json.NewDecoder(io.LimitReader(file, maxClient)).Decode(&who); err != nil {
		return nil, fmt.Errorf("%w: reading the client in %q: %w", control.ErrInput, l.File, err)
	}
	if who.TenantID == "" || who.ClientID == "" || who.ClientSecret == "" {
		return nil, fmt.Errorf("%w: the client in %q lacks tenantId, clientId or clientSecret", control.ErrInput, l.File)
	}
	return &who, nil
}

func askedClient(t *console.Terminal) (*control.Issued, error) {
	set, err := connect.ClientOfVariables()
	if err != nil {
		return nil, err
	}
	if set != nil {
		return &control.Issued{TenantID: set.TenantID, ClientID: set.ClientID, ClientSecret: set.ClientSecret}, nil
	}
	var who control.Issued
	for _, one := range []struct {
		what   string
		hidden bool
		into   *string
	}{{"tenant id", false, &who.TenantID}, {"client id", false, &who.ClientID}, {"client secret", true, &who.ClientSecret}} {
		text, ok, err := t.Prompt(one.what, one.hidden)
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading the %s: %w", one.what, err)
		case !ok:
			return nil, console.Usage("want a file with the client, or %s, %s and %s: there is no terminal to ask at",
				connect.TenantVariable, connect.ClientVariable, connect.SecretVariable)
		case text == "":
			return nil, console.Usage("the %s is empty", one.what)
		}
		*one.into = text
	}
	return &who, nil
}

// serverOf returns the address of the server that a client was made at: its token call without the
// path of contract.md, section 6. "" if it is not that.
func serverOf(who *control.Issued) string {
	server, ok := strings.CutSuffix(who.TokenURL, "/"+who.TenantID+"/oauth2/v2.0/token")
	if !ok {
		return ""
	}
	return server
}

// Logout is `muster logout`.
type Logout struct {
	Server string `placeholder:"URL" help:"The server to forget. Default: that of the last login."`
	All    bool   `help:"Forget all servers."`
}

// Help is the long part of the command's help.
func (Logout) Help() string {
	return `Removes what muster login has kept. The client keeps its access: muster client remove ends it.

Examples:

    muster logout
    muster logout --all

Exit statuses: 0 logged out, 1 failed, 2 wrong usage, 5 there is no such login.`
}

// Run forgets logins.
func (l *Logout) Run(t *console.Terminal) error {
	if l.All {
		if l.Server != "" {
			return console.Usage("--all and --server exclude each other")
		}
		if err := connect.RemoveLogins(); err != nil {
			return err
		}
		_, err := fmt.Fprintln(t.Out, "logged out of all servers")
		return err
	}
	stored, err := connect.ReadLogins()
	if err != nil {
		return err
	}
	server := strings.TrimSuffix(l.Server, "/")
	if server == "" {
		server = stored.Default
	}
	if _, ok := stored.Servers[server]; !ok {
		return fmt.Errorf("%w: there is no login for %q", control.ErrInput, server)
	}
	delete(stored.Servers, server)
	if stored.Default == server {
		stored.Default = ""
	}
	if err := stored.Write(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "logged out of %s\n", server)
	return err
}
