package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/blob"
)

// Config says where a store is.
type Config struct {
	// URL is azblob://CONTAINER/PREFIX or s3://BUCKET/PREFIX, with the parameters that the package
	// comment lists.
	URL string
	// Cache is the folder for what is read and written, which no other process uses.
	Cache string
	// CacheBytes bounds the pieces in it; DefaultCacheBytes if zero.
	CacheBytes int64
	// Patience is how long passing failures are retried; DefaultPatience if zero. Below a second
	// nothing is retried.
	Patience time.Duration
	// Idle is how long a connection may be silent within a request; DefaultIdle if zero.
	Idle time.Duration
	// Getenv reads the credentials' variables; os.Getenv if nil.
	Getenv func(name string) string
	// Transport makes the requests; one of our own if nil.
	Transport http.RoundTripper
}

const (
	// DefaultCacheBytes is how large the cache is.
	DefaultCacheBytes = 1 << 30
	// DefaultPatience is how long passing failures are retried: an outage of a minute fails no generation.
	DefaultPatience = 2 * time.Minute
	// DefaultIdle is how long a connection may be silent.
	DefaultIdle = time.Minute
)

// Is reports whether the place of files is a URL for Open, and not a folder.
func Is(place string) bool {
	return strings.HasPrefix(place, azure+"://") || strings.HasPrefix(place, s3scheme+"://")
}

// Schemes of URLs.
const (
	azure    = "azblob"
	s3scheme = "s3"
)

// place is a parsed URL.
type place struct {
	scheme    string
	container string // or bucket
	prefix    string // empty, or ends in a slash
	endpoint  *url.URL
	account   string // of Azure
	region    string // of S3
	pathStyle bool   // of S3
	allowHTTP bool   // without TLS
}

// String is the URL without parameters.
func (p *place) String() string {
	return p.scheme + "://" + p.container + "/" + strings.TrimSuffix(p.prefix, "/")
}

// parameters are those that URLs may have, by scheme.
func parameters(scheme string) []string {
	if scheme == azure {
		return []string{"account", "endpoint", "http"}
	}
	return []string{"endpoint", "http", "path_style", "region"}
}

// parse parses a URL. No error contains a value of a parameter: somebody may have put a key there.
func parse(text string) (*place, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the URL of files cannot be parsed") // the error of url contains it
	}
	if u.Scheme != azure && u.Scheme != s3scheme {
		return nil, fmt.Errorf("files in %q: want azblob:// or s3://", u.Scheme)
	}
	p := &place{scheme: u.Scheme, container: u.Host, prefix: strings.Trim(u.Path, "/")}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%s: credentials do not belong in the URL of files; use environment variables", p)
	case u.Host == "" || u.Fragment != "":
		return nil, fmt.Errorf("%s: want %s://CONTAINER/PREFIX", p, u.Scheme)
	}
	if p.prefix != "" {
		if err := checkName(p.prefix); err != nil {
			return nil, fmt.Errorf("prefix of files: %w", err)
		}
		p.prefix += "/"
	}
	return p, p.setParameters(u.RawQuery)
}

func (p *place) setParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%s: its parameters cannot be parsed", p)
	}
	for name, all := range values {
		if known := parameters(p.scheme); !slices.Contains(known, name) || len(all) != 1 {
			return fmt.Errorf("%s: %q is no parameter, or is there twice; there are %s (credentials are environment variables)",
				p, name, strings.Join(known, ", "))
		}
	}
	p.account, p.region = values.Get("account"), values.Get("region")
	p.pathStyle = values.Has("endpoint")
	if values.Has("path_style") {
		if p.pathStyle, err = strconv.ParseBool(values.Get("path_style")); err != nil {
			return fmt.Errorf("%s: path_style is neither true nor false", p)
		}
	}
	if values.Has("http") && values.Get("http") != "allow" {
		return fmt.Errorf("%s: the only value of http is allow", p)
	}
	p.allowHTTP = values.Has("http")
	if !values.Has("endpoint") {
		return nil
	}
	return p.setEndpoint(values.Get("endpoint"))
}

// setEndpoint sets the URL of the service. Without TLS, anybody on the way could read and change
// the files.
func (p *place) setEndpoint(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: the endpoint is no URL such as https://host:9000", p)
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && (p.allowHTTP || isLoopback(u.Hostname())):
	case u.Scheme == "http":
		return fmt.Errorf("%s: the endpoint has no TLS; where only trusted machines see the network, say http=allow", p)
	default:
		return fmt.Errorf("%s: the endpoint must begin with https://", p)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	p.endpoint = u
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// environment reads variables, and files that variables name.
type environment struct {
	get     func(string) string
	secrets []string // that were read, so that no error contains them
}

// secret returns the variable, or the content of the file that the variable with _FILE names.
func (e *environment) secret(name string) (string, error) {
	value := e.get(name)
	if file := e.get(name + "_FILE"); value == "" && file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading the file of %s: %w", name, err)
		}
		value = strings.TrimSpace(string(text))
	}
	e.keep(value)
	return value, nil
}

// keep remembers a secret, also as it is written in URLs.
func (e *environment) keep(secret string) {
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
		if len(form) >= 8 && !slices.Contains(e.secrets, form) {
			e.secrets = append(e.secrets, form)
		}
	}
}

// transport returns the transport for requests: a connection that is silent for too long is cut,
// so that no request waits forever.
func (c Config) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	return c.ownTransport()
}

// ownTransport returns a transport with our limits.
func (c Config) ownTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone() // it is one unless a program replaced it
	t.DialContext = idleDialer(&net.Dialer{Timeout: 10 * time.Second}, c.Idle)
	t.MaxIdleConnsPerHost = 64
	t.ResponseHeaderTimeout = 2 * c.Idle
	t.DisableCompression = true
	return t
}

// checkName returns an error if nothing can have a name.
func checkName(key string) error {
	if !fs.ValidPath(key) || key[0] == '.' {
		return fmt.Errorf("%q: %w", key, blob.ErrKey)
	}
	return nil
}
