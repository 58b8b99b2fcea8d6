package notice

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Kind is the way to a receiver.
type Kind string

// The kinds.
const (
	Webhook Kind = "webhook"
	Mail    Kind = "mail"
	Syslog  Kind = "syslog"
)

// Format is the body that a webhook gets.
type Format string

// The formats. Plain is the Delivery; the others are what services take.
const (
	Plain  Format = "muster"
	Slack  Format = "slack"
	Teams  Format = "teams"
	Jira   Format = "jira"
	GitHub Format = "github"
	GitLab Format = "gitlab"
)

// Formats lists them.
func Formats() []Format { return []Format{Plain, Slack, Teams, Jira, GitHub, GitLab} }

// How a connection to a mail server is protected.
const (
	StartTLS = "starttls" // the default
	TLS      = "tls"      // from the first byte on
)

// The limits of a destination.
const (
	maxURL        = 2048
	maxAddress    = 320 // bytes of a mail address
	maxRecipients = 50
	maxSecret     = 4096
	minSecret     = 16 // bytes of a webhook's secret
	maxPEM        = 64 << 10
	maxLabels     = 20
)

// Destination is a receiver. Secret, Authorization and Password are secrets, and so is the URL, of which only scheme
// and host are shown.
type Destination struct {
	Kind Kind `json:"kind"`
	// URL is that of a webhook.
	URL    string `json:"url,omitempty"`
	Format Format `json:"format,omitempty"`
	// Project and IssueType are those of issues of Jira. Labels are those of issues.
	Project   string   `json:"project,omitempty"`
	IssueType string   `json:"issueType,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	// Address is host and port of a server of mail or syslog. TLS is StartTLS, which is the default, or TLS, for
	// mail.
	Address string   `json:"address,omitempty"`
	TLS     string   `json:"tls,omitempty"`
	From    string   `json:"from,omitempty"`
	To      []string `json:"to,omitempty"`
	User    string   `json:"user,omitempty"`
	// CA has certificates in PEM that are trusted in the place of the system's.
	CA string `json:"ca,omitempty"`
	// Secret signs the bodies of webhooks. Authorization is the value of that header. Password is the mail server's.
	Secret        string `json:"secret,omitempty"`
	Authorization string `json:"authorization,omitempty"`
	Password      string `json:"password,omitempty"`
	// Secrets says, of a destination that is shown, which secrets it has.
	Secrets []string `json:"secrets,omitempty"`
}

// Check says what is wrong with a destination.
func (d *Destination) Check() error {
	var err error
	switch d.Kind {
	case Webhook:
		err = d.checkWebhook()
	case Mail:
		err = d.checkMail()
	case Syslog:
		err = d.checkSyslog()
	default:
		return fmt.Errorf("kind: %q is none of %s, %s and %s", clip(string(d.Kind)), Webhook, Mail, Syslog)
	}
	return errors.Join(err, d.checkTexts())
}

// has says which of some fields are given.
func given(fields ...[2]string) (names []string) {
	for _, f := range fields {
		if f[1] != "" {
			names = append(names, f[0])
		}
	}
	return names
}

func (d *Destination) checkWebhook() error {
	if names := given([2]string{"address", d.Address}, [2]string{"tls", d.TLS}, [2]string{"from", d.From},
		[2]string{"user", d.User}, [2]string{"password", d.Password}, [2]string{"to", strings.Join(d.To, " ")}); names != nil {
		return fmt.Errorf("%s: not of a webhook", strings.Join(names, ", "))
	}
	u, err := url.Parse(d.URL)
	if err != nil || len(d.URL) > maxURL || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("url: an address that begins with https:// is needed") // without the value, which is a secret
	}
	if u.User != nil {
		return errors.New("url: a name or password in it is not sent: give the header by authorization")
	}
	if u.Fragment != "" {
		return errors.New("url: the part after # is not sent: leave it out")
	}
	if d.Format != "" && !slices.Contains(Formats(), d.Format) {
		return fmt.Errorf("format: %q is unknown", clip(string(d.Format)))
	}
	jira := d.Format == Jira
	if jira != (d.Project != "") || jira != (d.IssueType != "") {
		return errors.New("project, issueType: issues of Jira need both, and only they do")
	}
	if len(d.Labels) > 0 && d.Format != Jira && d.Format != GitHub && d.Format != GitLab {
		return errors.New("labels: only issues have labels")
	}
	if d.plain() && d.Secret == "" {
		return errors.New("secret: is missing: receivers check by it who sends")
	}
	if d.Secret != "" && len(d.Secret) < minSecret {
		return fmt.Errorf("secret: at least %d bytes are needed", minSecret)
	}
	return nil
}

// plain reports whether the body is the Delivery.
func (d *Destination) plain() bool { return d.Format == "" || d.Format == Plain }

func (d *Destination) checkMail() error {
	if err := d.checkServer("from, to, user and password"); err != nil {
		return err
	}
	if d.TLS != "" && d.TLS != StartTLS && d.TLS != TLS {
		return fmt.Errorf("tls: %q is neither %q nor %q", clip(d.TLS), StartTLS, TLS)
	}
	if len(d.To) == 0 || len(d.To) > maxRecipients {
		return fmt.Errorf("to: 1 to %d addresses are needed", maxRecipients)
	}
	for _, address := range append([]string{d.From}, d.To...) {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address || len(address) > maxAddress {
			return fmt.Errorf("from, to: %q is no plain mail address", clip(address))
		}
	}
	if (d.User == "") != (d.Password == "") {
		return errors.New("user, password: give both or none")
	}
	return nil
}

func (d *Destination) checkSyslog() error {
	if err := d.checkServer(""); err != nil {
		return err
	}
	if names := given([2]string{"from", d.From}, [2]string{"to", strings.Join(d.To, " ")}, [2]string{"user", d.User},
		[2]string{"password", d.Password}, [2]string{"tls", d.TLS}); names != nil {
		return fmt.Errorf("%s: not of syslog, which always has TLS", strings.Join(names, ", "))
	}
	return nil
}

// checkServer checks host and port.
func (d *Destination) checkServer(others string) error {
	if names := given([2]string{"url", d.URL}, [2]string{"format", string(d.Format)}, [2]string{"project", d.Project},
		[2]string{"issueType", d.IssueType}, [2]string{"secret", d.Secret}, [2]string{"authorization", d.Authorization},
		[2]string{"labels", strings.Join(d.Labels, " ")}); names != nil {
		return fmt.Errorf("%s: not of %s, which has address %s", strings.Join(names, ", "), d.Kind, others)
	}
	at, err := url.Parse("//" + d.Address)
	if err == nil && (at.Host != d.Address || at.Hostname() == "") {
		err = errors.New("not a host and a port alone")
	}
	if err == nil {
		_, err = strconv.ParseUint(at.Port(), 10, 16)
	}
	if err != nil {
		return fmt.Errorf("address: %q is no host and port, such as \"mail.example.com:587\"", clip(d.Address))
	}
	return nil
}

// checkTexts checks what all kinds have in common.
func (d *Destination) checkTexts() error {
	for _, text := range append([]string{d.URL, d.Address, d.Project, d.IssueType, d.User, d.Secret, d.Authorization,
		d.Password}, d.Labels...) {
		if hasControl(text) || len(text) > maxSecret {
			return fmt.Errorf("a text has control characters, or more than %d bytes", maxSecret)
		}
	}
	if len(d.Labels) > maxLabels {
		return fmt.Errorf("labels: more than %d", maxLabels)
	}
	if d.CA != "" {
		if _, err := d.Roots(); err != nil {
			return fmt.Errorf("ca: %w", err)
		}
	}
	if len(d.Secrets) > 0 {
		return errors.New("secrets: says which a destination has, and cannot be set")
	}
	return nil
}

// Roots returns the certificates that are trusted; nil for the system's.
func (d *Destination) Roots() (*x509.CertPool, error) {
	if d.CA == "" {
		return nil, nil
	}
	if len(d.CA) > maxPEM {
		return nil, fmt.Errorf("more than %d bytes", maxPEM)
	}
	pool, found := x509.NewCertPool(), false
	for rest := []byte(d.CA); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a block is %q, and not CERTIFICATE", clip(block.Type))
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading a certificate: %w", err)
		}
		pool.AddCert(one)
		found = true
	}
	if !found {
		return nil, errors.New("no certificate in PEM")
	}
	return pool, nil
}

// Shown returns the destination without its secrets.
func (d *Destination) Shown() Destination {
	shown := *d
	shown.Secrets = given([2]string{"url", d.URL}, [2]string{"secret", d.Secret},
		[2]string{"authorization", d.Authorization}, [2]string{"password", d.Password})
	shown.Secret, shown.Authorization, shown.Password = "", "", ""
	if u, err := url.Parse(d.URL); d.URL != "" && err == nil {
		shown.URL = u.Scheme + "://" + u.Host + "/…"
	}
	return shown
}

// Place names the receiver for people, without a secret.
func (d *Destination) Place() string {
	switch d.Kind {
	case Webhook:
		return d.Shown().URL
	case Mail:
		return strings.Join(d.To, ", ") + " by " + d.Address
	}
	return d.Address
}
