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

// impatient is a connection that fails after a time of silence.
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
	if err := i.Conn.SetWriteDeadline(time.Now().Add(i.idle)); err != nil {
		return 0, err
	}
	return i.Conn.Write(p)
}
