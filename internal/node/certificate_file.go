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
)

// certificateFiles are a certificate chain and its key in two files. They are
// read again when they change, so that a renewed certificate needs no restart
// and cuts no connection.
type certificateFiles struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]
	// seen is what was found last, good or not: it is tried, and complained
	// of, once.
	seen [sha256.Size]byte
}

// certificateInterval is how often the files are looked at.
const certificateInterval = 2 * time.Second

// maxPEM bounds each of the files, in bytes.
const maxPEM = 1 << 20

// openCertificateFiles reads the files, which must be good.
func openCertificateFiles(certFile, keyFile string, log *slog.Logger) (*certificateFiles, error) {
	c := &certificateFiles{certFile: certFile, keyFile: keyFile, log: log}
	read, err := readPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.use(read)
	return c, nil
}

// pair is what the two files held at one time.
type pair struct {
	tls.Certificate
	digest [sha256.Size]byte
}

// readPair reads and checks the files. Of what is wrong with them the digest
// tells as well.
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

// ReadPEM reads a file of a certificate or a key, which has a limit.
func ReadPEM(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if err == nil && len(text) > maxPEM {
		err = fmt.Errorf("%q has more than %d bytes", name, maxPEM)
	}
	return text, err
}

// use makes a pair the one of the handshakes to come.
func (c *certificateFiles) use(p pair) {
	c.seen = p.digest
	c.current.Store(&p.Certificate)
	c.log.Info("certificate read", "file", c.certFile, "names", p.Leaf.DNSNames, "addresses", p.Leaf.IPAddresses, "expires", p.Leaf.NotAfter)
	if len(p.Leaf.DNSNames) == 0 && len(p.Leaf.IPAddresses) == 0 {
		c.log.Warn("the certificate proves no name, so that nobody is answered unless --public-url is set", "file", c.certFile)
	}
	if time.Now().After(p.Leaf.NotAfter) {
		c.log.Warn("the certificate has expired", "file", c.certFile, "expires", p.Leaf.NotAfter)
	}
}

func (c *certificateFiles) config() *tls.Config {
	return secureConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil })
}

// proves tells whether the certificate of this moment is for a host.
func (c *certificateFiles) proves(host string) bool {
	return c.current.Load().Leaf.VerifyHostname(host) == nil
}

// host is the host if the certificate proves it, else the first name it proves.
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

// keep looks at the files from time to time, and on SIGHUP.
func (c *certificateFiles) keep(ctx context.Context) {
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	defer signal.Stop(hangUp)
	ticker := time.NewTicker(certificateInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUp:
		case <-ticker.C:
		}
		c.refresh(ctx)
	}
}

// refresh reads the files if they have changed. What is broken is complained of
// once, and what was there before goes on.
func (c *certificateFiles) refresh(ctx context.Context) {
	read, err := readPair(c.certFile, c.keyFile)
	switch {
	case read.digest == c.seen:
	case err != nil:
		c.seen = read.digest
		c.log.ErrorContext(ctx, "the certificate is kept: the new one cannot be used", "error", err)
	default:
		c.use(read)
	}
}
