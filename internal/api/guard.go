package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/muster-project/muster/defender"
)

// The limits of a request's head.
const (
	maxURL        = 16 << 10 // bytes
	maxParameters = 100
)

// admit refuses requests that are no business of any handler.
func (s *Server) admit(r *http.Request) error {
	switch {
	case len(r.RequestURI) > maxURL:
		return refuse(http.StatusRequestURITooLong, "", "the address has more than %d bytes", maxURL)
	case strings.Count(r.URL.RawQuery, "&") >= maxParameters:
		return invalid("the request has more than %d parameters", maxParameters)
	case !s.servesHost(r.Host):
		return refuse(http.StatusMisdirectedRequest, "", "this server does not answer for the host %q: use localhost or the public URL", clip(r.Host))
	case !isClean(r.URL.EscapedPath()):
		return notFound("there is nothing at %q", clip(r.URL.Path))
	}
	if err := s.crossing.Check(r); err != nil {
		return refuse(http.StatusForbidden, defender.CodeForbidden, "requests of web pages of another origin may not change anything")
	}
	return nil
}

// servesHost tells whether the Host header names this machine or the public
// URL. A web page whose own name was made to resolve to this machine (DNS
// rebinding) is thus kept out: browsers send that name.
func (s *Server) servesHost(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if address, err := netip.ParseAddr(host); err == nil && address.Unmap().IsLoopback() {
		return true
	}
	public, err := url.Parse(s.origin)
	return err == nil && s.origin != "" && strings.EqualFold(hostport, public.Host)
}
