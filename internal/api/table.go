package api

import (
	"net/http"
	"slices"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
)

// handlers are what answers the calls below /v1/, and those of who watches the
// server and asks for tokens.
type handlers struct {
	reports       *reports
	generations   *generations
	devices       *devices
	enrollments   *enrollments
	intelligence  *intelligence
	verification  *verification
	probes        *probes
	clients       *clients
	groups        *groups
	organizations *organizations
	keyring       *keyring
	tokens        *tokens
	description   *selfDescription
}

// newTable makes the table of routes of a server.
func newTable(c Config, s *Server) ([]route, error) {
	codec, err := inventory.NewCodec()
	if err != nil {
		return nil, err
	}
	in := newIntake(intakeConfig{MaxBody: c.MaxBody, MaxDocument: inventory.MaxReport, MaxArriving: c.MaxArriving,
		MaxDecoding: c.MaxDecoding, MaxWait: c.MaxWait, Cost: inventory.Cost})
	h := newHandlers(c, s, in, codec)
	exports := exportRoutes(exportConfig{Store: c.Store, Publisher: c.Publisher, Files: c.Files, Keys: c.Keys, Origins: s.origins,
		MaxLinkHours: c.MaxLinkHours, MaxExports: c.MaxExports, MaxWait: c.MaxWait, Clock: c.Clock})
	table := slices.Concat(exports, h.routes())
	h.description.text, err = describeAPI(table)
	return table, err
}

// newHandlers gives each handler what it uses.
func newHandlers(c Config, s *Server, in *intake, codec *inventory.Codec) *handlers {
	issuing := issuer{c.Store, s.callers, s.origins}
	known := &devices{c.Store, codec, in, c.Clock}
	return &handlers{
		reports: &reports{store: c.Store, publisher: c.Publisher, intake: in, callers: s.callers, devices: known,
			rates: newDeviceRates(), metrics: newMetrics(c, in), clock: c.Clock},
		generations:   &generations{c.Store, c.Publisher, c.Lifetime},
		devices:       known,
		enrollments:   &enrollments{c.Store, c.Clock},
		intelligence:  &intelligence{c.Store, c.Library},
		verification:  &verification{c.Publisher, s.callers},
		probes:        &probes{c.Store, c.Files, c.Publisher, c.Log, c.Registry},
		clients:       &clients{issuing, c.Clock},
		groups:        &groups{c.Store},
		organizations: &organizations{issuing, c.Clock},
		keyring:       &keyring{c.Keys},
		tokens:        &tokens{c.Authority, s.origins, s.failures, c.Clock},
		description:   new(selfDescription),
	}
}

// routes lists every address but those of exports.
func (h *handlers) routes() []route {
	return slices.Concat(h.reportRoutes(), h.controlRoutes(), h.accessRoutes(), h.openRoutes(), h.tenantRoutes())
}

// reportRoutes take reports in.
func (h *handlers) reportRoutes() []route {
	return []route{
		at("reports", "/v1/reports", methods{http.MethodPost: needs(h.reports.receiveReports, auth.WriteReports, auth.WriteOwnReports).as(receivesReports).told("receive reports")}),
		at("report", "/v1/reports/{id}", methods{http.MethodGet: needs(h.reports.showReceipt, auth.WriteReports, auth.WriteOwnReports, auth.Manage).as(showsReceipt)}),
	}
}

// controlRoutes are for people and programs that run the server.
func (h *handlers) controlRoutes() []route {
	return []route{
		at("generations", "/v1/generations", methods{
			http.MethodGet:  needs(h.generations.listGenerations, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).as(listsGenerations),
			http.MethodPost: manages(h.generations.makeGeneration).as(makesGeneration).told("make generation")}),
		at("generation", "/v1/generations/{number}", methods{
			http.MethodGet: needs(h.generations.showGeneration, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).as(showsGeneration)}),
		at("devices", "/v1/devices", methods{
			http.MethodGet: needs(h.devices.listDevices, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).as(listsDevices)}),
		at("device", "/v1/devices/{id}", methods{
			http.MethodGet:    needs(h.devices.showDevice, auth.ReadSoftware, auth.Manage).as(showsDevice),
			http.MethodDelete: manages(h.devices.removeDevice).as(removesDevice)}),
		at("devicecredential", "/v1/devices/{id}/credential", methods{http.MethodDelete: manages(h.devices.removeCredential).as(removesCredential).told("remove credential")}),
		at("admission", "/v1/devices/{id}/admission", methods{http.MethodPut: manages(h.devices.admitDevice).as(admitsDevice)}),
		at("claims", "/v1/devices/{id}/claims", methods{http.MethodPut: manages(h.devices.acceptClaims).as(acceptsClaims)}),
		at("enrollments", "/v1/enrollments", methods{
			http.MethodGet:  manages(h.enrollments.listEnrollments).as(listsEnrollments),
			http.MethodPost: manages(h.enrollments.createEnrollment).as(createsEnrollment).told("add enrollment")}),
		at("enrollment", "/v1/enrollments/{id}", methods{http.MethodDelete: manages(h.enrollments.removeEnrollment).as(removesEnrollment)}),
		at("feeds", "/v1/feeds", methods{http.MethodGet: manages(h.intelligence.listFeeds).as(listsFeeds)}),
		at("feed", "/v1/feeds/{kind}/{name}", methods{http.MethodPut: administers(h.intelligence.importFeed).as(importsFeed).told("import feed")}),
		at("refresh", "/v1/feeds/refresh", methods{http.MethodPost: administers(h.intelligence.refreshFeeds).as(refreshesFeeds).told("refresh feeds")}),
		at("verify", "/v1/verify", methods{http.MethodPost: manages(h.verification.verify).as(verifies).told("verify snapshots").reading()}),
		at("repair", "/v1/repair", methods{http.MethodPost: manages(h.verification.repair).as(repairs).told("repair snapshots")}),
		at("metrics", "/metrics", methods{http.MethodGet: administers(h.probes.showMetrics).as(showsMetrics).untold()}),
	}
}

