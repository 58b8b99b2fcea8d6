package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// adviseAddress adds to the error of an address in use who uses it, as far as that can be found out: a
// demonstration in the present folder, or another muster.
func adviseAddress(ctx context.Context, err error, address string) error {
	if !node.AddressInUse(err) {
		return err
	}
	const other = "stop it, or listen on another address: --listen"
	if file, openErr := os.Open(filepath.Join(demoFolder, node.LockFile)); openErr == nil {
		holder := node.ReadHolder(file)
		_ = file.Close() // it was only read
		if strings.HasSuffix(holder.URL, address) {
			return plain.Hinted(err, "process %d (muster %s) serves %s there: %s", holder.PID, holder.Command, demoFolder, other)
		}
	}
	if answersAsMuster(ctx, address) {
		return plain.Hinted(err, "another muster answers there: %s", other)
	}
	return plain.Hinted(err, "another program uses it: %s", other)
}

// answersAsMuster tells whether a muster without TLS answers at an address of this machine.
func answersAsMuster(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return err == nil && strings.HasPrefix(string(text), "This is muster.")
}
