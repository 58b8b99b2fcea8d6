package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// listening are the flags that say where a server listens, and how clients
// reach it.
type listening struct {
	Listen       string    `default:"127.0.0.1:8800" placeholder:"ADDR" env:"MUSTER_LISTEN" help:"Address to listen on: beyond this machine with TLS, or behind a proxy. Port 0 takes any that is free."`
	PublicURL    string    `name:"public-url" placeholder:"URL" env:"MUSTER_PUBLIC_URL" help:"Scheme and host for links, issuers and audiences; else those that clients use, of the names in the certificate."`
	BehindProxy  bool      `env:"MUSTER_BEHIND_PROXY" help:"A proxy adds TLS: listen without it, on any address."`
	TrustedProxy []network `placeholder:"NETWORK,..." env:"MUSTER_TRUSTED_PROXY" help:"Networks of proxies that are believed when they tell where requests come from, such as 10.0.0.0/8."`
	certificateFlags
}

// check refuses flags that contradict each other, and addresses that other
// machines could reach without TLS.
func (l *listening) check() error {
	switch {
	case len(l.TrustedProxy) > 0 && !l.BehindProxy:
		return console.Usage("--trusted-proxy needs --behind-proxy")
	case (l.TLSCert == "") != (l.TLSKey == ""):
		return console.Usage("--tls-cert and --tls-key need each other")
	case l.TLSCert != "" && len(l.ACMEDomain) > 0:
		return console.Usage("--tls-cert and --acme-domain exclude each other")
	case len(l.ACMEDomain) == 0 && l.ACMEEmail != "":
		return console.Usage("--acme-email needs --acme-domain")
	}
	return adviseListening(l.place().Check())
}

// place is where the server listens.
func (l *listening) place() node.Listening {
	return node.Listening{Address: l.Listen, Beyond: l.BehindProxy, TLS: node.TLS{CertFile: l.TLSCert, KeyFile: l.TLSKey,
		ACME: node.ACME{Domains: l.ACMEDomain, Email: l.ACMEEmail, Directory: l.ACMEDirectory, Agent: "muster/" + version}}}
}

// adviseListening says how to listen beyond this machine.
func adviseListening(err error) error {
	if errors.Is(err, node.ErrExposed) {
		return plain.Hinted(err, "--tls-cert and --tls-key, or --acme-domain, add TLS; --behind-proxy says that a proxy does; 127.0.0.1, [::1] and localhost do without")
	}
	return err
}

// config is what the API needs to know of how it is reached.
func (l *listening) config() api.Config {
	c := api.Config{PublicURL: l.PublicURL, AnyHost: l.BehindProxy}
	for _, n := range l.TrustedProxy {
		c.TrustedProxies = append(c.TrustedProxies, n.Prefix)
	}
	return c
}

// network is a network, or an address as one of its own.
type network struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.0/8 or 10.1.2.3.
func (n *network) UnmarshalText(text []byte) (err error) {
	if address, err := netip.ParseAddr(string(text)); err == nil && address.Zone() == "" {
		n.Prefix = netip.PrefixFrom(address, address.BitLen())
	} else if n.Prefix, err = netip.ParsePrefix(string(text)); err != nil {
		return fmt.Errorf("%q is no network such as 10.0.0.0/8", text)
	}
	if n.Addr().Is4In6() {
		return fmt.Errorf("%q is a network of IPv4 in IPv6: write it as one of IPv4", text)
	}
	n.Prefix = n.Masked()
	return nil
}

// certificateFlags say where a server's certificates come from: files, or an
// authority that speaks ACME (RFC 8555). Without either there is no TLS.
type certificateFlags struct {
	TLSCert       string   `name:"tls-cert" placeholder:"FILE" env:"MUSTER_TLS_CERT" help:"Speak TLS with the certificate chain in this PEM file. Read again when it changes, and on SIGHUP."`
	TLSKey        string   `name:"tls-key" placeholder:"FILE" env:"MUSTER_TLS_KEY" help:"The key of --tls-cert, a PEM file."`
	ACMEDomain    []string `name:"acme-domain" placeholder:"NAME,..." env:"MUSTER_ACME_DOMAIN" help:"Speak TLS with certificates for these names, which an ACME authority issues and renews. Its terms of service are accepted by it."`
	ACMEEmail     string   `name:"acme-email" placeholder:"ADDRESS" env:"MUSTER_ACME_EMAIL" help:"Where the ACME authority may write to."`
	ACMEDirectory string   `name:"acme-directory" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL" env:"MUSTER_ACME_DIRECTORY" help:"Directory of the ACME authority: Let's Encrypt."`
}

