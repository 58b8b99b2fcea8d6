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

// Origins tell how requests come here: from whom, and what they call this server.
type Origins struct {
	proxies
	public  string // scheme and host as clients see them; empty takes them from each request
	anyHost bool
	serves  func(host string) bool
}

// publicOrigin returns scheme and host of a public URL, which must be all it
// has: a nextLink has exactly the request's path (contract.md, section 3).
func publicOrigin(public string) (string, error) {
	if public == "" {
		return "", nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || checkHost(u.Host) != nil || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("public URL %q must be scheme and host alone, such as https://muster.example.com", public)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Of returns scheme and host as the client used them (contract.md, section
// 3): the public URL; where there is none, what trusted proxies tell; else what
// the request itself says.
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

// check refuses requests whose origin cannot be told, or must not be
// repeated in links.
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
		return fmt.Errorf("a proxy tells the scheme %q, must be http or https", Clip(a.scheme))
	}
	return checkHost(a.host)
}

// servesHost tells whether the Host header names this server: by the public URL,
// by a name that the certificate proves, or, without TLS, by one of this machine.
// What it names stands in links, issuers and audiences, and is then as good as
// proven. A web page whose own name was made to resolve to this machine (DNS
// rebinding) is kept out as well: browsers send that name.
func (o *Origins) servesHost(hostport string) bool {
	public, err := url.Parse(o.public)
	if err == nil && o.public != "" && strings.EqualFold(hostport, public.Host) {
		return true
	}
	if o.serves != nil {
		return o.public != "" || o.serves(hostname(hostport)) // with a public URL nothing is made of Host
	}
	return isLocal(hostname(hostport))
}

// misdirected is the refusal of a host that is not this server's.
func (o *Origins) misdirected(hostport string) error {
	hint := "use localhost or the public URL"
	if o.serves != nil {
		hint = "its certificate has another name, or --public-url says how it is called"
	}
	return Refuse(http.StatusMisdirectedRequest, "", "this server does not answer for the host %q: %s", Clip(hostport), hint)
}

// Unbound tells that nothing proves what requests call this server.
func (o *Origins) Unbound() bool { return o.public == "" && o.anyHost }

// ClientAddress returns where a request comes from: the nearest address that is
// no trusted proxy's. It is zero where the request came over no network.
func (o *Origins) ClientAddress(r *http.Request) netip.Addr {
	a, err := o.arrival(r)
	if err != nil {
		return peerAddress(r) // admit has refused the request, and wants it logged
	}
	return a.address
}

// hostname is a host without its port.
func hostname(hostport string) string {
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

// hostSyntax is that of RFC 3986, section 3.2.2, without what names in use do
// not have: the rest could mean something where a link is repeated.
var hostSyntax = regexp.MustCompile(`^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?$`)

// maxHost is the longest host with its port, in bytes.
const maxHost = 261

// checkHost refuses what is no host: a name or an address, and perhaps a port.
func checkHost(hostport string) error {
	if hostport == "" {
		return errors.New("the request names no host")
	}
	parts := hostSyntax.FindStringSubmatch(hostport)
	if len(hostport) > maxHost || parts == nil {
		return fmt.Errorf("%q is no host", Clip(hostport))
	}
	if six := parts[1]; six != "" {
		if _, err := netip.ParseAddr(six); err != nil {
			return fmt.Errorf("%q is no host", Clip(hostport))
		}
	}
	if port := parts[2]; port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q has no port of TCP", Clip(hostport))
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
