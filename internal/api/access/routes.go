package access

import (
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store"
	stored "github.com/muster-project/muster/internal/store/access"
)

// Config configures access. All fields are required, but People.
type Config struct {
	Store     *store.Store
	Keys      *auth.Keyring
	Authority *auth.Authority
	Callers   *edge.Callers
	Origins   *edge.Origins
	Failures  *edge.Failures
	Tokens    *edge.Failures
	Clock     func() time.Time
	// People says who sessions of people are by the roles of now; nil if nobody signs in at a provider.
	People func(*stored.Session) (auth.Caller, error)
}

// Routes returns the routes of the calls by which clients get tokens, devices get credentials, and
// managers give access.
func Routes(c Config) []edge.Route {
	issuing := issuer{c.Store.Access, c.Store.Organizations, c.Callers, c.Origins}
	apps, orgs := &clients{issuing, c.Clock}, &organizations{issuing, c.Clock}
	enrolling, group, keys := &enrollments{c.Store.Enrollments, c.Store.Organizations, c.Clock},
		&groups{c.Store.Organizations, c.Store.Access, c.Store.Enrollments, c.Store.Reports, c.Clock}, &keyring{c.Keys}
	browsers := &signIns{c.Store.Access, c.Origins, c.Callers, c.Clock,
		&auth.Sessions{Store: c.Store.Access, Clock: c.Clock, People: c.People}}
	all := []edge.Route{
		edge.At("sign-ins", "/v1/sign-ins", edge.Methods{
			http.MethodPost: edge.Needs(browsers.makeCode, reads...).As(makesCode).Told("make sign-in link")}),
		edge.At("sessions", "/v1/sessions", edge.Methods{
			http.MethodGet:    edge.Needs(browsers.listSessions, reads...).As(listsSessions),
			http.MethodDelete: edge.Needs(browsers.endSessions, reads...).As(endsSessions).Told("end sessions")}),
		edge.At("session", "/v1/sessions/{id}", edge.Methods{
			http.MethodDelete: edge.Needs(browsers.endSession, reads...).As(endsSession).Told("end session")}),
		edge.At("clients", "/v1/clients", edge.Methods{
			http.MethodGet:  edge.Manages(apps.listClients).As(listsClients),
			http.MethodPost: edge.Manages(apps.addClient).As(addsClient).Told("add client")}),
		edge.At("client", "/v1/clients/{id}", edge.Methods{
			http.MethodGet:    edge.Manages(apps.showClient).As(showsClient),
			http.MethodPatch:  edge.Manages(apps.changeClient).As(changesClient),
			http.MethodDelete: edge.Manages(apps.removeClient).As(removesClient)}),
		edge.At("rotation", "/v1/clients/{id}/rotate", edge.Methods{
			http.MethodPost: edge.Manages(apps.rotateSecret).As(rotatesSecret).Told("rotate secret")}),
		edge.At("certificates", "/v1/clients/{id}/certificates", edge.Methods{
			http.MethodPost: edge.Manages(apps.addCertificate).As(addsCertificate).Told("add certificate")}),
		edge.At("credential", "/v1/clients/{id}/credentials/{credential}", edge.Methods{
			http.MethodDelete: edge.Manages(apps.revokeCredential).As(revokesCredential)}),
		edge.At("groups", "/v1/groups", edge.Methods{
			http.MethodGet: edge.Manages(group.listGroups).As(listsGroups),
			http.MethodPut: edge.Manages(group.setGroups).As(setsGroups)}),
		edge.At("rehearsal", "/v1/groups/rehearsal", edge.Methods{
			http.MethodPost: edge.Manages(group.rehearse).As(rehearsesGroups).Told("rehearse groups").Reading()}),
		edge.At("group", "/v1/groups/{id}", edge.Methods{
			http.MethodDelete: edge.Manages(group.removeGroup).As(removesGroup)}),
		edge.At("organizations", "/v1/organizations", edge.Methods{
			http.MethodGet:  edge.Administers(orgs.listOrganizations).As(listsOrganizations),
			http.MethodPost: edge.Administers(orgs.addOrganization).As(addsOrganization).Told("add organization")}),
		edge.At("key", "/v1/keys/{purpose}/rotate", edge.Methods{
			http.MethodPost: edge.Administers(keys.rotateKey).As(rotatesKey).Told("rotate key")}),
		edge.At("enrollments", "/v1/enrollments", edge.Methods{
			http.MethodGet:  edge.Manages(enrolling.listEnrollments).As(listsEnrollments),
			http.MethodPost: edge.Manages(enrolling.createEnrollment).As(createsEnrollment).Told("add enrollment")}),
		edge.At("enrollment", "/v1/enrollments/{id}", edge.Methods{
			http.MethodDelete: edge.Manages(enrolling.removeEnrollment).As(removesEnrollment)}),
		edge.At("enroll", "/v1/enroll", edge.Methods{
			http.MethodPost: edge.Open(enrolling.enroll).As(enrolls).Told("enroll device").Granting()}),
	}
	issuers := &tokens{c.Authority, c.Origins, c.Failures, c.Tokens, c.Clock}
	return slices.Concat(all, issuers.routes())
}

// routes returns the addresses of the token calls, as Entra ID has them: contract.md, section 6.
// The tenant is the organization's GUID, in any case.
func (t *tokens) routes() []edge.Route {
	token := func(v1 bool) edge.Methods {
		return edge.Methods{http.MethodPost: edge.Open(t.issue(v1)).As(issuesToken).Told("issue token")}
	}
	read := func(h edge.Handler, d edge.Description) edge.Methods {
		return edge.Methods{http.MethodGet: edge.Open(h).As(d)}
	}
	return []edge.Route{
		edge.At("token", tenantPattern+"oauth2/v2.0/token", token(false)),
		edge.At("token", tenantPattern+"oauth2/token", token(true)),
		edge.At("discovery", tenantPattern+"v2.0/.well-known/openid-configuration", read(t.discover(false), discovers)),
		edge.At("discovery", tenantPattern+".well-known/openid-configuration", read(t.discover(true), discovers)),
		edge.At("keys", tenantPattern+"discovery/v2.0/keys", read(t.showKeys, showsKeys)),
		edge.At("keys", tenantPattern+"discovery/keys", read(t.showKeys, showsKeys)),
	}
}
