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
	Listen       string    `default:"127.0.0.1:8800" placeholder:"ADDR" env:"MUSTER_LISTEN" help:"Address to listen on. One that other machines can reach needs TLS or --behind-proxy. Port 0 takes any free port."`
	PublicURL    string    `name:"public-url" placeholder:"URL" env:"MUSTER_PUBLIC_URL" help:"Scheme and host for links, issuers and audiences. Default: the host that the client uses, if the certificate names it."`
	BehindProxy  bool      `env:"MUSTER_BEHIND_PROXY" help:"A proxy adds TLS: listen without it, on any address."`
	TrustedProxy []network `placeholder:"NETWORK" env:"MUSTER_TRUSTED_PROXY" help:"Networks of proxies whose forwarding headers are trusted, such as 10.0.0.0/8."`
	certificateFlags
}

// noticeFlags say where notices may be sent.
type noticeFlags struct {
	NotifyNetworks []network `placeholder:"NETWORK" env:"MUSTER_NOTIFY_NETWORKS" help:"Private networks, and addresses of this machine, to which notices may be sent, such as 10.0.0.0/8. Others get notices only at addresses of the internet."`
}

// values returns the networks.
func (n *noticeFlags) values() (all []netip.Prefix) {
	for _, one := range n.NotifyNetworks {
		all = append(all, one.Prefix)
	}
	return all
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

// place returns where the server listens.
func (l *listening) place() node.Listening {
	return node.Listening{Address: l.Listen, Beyond: l.BehindProxy, TLS: node.TLS{CertFile: l.TLSCert, KeyFile: l.TLSKey,
		ACME: node.ACME{Domains: l.ACMEDomain, Email: l.ACMEEmail, Directory: l.ACMEDirectory, Agent: "muster/" + build()}}}
}

// adviseListening adds how to listen on addresses that other machines can reach.
func adviseListening(err error) error {
	if errors.Is(err, node.ErrExposed) {
		return plain.Hinted(err, "--tls-cert and --tls-key, or --acme-domain, add TLS; --behind-proxy says that a proxy adds it; 127.0.0.1, [::1] and localhost need none")
	}
	return err
}

// config returns what the API needs to know about how clients reach it.
func (l *listening) config() api.Config {
	c := api.Config{PublicURL: l.PublicURL, AnyHost: l.BehindProxy}
	for _, n := range l.TrustedProxy {
		c.TrustedProxies = append(c.TrustedProxies, n.Prefix)
	}
	return c
}

// network is a network, or a single address.
type network struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.0/8 or 10.1.2.3.
func (n *network) UnmarshalText(text []byte) (err error) {
	if address, err := netip.ParseAddr(string(text)); err == nil && address.Zone() == "" {
		n.Prefix = netip.PrefixFrom(address, address.BitLen())
	} else if n.Prefix, err = netip.ParsePrefix(string(text)); err != nil {
		return fmt.Errorf("%q is not a network: want one such as 10.0.0.0/8", text)
	}
	if n.Addr().Is4In6() {
		return fmt.Errorf("%q is an IPv4 network in IPv6 form: write it in IPv4 form", text)
	}
	n.Prefix = n.Masked()
	return nil
}

// certificateFlags say where a server's certificates come from: files or an
// authority that speaks ACME (RFC 8555). Without either there is no TLS.
type certificateFlags struct {
	TLSCert       string   `name:"tls-cert" placeholder:"FILE" env:"MUSTER_TLS_CERT" help:"Use TLS with the certificate chain in this PEM file, which is read again when it changes and on SIGHUP."`
	TLSKey        string   `name:"tls-key" placeholder:"FILE" env:"MUSTER_TLS_KEY" help:"PEM file with the key of --tls-cert."`
	ACMEDomain    []string `name:"acme-domain" placeholder:"NAME,..." env:"MUSTER_ACME_DOMAIN" help:"Use TLS with certificates for these names, which an ACME authority issues and renews. Using this flag accepts its terms of service."`
	ACMEEmail     string   `name:"acme-email" placeholder:"ADDRESS" env:"MUSTER_ACME_EMAIL" help:"Contact address for the ACME authority."`
	ACMEDirectory string   `name:"acme-directory" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL" env:"MUSTER_ACME_DIRECTORY" help:"Directory of the ACME authority. Default: Let's Encrypt."`
}

// checking says how often a server verifies what it has.
type checking struct {
	VerifyInterval time.Duration `default:"24h" env:"MUSTER_VERIFY_INTERVAL" help:"Time between two verifications of everything; 0 verifies on demand only."`
	VerifyRate     int           `default:"16" env:"MUSTER_VERIFY_RATE" help:"Approximate read rate of verifications, in MiB a second."`
}

// retention are the flags of commands that make snapshots, and so remove what has been kept
// for long enough. All commands on one data folder should have the same values.
type retention struct {
	KeepFull     time.Duration `default:"72h" env:"MUSTER_KEEP_FULL" help:"How long a full snapshot is kept after a newer one. The newest two are always kept."`
	KeepDelta    time.Duration `default:"360h" env:"MUSTER_KEEP_DELTA" help:"How long changes are kept."`
	HideAfter    time.Duration `default:"720h" env:"MUSTER_HIDE_AFTER" help:"How long a device may be silent before it is left out of exports."`
	ForgetAfter  time.Duration `default:"4320h" env:"MUSTER_FORGET_AFTER" help:"How long a device may be silent before it is removed."`
	FeedLimit    time.Duration `default:"168h" env:"MUSTER_FEED_LIMIT" help:"Age at which feeds of CVE records and advisories are too old: what they judge is then only partly assessed. 0: never."`
	MaxLinkHours int           `default:"6" env:"MUSTER_MAX_LINK_HOURS" help:"Longest lifetime of download links that a client may ask for: 1 to 24 hours."`
}

// values returns the flags as settings.
func (r *retention) values() generation.Retention {
	return generation.Retention{KeepFull: r.KeepFull, KeepDelta: r.KeepDelta, HideAfter: r.HideAfter,
		ForgetAfter: r.ForgetAfter, MaxLinkHours: r.MaxLinkHours, FeedLimit: r.FeedLimit}
}

// check refuses durations that are out of range.
func (r *retention) check() error {
	if err := r.values().Check(); err != nil {
		return console.Usage("%w", err)
	}
	return nil
}

// auditFlags say where a server records who did what.
type auditFlags struct {
	Audit     string `default:"audit.jsonl" placeholder:"FILE" env:"MUSTER_AUDIT" help:"File of the audit log, relative to the data folder; - is standard output, off disables it. With --database the default is -."`
	AuditSize int    `default:"100" placeholder:"MIB" env:"MUSTER_AUDIT_SIZE" help:"Size in MiB at which a new file of the audit log begins."`
	AuditKeep int    `default:"10" placeholder:"N" env:"MUSTER_AUDIT_KEEP" help:"How many older files of the audit log are kept, compressed."`
}

// check refuses numbers that are out of range: lumberjack takes 0 for no limit.
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

// values returns the flags as settings; out is the writer for -. Where places are shared there is no
// folder for a file that has no path.
func (a *auditFlags) values(out io.Writer, shared bool) node.Audit {
	if shared && a.Audit == node.AuditFile {
		a.Audit = "-"
	}
	return node.Audit{File: a.Audit, Size: a.AuditSize, Keep: a.AuditKeep, Out: out}
}

// signInSecret has the secret of this server at the provider of --sign-in. It is no flag, because everybody on the
// machine can see a command line.
const signInSecret = "MUSTER_SIGN_IN_SECRET"

// accessFlags say which issuers a server trusts besides itself, and for which resources it
// issues tokens.
type accessFlags struct {
	Issuers  string   `placeholder:"FILE" env:"MUSTER_ISSUERS" help:"JSON file with outside issuers (Entra ID, Keycloak, any OIDC provider) whose tokens are accepted."`
	SignIn   string   `placeholder:"FILE" env:"MUSTER_SIGN_IN" help:"JSON file that says at which provider of OpenID Connect people sign in to the dashboard, and what they may do; read again when it changes and on SIGHUP. Its client secret may be in MUSTER_SIGN_IN_SECRET."`
	Resource []string `placeholder:"URL" env:"MUSTER_RESOURCE" help:"Resource that clients may ask tokens for, besides this server's address. Default: those of Microsoft's API."`
}

// limitFlags set the rate limits of callers.
type limitFlags struct {
	Limits     string     `enum:"generous,microsoft,off" default:"generous" env:"MUSTER_LIMITS" help:"How often a caller may use a call: generous, microsoft (30 pages a minute and 1,000 an hour, files 5 and 20) or off."`
	LimitPages *edge.Rate `placeholder:"RATE" env:"MUSTER_LIMIT_PAGES" help:"The limit of calls with JSON pages, such as 60/m,2000/h, or off."`
	LimitFiles *edge.Rate `placeholder:"RATE" env:"MUSTER_LIMIT_FILES" help:"The limit of calls via files, such as 10/m,40/h, or off."`
}

// limits returns the limits of the preset, with the rates that are given in place of its own.
func (l *limitFlags) limits() api.Limits {
	limits := map[string]api.Limits{"generous": api.GenerousLimits(), "microsoft": api.MicrosoftLimits()}[l.Limits]
	if l.LimitPages != nil {
		limits.Pages, limits.Machines, limits.Others = *l.LimitPages, *l.LimitPages, *l.LimitPages
	}
	if l.LimitFiles != nil {
		limits.Files = *l.LimitFiles
	}
	return limits
}
