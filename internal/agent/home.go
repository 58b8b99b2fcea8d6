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

// defaultState is where agents keep their state by default.
func defaultState() string {
	switch runtime.GOOS {
	case "windows":
		return filepath.Join(os.Getenv("ProgramData"), "muster")
	case "darwin":
		return "/Library/Application Support/muster"
	}
	return "/var/lib/muster-agent"
}

// home is an agent's folder, which only its owner can read.
type home struct{ path string }

// openHome opens the folder, and makes it if there is none.
func openHome(path string) (*home, error) {
	if path == "" {
		path = defaultState()
	}
	if err := durable.MakePrivate(path); err != nil {
		return nil, plain.Hinted(fmt.Errorf("opening the agent's folder: %w", err),
			"--state DIR names another folder for the device's credential")
	}
	return &home{path}, nil
}

func (h *home) in(name string) string { return filepath.Join(h.path, name) }

// credential authenticates a device to its server.
type credential struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	DeviceID     string `json:"deviceId"`
	DeviceName   string `json:"deviceName"`
}

// String leaves out the secret, so that printing a credential never shows it.
func (c credential) String() string { return "client " + c.ClientID + " of device " + c.DeviceID }

// login returns the credential as a login.
func (c *credential) login() *control.Login {
	return control.LoginBySecret(c.TenantID, c.ClientID, c.ClientSecret)
}

// credential returns the stored credential, nil if the device is not enrolled.
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
		err = errors.New("incomplete")
	}
	if err != nil {
		return nil, plain.Hinted(fmt.Errorf("reading the credential %q: %w", h.in(credentialFile), err),
			"remove the file and enrol the device again")
	}
	return &c, nil
}

// keep stores the credential.
func (h *home) keep(c *credential) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the credential: %w", err)
	}
	if err := durable.Write(h.in(credentialFile), append(text, '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Remove(h.in(enrollingFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the random bytes of the secret: %w", err)
	}
	return nil
}

// random returns random bytes, in base64url, from which the device's secret is made. They
// are stored before they are used: a device that missed the server's reply asks again with
// the same ones (doc/decision/0024).
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

// spool opens the folder of waiting reports.
func (h *home) spool() (*Spool, error) {
	return OpenSpool(h.in(spoolFolder), durable.Write)
}
