package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/render"
)

// closing is how long the server may take to end a connection after the last message.
const closing = time.Second

// log sends a delivery to a server of syslog over TLS (RFC 5425). The protocol has no confirmation: when the server
// ends the connection in order, or leaves it open, the messages are taken for received.
func (s *Sender) log(ctx context.Context, to *notice.Destination, d *notice.Delivery) error {
	frames, err := render.Syslog(d, s.Host, s.Clock())
	if err != nil {
		return err
	}
	conn, err := s.dialTLS(ctx, to)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", to.Address, err)
	}
	defer conn.Close()
	if _, err = conn.Write(frames); err == nil {
		err = conn.CloseWrite()
	}
	if err != nil {
		return fmt.Errorf("sending to %s: %w", to.Address, err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(closing)); err != nil { // deadlines are of the machine's clock
		return fmt.Errorf("sending to %s: %w", to.Address, err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(conn, maxReply))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("sending to %s: the connection broke: %w", to.Address, err)
	}
	return nil
}
