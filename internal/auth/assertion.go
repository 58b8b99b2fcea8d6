package auth

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/access"
)

const (
	// assertionType is the required client_assertion_type: RFC 7523, section 2.2.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// maxAssertionLife is how far in the future an assertion of a client may expire.
	// Assertions are remembered until they expire.
	maxAssertionLife = 24 * time.Hour
)

// checkAssertion authenticates a client by a JWT that the client signed, or that a trusted
// issuer signed for it.
func (a *Authority) checkAssertion(ctx context.Context, r TokenRequest, c access.Client,
	credentials []access.Credential) error {
	switch kind := r.Form.Get("client_assertion_type"); kind {
	case assertionType:
	case "":
		return missingParameter("client_assertion_type")
	default:
		return MalformedRequest("client_assertion_type must be " + assertionType)
	}
	token, err := jwt.Parse(r.Form.Get("client_assertion"))
	if err != nil {
		return badClient(50027, "The assertion is malformed: %v.", err)
	}
	if issuer, ok := a.trusted[token.Claims.Text("iss")]; ok {
		return a.checkForeignAssertion(ctx, r, issuer, token, c)
	}
	return a.checkOwnAssertion(ctx, r, token, c, credentials)
}

// checkOwnAssertion checks an assertion that a client signed with the key of one of its
// certificates.
func (a *Authority) checkOwnAssertion(ctx context.Context, r TokenRequest, token *jwt.Token, c access.Client,
	credentials []access.Credential) error {
	if err := verifyByCertificate(token, credentials, a.Clock()); err != nil {
		return badClient(700027, "The signature of the assertion is not accepted: %v.", err)
	}
	if token.Claims.Text("iss") != c.ID || token.Claims.Text("sub") != c.ID {
		return badClient(700021, "The assertion is for another application than client_id: iss and sub must both be '%s'.",
			c.ID)
	}
	if r.Unbound {
		return badClient(700023, "The server does not know its own address and cannot check the audience of the assertion: set --public-url.")
	}
	if !slices.ContainsFunc(token.Claims.Audience(),
		func(aud string) bool { return isTenantAddress(aud, r.Origin, c.Organization) }) {
		return badClient(700023, "The assertion is for another audience: aud must be '%s'.",
			tokenV2(r.Origin, c.Organization))
	}
	expires, err := a.assertionExpires(token)
	if err != nil {
		return err
	}
	return a.useOnce(ctx, token, c, expires)
}

// verifyByCertificate checks a signature with the certificate that the header names.
func verifyByCertificate(token *jwt.Token, credentials []access.Credential, now time.Time) error {
	for _, credential := range credentials {
		if credential.Kind != access.KindCertificate || !namesCertificate(token.Header, credential.Data) {
			continue
		}
		certificate, err := x509.ParseCertificate(credential.Data)
		if err != nil {
			return errors.New("the registered certificate is damaged")
		}
		if now.Before(certificate.NotBefore.Add(-jwt.Skew)) || !now.Before(certificate.NotAfter) || !credential.Valid(now) {
			return errors.New("the registered certificate has expired, or is not valid yet")
		}
		algorithms, err := algorithmsOf(certificate.PublicKey)
		if err != nil {
			return err
		}
		return token.Verify(certificate.PublicKey, algorithms...)
	}
	return errors.New("the header's x5t#S256, x5t or kid names no registered certificate of the application")
}

// assertionExpires checks an assertion's times and returns its expiry.
func (a *Authority) assertionExpires(token *jwt.Token) (time.Time, error) {
	now := a.Clock()
	expires, err := token.CheckTimes(now)
	if err != nil {
		return expires, badClient(700024, "The assertion is not valid at this time: %v. It is %s.", err,
			now.UTC().Format(time.RFC3339))
	}
	if expires.After(now.Add(maxAssertionLife + jwt.Skew)) {
		return expires, badClient(700024, "The assertion is valid for too long: it expires at %s, more than %d hours from now.",
			expires.Format(time.RFC3339), int(maxAssertionLife.Hours()))
	}
	return expires, nil
}

// useOnce refuses an assertion that was used before. Assertions are told apart by jti, or
// without one by everything that was signed.
func (a *Authority) useOnce(ctx context.Context, token *jwt.Token, c access.Client, expires time.Time) error {
	id := token.Claims.Text("jti")
	if id == "" {
		id = token.Signed()
	}
	fresh, err := a.Clients.UseAssertion(ctx, c.ID, sha256.Sum256([]byte(id)), expires.Add(jwt.Skew), a.Clock())
	if err == nil && !fresh {
		return badClient(50013, "The assertion was used before. Sign a new one, with its own jti, for each call.")
	}
	return err
}

// checkForeignAssertion checks a token of a trusted issuer whose subject stands for the
// client (workload identity federation). Such a token may be used any number of times until
// it expires: platforms issue one for many calls.
func (a *Authority) checkForeignAssertion(ctx context.Context, r TokenRequest, issuer *remote,
	token *jwt.Token, c access.Client) error {
	if issuer.Clients[token.Claims.Text("sub")] != c.ID {
		return badClient(70021, "Subject '%s' of issuer '%s' does not stand for application '%s'.",
			jwt.Printable(token.Claims.Text("sub")), issuer.Issuer, c.ID)
	}
	if err := issuer.known.Verify(ctx, token, a.Clock()); errors.Is(err, jwt.ErrUnavailable) {
		return err
	} else if err != nil {
		return badClient(700027, "The signature of the assertion is not accepted: %v.", err)
	}
	known := func(aud string) bool {
		return slices.Contains(issuer.AssertionAudiences, aud) || !r.Unbound &&
			isTenantAddress(aud, r.Origin, c.Organization)
	}
	if !slices.ContainsFunc(token.Claims.Audience(), known) {
		return badClient(700212, "The assertion is for another audience: aud must be one of %q.", issuer.AssertionAudiences)
	}
	now := a.Clock()
	if _, err := token.CheckTimes(now); err != nil {
		return badClient(700024, "The assertion is not valid at this time: %v. It is %s.", err,
			now.UTC().Format(time.RFC3339))
	}
	return nil
}
