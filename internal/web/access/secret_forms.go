package access

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// secretForms are the forms about the credentials of a client.
func secretForms() []*page.Form {
	manages := edge.Manages(nil)
	const client = "/access/clients/{id}"
	return []*page.Form{
		{Path: client + "/rotate", For: manages, Plan: planSecret, Do: makeSecret},
		{Path: client + "/certificate", For: manages, Plan: planCertificate, Do: addCertificate},
		{Path: client + "/credentials/{credential}/revoke", For: manages, Plan: planRevoking, Do: revoke},
	}
}

// lifetime reads for how many days a secret is valid; nil is without end.
func lifetime(values url.Values, fallback string) (seconds *int64, text, problem string) {
	if text = fallback; values.Has("days") {
		text = strings.TrimSpace(values.Get("days"))
	}
	if text == "" {
		return nil, text, ""
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		return nil, text, fmt.Sprintf("Days is %q, must be a whole number from 1, or empty.", edge.Clip(text))
	}
	n *= 24 * 60 * 60
	return &n, text, ""
}

// daysInput is the field of a lifetime.
func daysInput(text string) page.Input {
	return page.Input{Name: "days", Label: "Secret ends after days", Kind: "number", Value: text, Hint: "empty: it does not end"}
}

// endText says when a secret will end.
func endText(days string) string {
	if days == "" {
		return "Its secret is shown once, on the page that follows, and does not end."
	}
	return "Its secret is shown once, on the page that follows, and ends after " + days + " days."
}

// issued shows what an application needs to ask for tokens.
func issued(made *control.Issued) *page.Secret {
	s := &page.Secret{Lines: [][2]string{{"Tenant", made.TenantID}, {"Client", made.ClientID}, {"Secret", made.ClientSecret}}}
	if made.TokenURL != "" {
		s.Lines = append(s.Lines, [2]string{"Tokens from", made.TokenURL})
	}
	return s
}

// keeping reads for how many hours the present secret stays valid.
func keeping(values url.Values) (seconds int64, text, problem string) {
	if text = "24"; values.Has("keep") {
		text = strings.TrimSpace(values.Get("keep"))
	}
	hours, err := strconv.ParseInt(text, 10, 32)
	if err != nil || hours < 0 {
		return 0, text, fmt.Sprintf("Hours is %q, must be a whole number from 0.", edge.Clip(text))
	}
	return hours * 60 * 60, text, ""
}

func planSecret(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	c, err := clientOf(ctx, v)
	_, keep, problem := keeping(values)
	_, days, other := lifetime(values, "365")
	p := page.Plan{Title: "New secret for " + c.Name, Verb: "Make the secret", Back: clientPath(c.ID), Problem: cmp.Or(problem, other),
		Inputs: []page.Input{{Name: "keep", Label: "Present secret stays valid for hours", Kind: "number", Value: keep,
			Hint: "0 ends it at once"}, daysInput(days)}, Will: []string{endText(days)}}
	secrets := int64(0)
	for _, one := range c.Credentials {
		if one.Kind == "secret" {
			secrets++
		}
	}
	if secrets > 0 {
		p.Will = append(p.Will, fmt.Sprintf("The present secret ends %s hours from then, or at its own end; older ones at once: it has %s.", keep,
			page.Count(secrets, "secret", "secrets")))
	}
	return p, err
}

func makeSecret(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	keep, _, problem := keeping(values)
	life, _, other := lifetime(values, "")
	if problem = cmp.Or(problem, other); problem != "" {
		return page.Done{}, edge.Invalid("%s", problem)
	}
	made, err := page.Ask(ctx, v.API, control.RotateSecret(v.PathValue("id"),
		control.RotationRequest{KeepSeconds: &keep, LifetimeSeconds: life}))
	if err != nil {
		return page.Done{}, err
	}
	return page.Done{Told: fmt.Sprintf("The client %q has a new secret.", made.Name), To: clientPath(v.PathValue("id")), Secret: issued(&made)}, nil
}

func planCertificate(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	c, err := clientOf(ctx, v)
	text, problem := certificateOf(values)
	return page.Plan{Title: "Add a certificate to " + c.Name, Verb: "Add the certificate", Back: clientPath(c.ID), Problem: problem,
		Lead:   "The client signs assertions with the key of the certificate. The key stays where it is.",
		Inputs: []page.Input{{Name: "certificate", Label: "Certificate in PEM form", Kind: "long", Value: text, Required: true}},
		Will: []string{fmt.Sprintf("The client %q can prove itself by the certificate, until the certificate ends. It has %s now.", c.Name,
			page.Count(int64(len(c.Credentials)), "credential", "credentials"))}}, err
}

// certificateOf reads a certificate. A private key is not shown again.
func certificateOf(values url.Values) (text, problem string) {
	text = strings.TrimSpace(values.Get("certificate"))
	if strings.Contains(text, "PRIVATE KEY") {
		return "", "This has a private key, which belongs to the application alone. It was not sent on: take the certificate."
	}
	return text, ""
}

func addCertificate(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	text, problem := certificateOf(values)
	if problem != "" {
		return page.Done{}, edge.Invalid("%s", problem)
	}
	made, err := page.Ask(ctx, v.API, control.AddCertificate(v.PathValue("id"), control.CertificateRequest{Certificate: text}))
	return page.Done{Told: fmt.Sprintf("The client %q has a new certificate.", made.Name), To: clientPath(v.PathValue("id"))}, err
}

func planRevoking(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	c, err := clientOf(ctx, v)
	if err != nil {
		return page.Plan{}, err
	}
	one, err := credentialOf(&c, v.PathValue("credential"))
	return page.Plan{Title: "Revoke a " + one.Kind + " of " + c.Name, Verb: "Revoke it", Grave: true, Back: clientPath(c.ID),
		Will: []string{fmt.Sprintf("The %s %s of %q gets no token any more. Tokens that it got are valid for their hour.", one.Kind, one.Hint, c.Name),
			"The client keeps " + page.Count(int64(len(c.Credentials))-1, "other credential", "other credentials") + "."}}, err
}

func revoke(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	_, err := page.Ask(ctx, v.API, supervise.RevokeCredential(v.PathValue("id"), v.PathValue("credential")))
	return page.Done{Told: "The credential was revoked.", To: clientPath(v.PathValue("id"))}, err
}
