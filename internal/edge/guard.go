package edge

import (
	"net/http"
	"path"
	"strings"

	"github.com/muster-project/muster/defender"
)

// The limits of a request's head.
const (
	maxURL        = 16 << 10 // bytes
	MaxParameters = 100
	maxHeaders    = 100 // lines
)

// guard refuses requests before the caller is identified.
type guard struct {
	origins  *Origins
	crossing *http.CrossOriginProtection
}

// newGuard returns the guard of a server with these origins.
func newGuard(o *Origins) (guard, error) {
	g := guard{o, http.NewCrossOriginProtection()}
	if o.public == "" {
		return g, nil
	}
	return g, g.crossing.AddTrustedOrigin(o.public)
}

// admit refuses requests that no handler should see.
func (g *guard) admit(r *http.Request) error {
	if len(r.RequestURI) > maxURL {
		return Refuse(http.StatusRequestURITooLong, "", "the address has more than %d bytes", maxURL)
	}
	if strings.Count(r.URL.RawQuery, "&") >= MaxParameters {
		return Invalid("the request has more than %d parameters", MaxParameters)
	}
	if n := headerLines(r.Header); n > maxHeaders {
		return Refuse(http.StatusRequestHeaderFieldsTooLarge, "",
			"the request has %d headers, at most %d are allowed", n, maxHeaders)
	}
	if err := g.origins.check(r); err != nil {
		return Refuse(http.StatusBadRequest, defender.CodeBadRequest, "%v", err)
	}
	if !g.origins.anyHost && !isProbe(r) && !g.origins.servesHost(r.Host) {
		return g.origins.misdirected(r.Host)
	}
	if !isClean(r.URL.EscapedPath()) {
		return noAddress(r.URL.Path)
	}
	if err := g.crossing.Check(r); err != nil {
		return Refuse(http.StatusForbidden, defender.CodeForbidden, "web pages of another origin may not change anything")
	}
	return nil
}

func headerLines(header http.Header) (n int) {
	for _, values := range header {
		n += len(values)
	}
	return n
}

// isProbe tells whether a request only asks for health. Probes come by address, and their replies
// do not depend on the host.
func isProbe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// protect tells browsers not to guess content types, and to use TLS from now on if they did
// (RFC 6797, section 7.2). It leaves out names of this machine, which other programs use, too.
func protect(header http.Header, r *http.Request) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	if r.TLS != nil && !isLocal(hostname(r.Host)) {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// isClean tells whether the mux accepts a path unchanged. It would redirect others, which no
// client here expects.
func isClean(escaped string) bool {
	return strings.HasPrefix(escaped, "/") && path.Clean(escaped) == escaped
}
