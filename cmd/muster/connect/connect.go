package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// Flags say whose state a command works on.
type Flags struct {
	Data string `placeholder:"DIR" env:"MUSTER_DATA" help:"Work on this data folder; no server may be using it."`
	Places
	ServerFlags
	// Organization is for what is not a server: that takes the organization of the caller.
	Organization string `placeholder:"NAME" env:"MUSTER_ORGANIZATION" help:"With --data or --database: id or name of the organization to work on. Default: the home organization."`
}

// ServerFlags name a server and say how to reach it.
type ServerFlags struct {
	Server string `placeholder:"URL" env:"MUSTER_SERVER" help:"Work through the server at this address, such as http://127.0.0.1:8800. Default: that of muster login."`
	console.Secrecy
	console.Outgoing
}

// Choose makes sure that exactly one of data folder, places and server is given, or takes the server of
// the stored login. A flag on the command line takes precedence over variables and files.
func (s *Flags) Choose(k *kong.Context) error {
	data, places, server := console.OnLine(k, "data"), s.Places.onLine(k), console.OnLine(k, "server")
	if data || places || server {
		if !data {
			s.Data = ""
		}
		if !places {
			s.Places.clear()
		}
		if !server {
			s.Server = ""
		}
	}
	here := s.Data != "" || s.Shared()
	switch {
	case s.Data != "" && s.Shared():
		return console.Usage("--data and --database exclude each other")
	case here && s.Server != "":
		return console.Usage("%s and --server exclude each other", s.given())
	case s.Server != "" && console.OnLine(k, "organization"):
		return console.Usage("--organization needs --data or --database; with --server the client's organization is used")
	case !here && s.Server == "":
		if err := s.takeStored(); err != nil || s.Server != "" {
			return err
		}
		return plain.Hinted(console.Usage("want --data or --server"),
			"--data DIR works on a data folder, --database URL on a database that nodes share, --server URL through a server; muster login keeps a server")
	}
	return nil
}

// given names the flag for what is not a server.
func (s *Flags) given() string {
	if s.Shared() {
		return "--database"
	}
	return "--data"
}

// State is an API to work with: a server's, or one in this process.
type State struct {
	*control.Session
	// Close ends the work. It must be called.
	Close func() error

	who chosen
}

// Need says what a command needs from a data folder or from places.
type Need struct {
	// Make the folder, or the tables of the database, if they are absent.
	Make bool
	// Resume says that the command makes snapshots: the folder first completes what an
	// interrupted process left.
	Resume bool
	// Settings for that.
	Settings generation.Settings
	// Give says what may be given up if the folder is damaged.
	Give node.GivenUp
}

// Open opens the state. The caller must close it.
func (s *Flags) Open(ctx context.Context, k *kong.Context, t *console.Terminal, n Need) (*State, error) {
	if err := s.Choose(k); err != nil {
		return nil, err
	}
	if s.Server != "" {
		return s.Reach()
	}
	client, err := s.Client()
	if err != nil {
		return nil, err
	}
	where, err := s.Places.Of(k)
	if err != nil {
		return nil, err
	}
	c := node.Config{Path: s.Data, Places: where, Command: k.Selected().Name, Version: t.Version, Make: n.Make,
		Settings: n.Settings, Client: client, Give: n.Give}
	level, opening := slog.LevelWarn, "opening the data folder"
	if where.Shared() {
		// There is no audit log beside shared places, so the log tells what was changed.
		level, opening, c.Name = slog.LevelInfo, "opening the database and the files", NodeName("")
	}
	c.Log = slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: level}))
	shown := t.Begin(opening)
	c.Tell = func(text string) { shown.Say("%s", text) }
	opened, err := node.Open(ctx, c)
	shown.End()
	if err != nil {
		return nil, err
	}
	here, err := s.openHere(ctx, opened, n)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return here, nil
}

// takeStored takes the server of the stored login, if there is one and no other is named.
func (s *ServerFlags) takeStored() error {
	if s.Server != "" {
		return nil
	}
	stored, err := ReadLogins()
	if err == nil {
		s.Server = stored.Default
	}
	return err
}

// Choose makes sure that a server is named, by a flag or a variable or the stored login.
func (s *ServerFlags) Choose() error {
	if err := s.takeStored(); err != nil || s.Server != "" {
		return err
	}
	return plain.Hinted(console.Usage("want --server"), "muster login keeps a server")
}

// Reach opens the state of a server, as the user that the variables or the stored login name.
func (s *ServerFlags) Reach() (*State, error) {
	stored, err := ReadLogins()
	if err != nil {
		return nil, err
	}
	there, err := s.Session(stored)
	if err != nil {
		return nil, err
	}
	who, err := choose(there.Base, s.Secrecy, stored)
	if err != nil {
		return nil, err
	}
	return &State{Session: there.As(who.login), Close: func() error { return nil }, who: who}, nil
}

// Session returns a session with the server, as nobody. What the flags do not say about the way
// there is as it was at the login.
func (s *ServerFlags) Session(stored *Logins) (*control.Session, error) {
	known := stored.Servers[strings.TrimSuffix(s.Server, "/")]
	if s.CAFile == "" {
		s.CAFile = known.CAFile
	}
	s.InsecureHTTP = s.InsecureHTTP || known.InsecureHTTP
	client, err := s.Client()
	if err != nil {
		return nil, err
	}
	return console.Reach(s.Server, client)
}

// openHere opens the state in this process.
func (s *Flags) openHere(ctx context.Context, f *node.Node, n Need) (*State, error) {
	org, err := f.Organization(ctx, s.Organization)
	var named *control.NameError
	if errors.As(err, &named) && len(named.Found) == 0 {
		where := "folder"
		if s.Shared() {
			where = "database"
		}
		err = fmt.Errorf("%w in this %s", err, where)
	}
	if err != nil {
		return nil, adviseNaming(err)
	}
	if n.Resume || n.Make {
		if err := f.Resume(ctx, org, n.Resume); err != nil {
			return nil, err
		}
	}
	session, end, err := f.Here(ctx, org)
	return &State{Session: session, Close: end}, err
}

// adviseNaming adds how to name what was not found, or was found more than once.
func adviseNaming(err error) error {
	var named *control.NameError
	if !errors.As(err, &named) {
		return err
	}
	if len(named.Found) > 0 {
		return plain.Hinted(err, "use one of the ids %s", strings.Join(named.Found, ", "))
	}
	lists := map[string]string{"client": "run muster client list", "device": "run muster device list --name TEXT",
		"enrolment": "run muster enroll list", "organization": "run muster organization list",
		"group": "run muster group list", "exception": "run muster exception list"}
	return plain.Hinted(err, "%s", lists[named.Kind])
}
