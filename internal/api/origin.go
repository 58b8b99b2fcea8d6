package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

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

// originOf returns scheme and host as the client used them (contract.md, section
// 3): the public URL; where there is none, what trusted proxies tell; else what
// the request itself says.
func (s *Server) originOf(r *http.Request) string {
	if s.origin != "" {
		return s.origin
	}
	a, err := s.arrival(r)
	if err != nil {
		return "" // admit has refused the request
	}
	return a.scheme + "://" + a.host
}

// checkOrigin refuses requests whose origin cannot be told, or must not be
// repeated in links.
func (s *Server) checkOrigin(r *http.Request) error {
	a, err := s.arrival(r)
	if err != nil {
		return err
	}
	if err := checkHost(r.Host); err != nil {
		return err
	}
	if s.origin != "" {
		return nil
	}
	if a.scheme != "http" && a.scheme != "https" {
		return fmt.Errorf("a proxy tells the scheme %q, must be http or https", clip(a.scheme))
	}
	return checkHost(a.host)
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
		return fmt.Errorf("%q is no host", clip(hostport))
	}
	if six := parts[1]; six != "" {
		if _, err := netip.ParseAddr(six); err != nil {
			return fmt.Errorf("%q is no host", clip(hostport))
		}
	}
	if port := parts[2]; port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q has no port of TCP", clip(hostport))
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
