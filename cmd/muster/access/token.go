package access

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// Token is `muster token`.
type Token struct {
	connect.ServerFlags
	JSON bool `help:"Print JSON: the token and when it expires."`
}

// Help is the long part of the command's help.
func (Token) Help() string {
	return `Prints an access token for the calls of a server, to be sent as Authorization: Bearer TOKEN. It is valid for an hour. Who you are is said by the login or by variables: muster login --help.

Examples:

    muster token
    curl -H "Authorization: Bearer $(muster token)" http://127.0.0.1:8800/api/machines/SoftwareInventoryByMachine

Exit statuses: 0 printed, 1 failed, 2 wrong usage, 5 the server knows no such client, 6 server not reached.`
}

// Run prints a token.
func (c *Token) Run(ctx context.Context, t *console.Terminal) error {
	if err := c.Choose(); err != nil {
		return err
	}
	s, err := c.Reach()
	if err != nil {
		return err
	}
	token, err := s.Token(ctx)
	if err == nil && token == "" {
		err = s.Nobody()
	}
	if err != nil {
		return fmt.Errorf("asking for a token: %w", s.Explain(err))
	}
	end, known := connect.Expiry(token)
	if known && time.Now().After(end) {
		return fmt.Errorf("%w: the token of %s expired at %s", control.ErrInput, connect.TokenVariable, console.Instant(end))
	}
	if !c.JSON {
		_, err := fmt.Fprintln(t.Out, token)
		return err
	}
	told := struct {
		Token   string     `json:"accessToken"`
		Expires *time.Time `json:"expiresTime,omitempty"`
	}{Token: token}
	if known {
		utc := end.UTC()
		told.Expires = &utc
	}
	return t.JSON(told)
}
