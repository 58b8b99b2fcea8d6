package edge

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Origins tell where requests come from, and the name they use for this server.
type Origins struct {
	proxies
	public  string // scheme and host for clients; "" takes them from each request
	anyHost bool
	serves  func(host string) bool
}

// publicOrigin returns scheme and host of a public URL, which may have nothing else: a nextLink
// has exactly the request's path (contract.md, section 3).
func publicOrigin(public string) (string, error) {
	if public == "" {
		return "", nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || checkHost(u.Host) != nil || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("public URL %q must be only scheme and host, such as https://muster.example.com", public)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Of returns scheme and host as the client used them (contract.md, section 3): the public URL;
// without one, what trusted proxies tell; else what the request says.
func (o *Origins) Of(r *http.Request) string {
	if o.public != "" {
		return o.public
	}
	a, err := o.arrival(r)
	if err != nil {
		return "" // admit has refused the request
	}
	return a.scheme + "://" + a.host
}

// check refuses requests whose origin is unknown, or must not be repeated in links.
func (o *Origins) check(r *http.Request) error {
	a, err := o.arrival(r)
	if err != nil {
		return err
	}
	if err := checkHost(r.Host); err != nil {
		return err
	}
	if o.public != "" {
		return nil
	}
	if a.scheme != "http" && a.scheme != "https" {
		return fmt.Errorf("a proxy names the scheme %q, must be http or https", Clip(a.scheme))
	}
	return checkHost(a.host)
}

// servesHost tells whether the Host header names this server: by the public URL, by a name of the
// certificate, or, without TLS, by a name of this machine. Only such names are repeated in links,
// issuers and audiences. It also keeps out web pages whose own name was made to resolve to this
// machine (DNS rebinding): browsers send that name.
func (o *Origins) servesHost(hostport string) bool {
	public, err := url.Parse(o.public)
	if err == nil && o.public != "" && strings.EqualFold(hostport, public.Host) {
		return true
	}
	if o.serves != nil {
		return o.public != "" || o.serves(hostname(hostport)) // with a public URL, Host is not used
	}
	return isLocal(hostname(hostport))
}

// misdirected returns the error for a host that is not this server's.
func (o *Origins) misdirected(hostport string) error {
	hint := "use localhost or the public URL"
	if o.serves != nil {
		hint = "use a name in its certificate, or set --public-url"
	}
	return Refuse(http.StatusMisdirectedRequest, "",
		"this server does not answer for the host %q: %s", Clip(hostport), hint)
}

// Unbound tells whether the name that requests use for this server is not proven.
func (o *Origins) Unbound() bool { return o.public == "" && o.anyHost }

// ClientAddress returns the address of a request's client: the nearest one that is not a trusted
// proxy's. It is zero if the request came over no network.
func (o *Origins) ClientAddress(r *http.Request) netip.Addr {
	a, err := o.arrival(r)
	if err != nil {
		return peerAddress(r) // admit has refused the request, and wants it logged
	}
	return a.address
}

// hostname returns a host without its port.
func hostname(hostport string) string {
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

// hostSyntax is that of RFC 3986, section 3.2.2, without characters that names in use do not have:
// those could have a meaning where a link is repeated.
var hostSyntax = regexp.MustCompile(`^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?$`)

// maxHost is the longest host with its port, in bytes.
const maxHost = 261

// checkHost checks a host: a name or an address, perhaps with a port.
func checkHost(hostport string) error {
	if hostport == "" {
		return errors.New("the request names no host")
	}
	parts := hostSyntax.FindStringSubmatch(hostport)
	if len(hostport) > maxHost || parts == nil {
		return fmt.Errorf("%q is not a host", Clip(hostport))
	}
	if six := parts[1]; six != "" {
		if _, err := netip.ParseAddr(six); err != nil {
			return fmt.Errorf("%q is not a host", Clip(hostport))
		}
	}
	if port := parts[2]; port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q has an invalid port", Clip(hostport))
		}
	}
	return nil
}

// isLocal tells whether a host, without its port, names this machine.
func isLocal(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