// checking says how often a server verifies what it has.
type checking struct {
	VerifyInterval time.Duration `default:"24h" env:"MUSTER_VERIFY_INTERVAL" help:"Time from one verification of everything to the next; 0 never verifies by itself."`
	VerifyRate     int           `default:"16" env:"MUSTER_VERIFY_RATE" help:"How fast that reads, in MiB a second, about."`
}

// retention are the flags of commands that make snapshots, and so remove what
// has been kept for long enough. On one data folder they should be the same for
// all of them.
type retention struct {
	KeepFull     time.Duration `default:"72h" env:"MUSTER_KEEP_FULL" help:"How long a full snapshot is kept after a newer one; two always are."`
	KeepDelta    time.Duration `default:"360h" env:"MUSTER_KEEP_DELTA" help:"How long changes are kept."`
	HideAfter    time.Duration `default:"720h" env:"MUSTER_HIDE_AFTER" help:"How long a device may be unseen before it drops out of exports."`
	ForgetAfter  time.Duration `default:"4320h" env:"MUSTER_FORGET_AFTER" help:"How long a device may be unseen before it is forgotten."`
	MaxLinkHours int           `default:"6" env:"MUSTER_MAX_LINK_HOURS" help:"Longest life of download links that a client may ask for: 1 to 24 hours."`
}

// values are what the flags say.
func (r *retention) values() generation.Retention {
	return generation.Retention{KeepFull: r.KeepFull, KeepDelta: r.KeepDelta, HideAfter: r.HideAfter, ForgetAfter: r.ForgetAfter, MaxLinkHours: r.MaxLinkHours}
}

// check refuses times that make no sense.
func (r *retention) check() error {
	if err := r.values().Check(); err != nil {
		return console.Usage("%w", err)
	}
	return nil
}

// auditFlags say where a server records who did what.
type auditFlags struct {
	Audit     string `default:"audit.jsonl" placeholder:"FILE" env:"MUSTER_AUDIT" help:"File of the audit log, in the data folder unless its path is absolute; - is standard output, off none."`
	AuditSize int    `default:"100" placeholder:"MIB" env:"MUSTER_AUDIT_SIZE" help:"Size of the audit log after which a new file begins, in MiB."`
	AuditKeep int    `default:"10" placeholder:"N" env:"MUSTER_AUDIT_KEEP" help:"How many older files of the audit log are kept, compressed."`
}

// check refuses numbers that make no sense: lumberjack takes 0 for no limit.
func (a *auditFlags) check() error {
	switch {
	case a.Audit == "":
		return console.Usage("--audit is empty, must be a file, - or off")
	case a.AuditSize < 1 || a.AuditSize > 1<<20:
		return console.Usage("--audit-size is %d, must be 1 to %d", a.AuditSize, 1<<20)
	case a.AuditKeep < 1 || a.AuditKeep > 10_000:
		return console.Usage("--audit-keep is %d, must be 1 to 10000", a.AuditKeep)
	}
	return nil
}

// values are what the flags say; out is what - means.
func (a *auditFlags) values(out io.Writer) node.Audit {
	return node.Audit{File: a.Audit, Size: a.AuditSize, Keep: a.AuditKeep, Out: out}
}

// accessFlags say whose tokens a server accepts besides its own, and for what
// it issues them.
type accessFlags struct {
	Issuers  string   `placeholder:"FILE" env:"MUSTER_ISSUERS" help:"JSON file with outside issuers (Entra ID, Keycloak, any OIDC provider) whose tokens are accepted."`
	Resource []string `placeholder:"URL" env:"MUSTER_RESOURCE" help:"What clients may ask tokens for, besides this server's own address; those of Microsoft's API if absent."`
}

// limitFlags say how often a caller may use a call.
type limitFlags struct {
	Limits     string     `enum:"generous,microsoft,off" default:"generous" env:"MUSTER_LIMITS" help:"How often a caller may use a call: generous, microsoft (30 pages a minute and 1,000 an hour, files 5 and 20) or off."`
	LimitPages *edge.Rate `placeholder:"RATE" env:"MUSTER_LIMIT_PAGES" help:"That of calls with JSON pages, such as 60/m,2000/h, or off."`
	LimitFiles *edge.Rate `placeholder:"RATE" env:"MUSTER_LIMIT_FILES" help:"That of calls via files, such as 10/m,40/h, or off."`
}

// limits are those of the preset, but for rates that are given.
func (l *limitFlags) limits() api.Limits {
	limits := map[string]api.Limits{"generous": api.GenerousLimits(), "microsoft": api.MicrosoftLimits()}[l.Limits]
	if l.LimitPages != nil {
		limits.Pages = *l.LimitPages
	}
	if l.LimitFiles != nil {
		limits.Files = *l.LimitFiles
	}
	return limits
}
