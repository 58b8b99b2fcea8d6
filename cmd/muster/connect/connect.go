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
	ServerFlags
	// Organization is for folders: a server takes the organization of the caller.
	Organization string `placeholder:"NAME" env:"MUSTER_ORGANIZATION" help:"With --data: id or name of the organization to work on. Default: the home organization."`
}

// ServerFlags name a server and say how to reach it.
type ServerFlags struct {
	Server string `placeholder:"URL" env:"MUSTER_SERVER" help:"Work through the server at this address, such as http://127.0.0.1:8800. Default: that of muster login."`
	console.Secrecy
	console.Outgoing
}

// Choose makes sure that exactly one of the two flags is given, or takes the server of the stored
// login. A flag on the command line takes precedence over variables and files.
func (s *Flags) Choose(k *kong.Context) error {
	if console.OnLine(k, "data") && !console.OnLine(k, "server") {
		s.Server = ""
	}
	if console.OnLine(k, "server") && !console.OnLine(k, "data") {
		s.Data = ""
	}
	switch {
	case s.Data != "" && s.Server != "":
		return console.Usage("--data and --server exclude each other")
	case s.Server != "" && console.OnLine(k, "organization"):
		return console.Usage("--organization needs --data; with --server the client's organization is used")
	case s.Data == "" && s.Server == "":
		if err := s.takeStored(); err != nil || s.Server != "" {
			return err
		}
		return plain.Hinted(console.Usage("want --data or --server"),
			"--data DIR works on a data folder, --server URL through the server that uses it; muster login keeps a server")
	}
	return nil
}

// State is an API to work with: a server's, or one in this process.
type State struct {
	*control.Session
	// Close ends the work. It must be called.
	Close func() error

	who chosen
}

// Need says what a command needs from a data folder.
type Need struct {
	// Make the folder if it is absent.
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
	log := slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	shown := t.Begin("opening the data folder")
	f, err := node.Open(ctx, node.Config{Path: s.Data, Command: k.Selected().Name, Version: t.Version, Make: n.Make,
		Settings: n.Settings, Client: client, Log: log, Give: n.Give, Tell: func(text string) { shown.Say("%s", text) }})
	shown.End()
	if err != nil {
		return nil, err
	}
	here, err := s.openHere(ctx, f, n)
	if err != nil {
		return nil, errors.Join(err, f.Close())
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

// openHere opens the state in a folder.
func (s *Flags) openHere(ctx context.Context, f *node.Folder, n Need) (*State, error) {
	org, err := f.Organization(ctx, s.Organization)
	var named *control.NameError
	if errors.As(err, &named) && len(named.Found) == 0 {
		err = fmt.Errorf("%w in this folder", err)
	}
	if err != nil {
		return nil, adviseNaming(err)
	}
	if n.Resume || n.Make {
		if err := f.Library.Resume(ctx); err != nil {
			return nil, err
		}
	}
	if n.Resume {
		if err := f.Publisher.Resume(ctx, org); err != nil {
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
		"group": "run muster group list"}
	return plain.Hinted(err, "%s", lists[named.Kind])
}
