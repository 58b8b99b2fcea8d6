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
	if !s.AnyHost && !isProbe(r) && !s.servesHost(r.Host) {
		return s.misdirected(r.Host)
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

// servesHost tells whether the Host header names this server: by the public URL,
// by a name that the certificate proves, or, without TLS, by one of this machine.
// What it names stands in links, issuers and audiences, and is then as good as
// proven. A web page whose own name was made to resolve to this machine (DNS
// rebinding) is kept out as well: browsers send that name.
func (s *Server) servesHost(hostport string) bool {
	public, err := url.Parse(s.origin)
	if err == nil && s.origin != "" && strings.EqualFold(hostport, public.Host) {
		return true
	}
	if s.Serves != nil {
		return s.origin != "" || s.Serves(hostname(hostport)) // with a public URL nothing is made of Host
	}
	return isLocal(hostname(hostport))
}

// misdirected is the refusal of a host that is not this server's.
func (s *Server) misdirected(hostport string) error {
	hint := "use localhost or the public URL"
	if s.Serves != nil {
		hint = "its certificate has another name, or --public-url says how it is called"
	}
	return refuse(http.StatusMisdirectedRequest, "", "this server does not answer for the host %q: %s", clip(hostport), hint)
}

// isProbe tells whether a request asks for health alone: probes come by address,
// and are told nothing that the host is part of.
func isProbe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

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
