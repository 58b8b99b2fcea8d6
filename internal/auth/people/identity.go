package people

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// maxSubject is the longest subject: OpenID Connect Core, section 2.
const maxSubject = 255

// identify trades a code for an ID token, checks it, and uses the state up.
func (p *Provider) identify(ctx context.Context, d *jwt.Document, f *flow, origin, code string) (*Person, error) {
	answer, err := p.flow(d, origin).Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.client), code,
		oauth2.VerifierOption(f.verifier()))
	if err != nil {
		return nil, explain(err)
	}
	text, _ := answer.Extra("id_token").(string)
	token, err := jwt.Parse(text)
	if err != nil {
		return nil, rejected("ID token: %w", err)
	}
	if err := p.check(ctx, token, f); err != nil {
		return nil, err
	}
	claims := token.Claims
	if p.Settings.UserInfo {
		if claims, err = p.complete(ctx, d, claims, answer.AccessToken); err != nil {
			return nil, err
		}
	}
	fresh, err := p.Access.UseAssertion(ctx, p.Settings.ClientID, sha256.Sum256([]byte(f.state())),
		f.begun.Add(FlowLife+jwt.Skew), p.Clock())
	if err == nil && !fresh {
		err = stale("its state was used before")
	}
	if err != nil {
		return nil, err
	}
	return p.person(claims), nil
}

// explain tells what a failed exchange means. The library's own text has what the provider sent.
func explain(err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < 500:
		code := refused.ErrorCode
		if !slices.Contains(knownCodes, code) {
			code = "no known error"
		}
		return rejected("the provider refuses the code with status %d, %s", refused.Response.StatusCode, code)
	case errors.As(err, &refused):
		return fmt.Errorf("%w: it answers the code with status %d", ErrUnreachable, refused.Response.StatusCode)
	case errors.Is(err, errTooLong):
		return rejected("%w", errTooLong)
	}
	var wire interface{ Timeout() bool } // of package net/url
	if errors.As(err, &wire) {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return rejected("its answer to the code cannot be read")
}

// check checks an ID token: OpenID Connect Core, section 3.1.3.7.
func (p *Provider) check(ctx context.Context, token *jwt.Token, f *flow) error {
	claims, now := token.Claims, p.Clock()
	switch typ := strings.ToLower(token.Header.Text("typ")); {
	case typ != "" && typ != "jwt":
		return rejected("typ %q is not that of an ID token", jwt.Printable(typ))
	case claims.Text("iss") != p.Settings.Issuer:
		return rejected("ID token: its issuer is %q", jwt.Printable(claims.Text("iss")))
	case !slices.Contains(claims.Audience(), p.Settings.ClientID):
		return rejected("ID token: its audience is another client")
	case (len(claims.Audience()) > 1 || claims.Find("azp") != nil) && claims.Text("azp") != p.Settings.ClientID:
		return rejected("ID token: it was issued to another client (azp)")
	case subtle.ConstantTimeCompare([]byte(claims.Text("nonce")), []byte(f.nonce())) != 1:
		return rejected("ID token: its nonce is not that of this sign-in")
	case claims.Text("sub") == "" || len(claims.Text("sub")) > maxSubject:
		return rejected("ID token: it has no usable subject")
	}
	if _, err := token.CheckTimes(now); err != nil {
		return rejected("ID token: %w", err)
	}
	if issued, there, err := claims.Time("iat"); err != nil || !there || issued.Before(f.begun.Add(-jwt.Skew)) {
		return rejected("ID token: it was not issued during this sign-in (iat)")
	}
	if err := p.issuer.Verify(ctx, token, now); errors.Is(err, jwt.ErrUnavailable) {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	} else if errors.Is(err, jwt.ErrUnknownKey) { // it comes from the provider itself: its keys have changed just now
		return fmt.Errorf("%w for its new keys, of which it was asked less than %s ago: %w", ErrUnreachable, jwt.FetchEvery, err)
	} else if err != nil {
		return rejected("ID token: %w", err)
	}
	return nil
}

// complete adds the claims that the ID token lacks, by the provider's UserInfo call: OpenID Connect Core, section 5.3.
func (p *Provider) complete(ctx context.Context, d *jwt.Document, claims jwt.Object, token string) (jwt.Object, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.UserInfo, nil)
	if err != nil {
		return nil, rejected("its UserInfo call: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	response, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: its UserInfo call: %w", ErrUnreachable, err)
	}
	defer response.Body.Close()
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode != http.StatusOK || media != "application/json" {
		return nil, rejected("its UserInfo call answers with status %d and type %q", response.StatusCode, jwt.Printable(media))
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, rejected("its UserInfo call: %w", err)
	}
	var more jwt.Object
	if err := json.Unmarshal(text, &more); err != nil || more == nil {
		return nil, rejected("its UserInfo call answers with no JSON object")
	}
	if more.Text("sub") != claims.Text("sub") {
		return nil, rejected("its UserInfo call is about somebody else")
	}
	for name, value := range claims {
		more[name] = value
	}
	return more, nil
}

// person returns the person that checked claims are about.
func (p *Provider) person(claims jwt.Object) *Person {
	who := &Person{Issuer: p.Settings.Issuer, Subject: claims.Text("sub"), Claims: map[string][]string{},
		TooMany: saysTooMany(claims, p.Settings.GroupClaim)}
	for _, name := range p.Settings.NameClaims {
		who.Name = cmp.Or(who.Name, visible(claims.Text(name)))
	}
	who.Name = cmp.Or(who.Name, visible(who.Subject), who.ID())
	for _, name := range p.Settings.claims() {
		values, there := valuesOf(claims, name)
		if !there {
			who.Missing = append(who.Missing, name)
		}
		who.Claims[name] = values
	}
	return who
}
