package node

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/muster-project/muster/internal/console"
)

// certificateFiles are a certificate chain and its key in two files. They are read again when
// they change, so that a renewed certificate needs no restart and breaks no connection.
type certificateFiles struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]
	// seen is the digest of the last files found, valid or not: each version is tried, and
	// complained about, once.
	seen [sha256.Size]byte
}

// maxPEM is the largest size of each of the files, in bytes.
const maxPEM = 1 << 20

// openCertificateFiles reads the files, which must be valid.
func openCertificateFiles(certFile, keyFile string, log *slog.Logger) (*certificateFiles, error) {
	c := &certificateFiles{certFile: certFile, keyFile: keyFile, log: log}
	read, err := readPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.use(read)
	return c, nil
}

// pair is the content of the two files at one time.
type pair struct {
	tls.Certificate
	digest [sha256.Size]byte
}

// readPair reads and checks the files. The digest is also returned with an error.
func readPair(certFile, keyFile string) (p pair, err error) {
	cert, err := ReadPEM(certFile)
	if err == nil {
		var key []byte
		if key, err = ReadPEM(keyFile); err == nil {
			p.digest = sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(cert), cert, key))
			p.Certificate, err = tls.X509KeyPair(cert, key)
		}
	}
	if err == nil {
		return p, nil
	}
	if p.digest == [sha256.Size]byte{} {
		p.digest = sha256.Sum256([]byte(err.Error()))
	}
	return p, settingError("reading the certificate %q and its key %q: %w", certFile, keyFile, err)
}

// ReadPEM reads a file of a certificate or a key, of at most maxPEM bytes.
func ReadPEM(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, console.AsNamed(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if err == nil && len(text) > maxPEM {
		err = fmt.Errorf("%q has more than %d bytes", name, maxPEM)
	}
	return text, err
}

// use uses a pair for handshakes from now on.
func (c *certificateFiles) use(p pair) {
	c.seen = p.digest
	c.current.Store(&p.Certificate)
	c.log.Info("certificate read", "file", c.certFile, "names", p.Leaf.DNSNames, "addresses", p.Leaf.IPAddresses,
		"expires", p.Leaf.NotAfter)
	if len(p.Leaf.DNSNames) == 0 && len(p.Leaf.IPAddresses) == 0 {
		c.log.Warn("the certificate has no name: requests are refused unless --public-url is set", "file", c.certFile)
	}
	if time.Now().After(p.Leaf.NotAfter) {
		c.log.Warn("the certificate has expired", "file", c.certFile, "expires", p.Leaf.NotAfter)
	}
}

func (c *certificateFiles) config() *tls.Config {
	return secureConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil })
}

// proves implements certificates.
func (c *certificateFiles) proves(host string) bool {
	return c.current.Load().Leaf.VerifyHostname(host) == nil
}

// host implements certificates.
func (c *certificateFiles) host(host string) string {
	leaf := c.current.Load().Leaf
	if leaf.VerifyHostname(host) == nil {
		return host
	}
	for _, name := range leaf.DNSNames {
		if leaf.VerifyHostname(name) == nil { // not a pattern
			return name
		}
	}
	return host
}

// keep checks the files until ctx ends.
func (c *certificateFiles) keep(ctx context.Context) { reread(ctx, c.refresh) }

// rereadInterval is the time between two checks of files that people may change while the server runs.
const rereadInterval = 2 * time.Second

// reread checks files at an interval, and on SIGHUP, until ctx ends.
func reread(ctx context.Context, check func(context.Context)) {
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	defer signal.Stop(hangUp)
	ticker := time.NewTicker(rereadInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUp:
		case <-ticker.C:
		}
		check(ctx)
	}
}

// refresh reads the files if they have changed. If they are invalid it logs that once, and
// keeps the pair in use.
func (c *certificateFiles) refresh(ctx context.Context) {
	read, err := readPair(c.certFile, c.keyFile)
	switch {
	case read.digest == c.seen:
	case err != nil:
		c.seen = read.digest
		c.log.ErrorContext(ctx, "the new certificate cannot be used, the old one is kept", "error", err)
	default:
		c.use(read)
	}
}
