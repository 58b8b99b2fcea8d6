package deliver

import (
	"context"
	"fmt"
	"net"
	"strconv"

	mail "github.com/wneessen/go-mail"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/render"
)

// maxSubject is the longest subject, in characters.
const maxSubject = 200

// mail sends a delivery by mail. TLS is a must: by STARTTLS, or from the first byte on.
func (s *Sender) mail(ctx context.Context, to *notice.Destination, d *notice.Delivery) error {
	message, err := s.message(to, d)
	if err != nil {
		return err
	}
	opened := &openedConn{}
	defer opened.close()
	client, err := s.mailClient(to, opened)
	if err != nil {
		return fmt.Errorf("sending mail by %s: %w", to.Address, err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("sending mail by %s: %w", to.Address, err)
	}
	return nil
}

// openedConn is the connection of a mail. The library leaves it open where the server fails before the first mail.
type openedConn struct{ conn net.Conn }

// dial remembers what another dial connects.
func (o *openedConn) dial(by mail.DialContextFunc) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		if conn, err = by(ctx, network, address); err == nil {
			o.conn = conn
		}
		return conn, err
	}
}

// close ends the connection, if there is one; one that has ended stays so.
func (o *openedConn) close() {
	if o.conn != nil {
		_ = o.conn.Close()
	}
}

// message makes the mail. Its id follows from the key, so that a copy is known for one.
func (s *Sender) message(to *notice.Destination, d *notice.Delivery) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(to.From); err != nil {
		return nil, fmt.Errorf("the sender of mails: %w", err)
	}
	if err := m.To(to.To...); err != nil {
		return nil, fmt.Errorf("the recipients of mails: %w", err)
	}
	m.SetDateWithValue(s.Clock())
	m.SetMessageIDWithValue(d.Key + "@muster")
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	m.SetGenHeader(KeyHeader, d.Key)
	m.Subject("[muster] " + render.Title(d, maxSubject))
	m.SetBodyString(mail.TypeTextPlain, render.Text(d))
	return m, nil
}

// mailClient returns a client of the server.
func (s *Sender) mailClient(to *notice.Destination, opened *openedConn) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(to.Address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	secured, err := secure(to, host)
	if err != nil {
		return nil, err
	}
	policy, dial := mail.TLSMandatory, mail.DialContextFunc(s.guard.dial(false))
	if to.TLS == notice.TLS { // the library takes a connection that has TLS already for a safe one
		policy = mail.TLSOpportunistic
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dialTLS(ctx, to) }
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(sendTime), mail.WithTLSConfig(secured),
		mail.WithTLSPolicy(policy), mail.WithoutNoop(), mail.WithDialContextFunc(opened.dial(dial))}
	if s.Host != "" {
		options = append(options, mail.WithHELO(s.Host))
	}
	if to.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(to.User),
			mail.WithPassword(to.Password))
	}
	return mail.NewClient(host, options...)
}
