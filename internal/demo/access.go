package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/organization"
)

// demoClient is the name of a demonstration's client.
const demoClient = "demo"

// logIn makes a client that has all permissions, and gets a token like any client.
func (d *demonstration) logIn(ctx context.Context) error {
	now := time.Now()
	c := auth.Administrator(organization.Default, now)
	c.Name = demoClient
	secret, kept, err := auth.NewSecret(rand.Reader, now, time.Time{})
	if err != nil {
		return err
	}
	if err := d.folder.Store.Access.AddClient(ctx, c, kept); err != nil {
		return err
	}
	d.client = node.IssuedTo(&c, secret, d.url)
	session, err := console.Reach(d.url, new(http.Client))
	if err != nil {
		return err
	}
	d.token, err = session.As(control.LoginBySecret(c.Organization, c.ID, secret)).Token(ctx)
	return err
}

// signIn returns a link by which a browser signs in as the client.
func (d *demonstration) signIn(ctx context.Context) (string, error) {
	session, err := console.Reach(d.url, new(http.Client))
	if err != nil {
		return "", err
	}
	made, err := control.Do(ctx, session.As(control.LoginByToken(d.token)), control.MakeSignIn())
	return made.Value.URL, err
}

// get reads the reply of an address. It sends the token unless it is "".
func get(ctx context.Context, address, token string, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %s", address, response.Status)
	}
	return read(response.Body)
}
