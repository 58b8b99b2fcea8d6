package api

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/muster-project/muster/defender"
)

// The limits of a request's head.
const (
	maxURL        = 16 << 10 // bytes
	maxParameters = 100
	maxHeaders    = 100 // lines
)

// admit refuses requests that are no business of any handler.
func (s *Server) admit(r *http.Request) error {
	if len(r.RequestURI) > maxURL {
		return refuse(http.StatusRequestURITooLong, "", "the address has more than %d bytes", maxURL)
	}
	if strings.Count(r.URL.RawQuery, "&") >= maxParameters {
		return invalid("the request has more than %d parameters", maxParameters)
	}
	if n := headerLines(r.Header); n > maxHeaders {
		return refuse(http.StatusRequestHeaderFieldsTooLarge, "", "the request has %d headers, at most %d are taken", n, maxHeaders)
	}
	if err := s.checkOrigin(r); err != nil {
		return refuse(http.StatusBadRequest, defender.CodeBadRequest, "%v", err)
	}
	if !s.AnyHost && !s.servesHost(r.Host) {
		return refuse(http.StatusMisdirectedRequest, "", "this server does not answer for the host %q: use localhost or the public URL", clip(r.Host))
	}
	if !isClean(r.URL.EscapedPath()) {
		return notFound("there is nothing at %q", clip(r.URL.Path))
	}
	if err := s.crossing.Check(r); err != nil {
		return refuse(http.StatusForbidden, defender.CodeForbidden, "requests of web pages of another origin may not change anything")
	}
	return nil
}

func headerLines(header http.Header) (n int) {
	for _, values := range header {
		n += len(values)
	}
	return n
}

// servesHost tells whether the Host header names this machine or the public
// URL. A web page whose own name was made to resolve to this machine (DNS
// rebinding) is thus kept out: browsers send that name.
func (s *Server) servesHost(hostport string) bool {
	if isLocal(hostname(hostport)) {
		return true
	}
	public, err := url.Parse(s.origin)
	return err == nil && s.origin != "" && strings.EqualFold(hostport, public.Host)
}

// hostname is a host without its port.
func hostname(hostport string) string {
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

// protect tells browsers to make nothing of a reply but what it says it is, and
// to come by TLS from now on if they did (RFC 6797, section 7.2). Names of this
// machine are left out: other programs answer for them, too.
func protect(header http.Header, r *http.Request) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	if r.TLS != nil && !isLocal(hostname(r.Host)) {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
