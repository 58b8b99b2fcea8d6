package agent

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
)

// The names in an agent's folder.
const (
	credentialFile = "credential.json"
	enrollingFile  = "enrolling"
	spoolFolder    = "spool"
)

// defaultState is where agents keep their state unless they are told.
func defaultState() string {
	switch runtime.GOOS {
	case "windows":
		return filepath.Join(os.Getenv("ProgramData"), "muster")
	case "darwin":
		return "/Library/Application Support/muster"
	}
	return "/var/lib/muster-agent"
}

// home is an agent's folder, which its owner alone can read.
type home struct{ path string }

// openHome opens the folder, and makes it if absent.
func openHome(path string) (*home, error) {
	if path == "" {
		path = defaultState()
	}
	if err := durable.MakePrivate(path); err != nil {
		return nil, plain.Hinted(fmt.Errorf("opening the agent's folder: %w", err), "--state DIR is where the device's credential is kept")
	}
	return &home{path}, nil
}

func (h *home) in(name string) string { return filepath.Join(h.path, name) }

// credential is what a device proves to its server who it is with.
type credential struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	DeviceID     string `json:"deviceId"`
	DeviceName   string `json:"deviceName"`
}

// String leaves the secret out, wherever the credential is printed.
func (c credential) String() string { return "client " + c.ClientID + " of device " + c.DeviceID }

// login is who the device is to its server.
func (c *credential) login() *control.Login {
	return control.LoginBySecret(c.TenantID, c.ClientID, c.ClientSecret)
}

// credential returns what the device was given; nil if it is not enrolled.
func (h *home) credential() (*credential, error) {
	text, err := os.ReadFile(h.in(credentialFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var c credential
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil && (c.TenantID == "" || c.ClientID == "" || c.ClientSecret == "" || c.DeviceID == "") {
		err = errors.New("something is missing in it")
	}
	if err != nil {
		return nil, plain.Hinted(fmt.Errorf("reading the credential %q: %w", h.in(credentialFile), err), "without the file the device can be enrolled again")
	}
	return &c, nil
}

// keep stores what the device was given.
func (h *home) keep(c *credential) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the credential: %w", err)
	}
	if err := durable.Write(h.in(credentialFile), append(text, '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Remove(h.in(enrollingFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing what the secret was made of: %w", err)
	}
	return nil
}

// random returns the bytes, in base64url, of which the device's secret is to be
// made. They are stored before they are used, so that a device that missed the
// server's reply asks with the same ones (doc/decision/0024).
func (h *home) random() (string, error) {
	text, err := os.ReadFile(h.in(enrollingFile))
	if known := strings.TrimSpace(string(text)); err == nil && len(known) == base64.RawURLEncoding.EncodedLen(32) {
		return known, nil
	}
	var bits [32]byte
	if _, err := rand.Read(bits[:]); err != nil {
		return "", fmt.Errorf("making a secret: %w", err)
	}
	fresh := base64.RawURLEncoding.EncodeToString(bits[:])
	return fresh, durable.Write(h.in(enrollingFile), []byte(fresh+"\n"), 0o600)
}

// spool opens what waits to be sent.
func (h *home) spool() (*Spool, error) {
	return OpenSpool(h.in(spoolFolder), durable.Write)
}
