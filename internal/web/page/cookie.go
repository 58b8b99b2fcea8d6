package page

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/muster-project/muster/internal/control"
)

// CookieOf returns a cookie for the session of a browser without its value, by the address that the browser uses:
// over TLS with the prefix that binds it to this host; without TLS only on this machine, by the port, because
// browsers send cookies to all ports of a host. It is nil where other machines could read it.
func CookieOf(origin string) *http.Cookie {
	u, err := url.Parse(origin)
	if err != nil {
		return nil
	}
	c := &http.Cookie{Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	switch host := u.Hostname(); {
	case u.Scheme == "https":
		c.Name, c.Secure = "__Host-muster", true
	case host == "localhost" || control.IsLoopback(host):
		_, port, _ := net.SplitHostPort(u.Host)
		c.Name = "muster-" + port
	default:
		return nil
	}
	return c
}

// FormToken is what the forms of a session carry: who does not know the secret cannot make it.
func FormToken(secret string) string {
	sum := sha256.Sum256([]byte("muster form\n" + secret))
	return hex.EncodeToString(sum[:16])
}

// OwnPath returns an address of this server to go on to; "/" for any other, such as //host.
func OwnPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") ||
		strings.HasPrefix(u.Path, "//") || u.Path == "/sign-in" || strings.HasPrefix(u.Path, "/sign-in/") || u.Path == "/sign-out" {
		return "/"
	}
	return u.RequestURI()
}