// accessRoutes say who may do what, and with which devices.
func (h *handlers) accessRoutes() []route {
	return []route{
		at("clients", "/v1/clients", methods{
			http.MethodGet:  manages(h.clients.listClients).as(listsClients),
			http.MethodPost: manages(h.clients.addClient).as(addsClient).told("add client")}),
		at("client", "/v1/clients/{id}", methods{
			http.MethodGet:    manages(h.clients.showClient).as(showsClient),
			http.MethodPatch:  manages(h.clients.changeClient).as(changesClient),
			http.MethodDelete: manages(h.clients.removeClient).as(removesClient)}),
		at("rotation", "/v1/clients/{id}/rotate", methods{http.MethodPost: manages(h.clients.rotateSecret).as(rotatesSecret).told("rotate secret")}),
		at("certificates", "/v1/clients/{id}/certificates", methods{http.MethodPost: manages(h.clients.addCertificate).as(addsCertificate).told("add certificate")}),
		at("credential", "/v1/clients/{id}/credentials/{credential}", methods{http.MethodDelete: manages(h.clients.revokeCredential).as(revokesCredential)}),
		at("groups", "/v1/groups", methods{
			http.MethodGet: manages(h.groups.listGroups).as(listsGroups),
			http.MethodPut: manages(h.groups.setGroups).as(setsGroups)}),
		at("organizations", "/v1/organizations", methods{
			http.MethodGet:  administers(h.organizations.listOrganizations).as(listsOrganizations),
			http.MethodPost: administers(h.organizations.addOrganization).as(addsOrganization).told("add organization")}),
		at("key", "/v1/keys/{purpose}/rotate", methods{http.MethodPost: administers(h.keyring.rotateKey).as(rotatesKey).told("rotate key")}),
	}
}

// openRoutes ask for no token.
func (h *handlers) openRoutes() []route {
	return []route{
		at("enroll", "/v1/enroll", methods{http.MethodPost: open(h.enrollments.enroll).as(enrolls).told("enroll device").granting()}),
		at("healthz", "/healthz", methods{http.MethodGet: open(h.probes.healthz).as(answersHealth)}),
		at("readyz", "/readyz", methods{http.MethodGet: open(h.probes.readyz).as(answersReadiness)}),
		at("openapi", "/openapi.json", methods{http.MethodGet: open(h.description.show).as(showsOpenAPI)}),
	}
}

// tenantRoutes are where clients get tokens, as Entra ID has them: contract.md,
// section 6. The tenant is the organization's GUID, in any case.
func (h *handlers) tenantRoutes() []route {
	token := func(v1 bool) methods {
		return methods{http.MethodPost: open(h.tokens.issue(v1)).as(issuesToken).told("issue token")}
	}
	read := func(h handler, d description) methods { return methods{http.MethodGet: open(h).as(d)} }
	return []route{
		at("token", tenantPattern+"oauth2/v2.0/token", token(false)),
		at("token", tenantPattern+"oauth2/token", token(true)),
		at("discovery", tenantPattern+"v2.0/.well-known/openid-configuration", read(h.tokens.discover(false), discovers)),
		at("discovery", tenantPattern+".well-known/openid-configuration", read(h.tokens.discover(true), discovers)),
		at("keys", tenantPattern+"discovery/v2.0/keys", read(h.tokens.showKeys, showsKeys)),
		at("keys", tenantPattern+"discovery/keys", read(h.tokens.showKeys, showsKeys)),
	}
}
