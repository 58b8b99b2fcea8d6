package bucket

import (
	"context"
	"net"
	"time"
)

// idleDialer returns a dialer whose connections fail if nothing can be read or written for a while.
func idleDialer(d *net.Dialer, idle time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &impatient{c, idle}, nil
	}
}

// impatient is a connection that fails after a time of silence. What is written counts as well as
// what is read: nothing comes while a request is being sent.
type impatient struct {
	net.Conn
	idle time.Duration
}

func (i *impatient) Read(p []byte) (int, error) {
	if err := i.Conn.SetReadDeadline(time.Now().Add(i.idle)); err != nil {
		return 0, err
	}
	return i.Conn.Read(p)
}

func (i *impatient) Write(p []byte) (int, error) {
	written := 0
	for { // in pieces, so that a slow line is no silent one
		if err := i.Conn.SetDeadline(time.Now().Add(i.idle)); err != nil {
			return written, err
		}
		n, err := i.Conn.Write(p[written:min(len(p), written+mostWritten)])
		if written += n; err != nil || written == len(p) {
			return written, err
		}
	}
}

// mostWritten is how many bytes must be written within the time of silence.
const mostWritten = 64 << 10
