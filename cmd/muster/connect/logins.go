package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
)

// Logins is who the user is to which server, as `muster login` keeps it.
type Logins struct {
	// Default is the address of the server that commands use if none is named.
	Default string `json:"default,omitempty"`
	// Servers are the clients that the user is, by the server's address.
	Servers map[string]Identity `json:"servers"`

	file string
}

// Identity is a client of a server, and how to reach the server.
type Identity struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	// CAFile and InsecureHTTP are the flags of these names that the user gave at the login.
	CAFile       string `json:"caFile,omitempty"`
	InsecureHTTP bool   `json:"insecureHttp,omitempty"`
}

// login is who that is for requests.
func (i Identity) login() *control.Login {
	return control.LoginBySecret(i.TenantID, i.ClientID, i.ClientSecret)
}

// File is where the logins are kept: login.json in the folder muster of os.UserConfigDir.
func (l *Logins) File() string { return l.file }

// ReadLogins reads the user's logins. There are none if there is no file, or no folder for it, as
// for a service without a home.
func ReadLogins() (*Logins, error) {
	l := &Logins{Servers: map[string]Identity{}}
	folder, err := os.UserConfigDir()
	if err != nil {
		return l, nil
	}
	l.file = filepath.Join(folder, "muster", "login.json")
	file, err := os.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the stored login: %w", err)
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the stored login: %w", err)
	}
	if runtime.GOOS != "windows" && about.Mode().Perm()&0o077 != 0 {
		return nil, plain.Hinted(fmt.Errorf("%w: the stored login %q has mode %#o: others may read its secret",
			control.ErrInput, l.file, about.Mode().Perm()), "chmod 600 %s", l.file)
	}
	if err := json.NewDecoder(file).Decode(l); err != nil {
		return nil, plain.Hinted(fmt.Errorf("%w: reading the stored login %q: %w", control.ErrInput, l.file, err),
			"muster logout --all removes it")
	}
	if l.Servers == nil {
		l.Servers = map[string]Identity{}
	}
	return l, nil
}

// Write stores the logins so that only the user can read them. Without any it removes the file.
func (l *Logins) Write() error {
	if l.file == "" {
		return fmt.Errorf("%w: there is no folder for a login: neither XDG_CONFIG_HOME nor HOME is set", control.ErrInput)
	}
	if len(l.Servers) == 0 {
		return RemoveLogins()
	}
	text, err := json.MarshalIndent(l, "", "  ")
	if err == nil {
		err = durable.MakePrivate(filepath.Dir(l.file))
	}
	if err == nil {
		err = durable.Write(l.file, append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("storing the login: %w", err)
	}
	return nil
}

// RemoveLogins removes the file with all logins, also one that cannot be read.
func RemoveLogins() error {
	folder, err := os.UserConfigDir()
	if err != nil {
		return nil
	}
	if err := os.Remove(filepath.Join(folder, "muster", "login.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the stored login: %w", err)
	}
	return nil
}
