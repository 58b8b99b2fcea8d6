package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/api/access"
	"github.com/muster-project/muster/internal/api/answers"
	"github.com/muster-project/muster/internal/api/assets"
	"github.com/muster-project/muster/internal/api/exceptions"
	"github.com/muster-project/muster/internal/api/intelligence"
	"github.com/muster-project/muster/internal/api/monitor"
	"github.com/muster-project/muster/internal/api/notices"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/intake"
	"github.com/muster-project/muster/internal/export"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/snapshot/covered"
)

// handlers handle the calls below /v1/ except those of access, and monitoring.
type handlers struct {
	reports      *reportCalls
	generations  *generations
	devices      *devices
	explanations *explanations
	checks       *deviceChecks
	coverage     *coverages
	verification *verification
	probes       *probes
	description  *selfDescription
	trail        *trails
	home         edge.Handler // what browsers see at the root
}

// newTable returns the table of routes of a server.
func newTable(c Config, s *edge.Server) ([]edge.Route, error) {
	codec, err := stored.NewCodec()
	if err != nil {
		return nil, err
	}
	in := intake.New(intake.Config{MaxBody: c.MaxBody, MaxDocument: inventory.MaxReport, MaxArriving: c.MaxArriving,
		MaxDecoding: c.MaxDecoding, MaxWait: c.MaxWait, Cost: inventory.Cost})
	h := newHandlers(c, s, in, codec)
	var pages []edge.Route
	if c.Pages != nil {
		h.home, pages = c.Pages(s)
	}
	exports := export.Routes(export.Config{Store: c.Store.Publication, Publisher: c.Publisher, Files: c.Files,
		Keys: c.Keys, Origins: s.Origins, Direct: c.DirectLinks,
		MaxLinkHours: c.MaxLinkHours, MaxExports: c.MaxExports, MaxWait: c.MaxWait, MaxSifted: c.MaxSifted, Clock: c.Clock})
	allowed := access.Routes(access.Config{Store: c.Store, Keys: c.Keys, Authority: c.Authority,
		Callers: s.Callers, Origins: s.Origins,
		Failures: s.Failures, Tokens: s.Tokens, Clock: c.Clock, People: c.People})
	known := intelligence.Routes(intelligence.Config{Store: c.Store, Library: c.Library, Publisher: c.Publisher,
		Clock: c.Clock, Limits: c.Publisher.FeedLimits()})
	neighbours := assets.Routes(assets.Config{Store: c.Store, Publisher: c.Publisher, Library: c.Library,
		Answers: c.Answers, Keys: c.Keys, Origins: s.Origins,
		MaxReplies: max(1, c.MaxExports/4), MaxWait: c.MaxWait, MaxSifted: c.MaxSifted, Clock: c.Clock})
	listed := answers.Routes(answers.Config{Answers: c.Answers, Store: c.Store, Publisher: c.Publisher,
		Library: c.Library, Files: c.Files, Keys: c.Keys, MaxWait: c.MaxWait, Ahead: c.Ahead})
	excepted := exceptions.Routes(exceptions.Config{Store: c.Store, Publisher: c.Publisher, Library: c.Library,
		Files: c.Files, MaxWait: c.MaxWait, Clock: c.Clock})
	told := notices.Routes(notices.Config{Store: c.Store, Notifier: c.Notifier, Seal: c.Keys.SealKept, MaxWait: c.MaxWait,
		Clock: c.Clock})
	table := slices.Concat(exports, neighbours, h.routes(), listed, excepted, told, known, allowed)
	text, err := describeAPI(table)
	h.description.before, h.description.after, _ = strings.Cut(text, originMark)
	return append(table, pages...), err
}

// newHandlers gives each handler what it uses.
func newHandlers(c Config, s *edge.Server, in *intake.Intake, codec *stored.Codec) *handlers {
	cover := &coverages{c.Store.Reports, c.Store.Organizations, c.Store.Publication, c.Publisher,
		covered.New(c.Files), c.Clock}
	known := &devices{c.Store.Reports, c.Store.Enrollments, codec, in, cover, c.Clock, nil, c.Version}
	checks := &deviceChecks{known, c.Library, c.Publisher.Benchmark}
	known.count = checks.count
	return &handlers{
		reports: &reportCalls{store: c.Store.Reports, organizations: c.Store.Organizations, receiver: c.Receiver, intake: in,
			callers: s.Callers, devices: known,
			rates: newDeviceRates(), metrics: newMetrics(c, in), clock: c.Clock},
		generations:  &generations{c.Store.Publication, c.Publisher},
		devices:      known,
		explanations: &explanations{known, c.Library, c.Store.Exceptions, c.Clock},
		checks:       checks,
		coverage:     cover,
		verification: &verification{c.Verifier, c.Repairer, s.Callers},
		probes: &probes{c.Store.DB, c.Files, c.Library, c.Publisher.Watcher(), c.Verifier, c.Log,
			monitor.New(monitor.Config{Store: c.Store, Publisher: c.Publisher, Verifier: c.Verifier, Registry: c.Registry,
				Answers: c.Answers, Clock: c.Clock, Log: c.Log})},
		description: &selfDescription{origins: s.Origins},
		trail:       &trails{c.Trail, c.Keys, edge.NewGate(trailPlaces, c.MaxWait)},
	}
}

// routes lists every address except those of exports and access.
func (h *handlers) routes() []edge.Route {
	return slices.Concat(h.reportRoutes(), h.controlRoutes(), h.coverageRoutes(), h.explanations.routes(),
		h.checks.routes(), h.openRoutes())
}

// reportRoutes are the calls for reports.
func (h *handlers) reportRoutes() []edge.Route {
	return []edge.Route{
		edge.At("reports", "/v1/reports", edge.Methods{
			http.MethodPost: edge.Needs(h.reports.receiveReports, auth.WriteReports, auth.WriteOwnReports).
				As(receivesReports).Told("receive reports")}),
		edge.At("report", "/v1/reports/{id}", edge.Methods{
			http.MethodGet: edge.Needs(h.reports.showReceipt, auth.WriteReports, auth.WriteOwnReports, auth.Manage).
				As(showsReceipt)}),
	}
}

// controlRoutes are the calls for people and programs that run the server.
func (h *handlers) controlRoutes() []edge.Route {
	return []edge.Route{
		edge.At("generations", "/v1/generations", edge.Methods{
			http.MethodGet: edge.Needs(h.generations.listGenerations, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).
				As(listsGenerations),
			http.MethodPost: edge.Manages(h.generations.makeGeneration).As(makesGeneration).Told("make generation")}),
		edge.At("generation", "/v1/generations/{number}", edge.Methods{
			http.MethodGet: edge.Needs(h.generations.showGeneration, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).
				As(showsGeneration)}),
		edge.At("devices", "/v1/devices", edge.Methods{
			http.MethodGet: edge.Needs(h.devices.listDevices, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).
				As(listsDevices)}),
		edge.At("device", "/v1/devices/{id}", edge.Methods{
			http.MethodGet: edge.Needs(h.devices.showDevice, auth.ReadSoftware, auth.ReadVulnerabilities, auth.Manage).
				As(showsDevice),
			http.MethodDelete: edge.Manages(h.devices.removeDevice).As(removesDevice)}),
		edge.At("devicecredential", "/v1/devices/{id}/credential", edge.Methods{
			http.MethodDelete: edge.Manages(h.devices.removeCredential).As(removesCredential).Told("remove credential")}),
		edge.At("admission", "/v1/devices/{id}/admission", edge.Methods{
			http.MethodPut: edge.Manages(h.devices.admitDevice).As(admitsDevice)}),
		edge.At("claims", "/v1/devices/{id}/claims", edge.Methods{
			http.MethodPut: edge.Manages(h.devices.acceptClaims).As(acceptsClaims)}),
		edge.At("verify", "/v1/verify", edge.Methods{
			http.MethodPost: edge.Manages(h.verification.verify).As(verifies).Told("verify snapshots").Reading()}),
		edge.At("repair", "/v1/repair", edge.Methods{
			http.MethodPost: edge.Manages(h.verification.repair).As(repairs).Told("repair snapshots")}),
		edge.At("audit", "/v1/audit", edge.Methods{
			http.MethodGet: edge.Needs(h.trail.show, auth.ReadAudit).As(showsTrail)}),
		edge.At("metrics", "/metrics", edge.Methods{
			http.MethodGet: edge.Needs(h.probes.showMetrics, auth.ReadMetrics, auth.Manage).As(showsMetrics).Untold()}),
	}
}

// coverageRoutes are the calls for coverage.
func (h *handlers) coverageRoutes() []edge.Route {
	return []edge.Route{
		edge.At("coverage", "/v1/coverage", edge.Methods{
			http.MethodGet: edge.Needs(h.coverage.showCoverage, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).
				As(showsCoverage)}),
		edge.At("covereddevices", "/v1/coverage/devices", edge.Methods{
			http.MethodGet: edge.Needs(h.coverage.listCovered, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).
				As(listsCovered)}),
	}
}

// openRoutes need no token.
func (h *handlers) openRoutes() []edge.Route {
	return []edge.Route{
		edge.At("root", "/{$}", edge.Methods{
			http.MethodGet: edge.Open(welcome(h.home)).As(welcomes)}),
		edge.At("healthz", "/healthz", edge.Methods{
			http.MethodGet: edge.Open(h.probes.healthz).As(answersHealth)}),
		edge.At("readyz", "/readyz", edge.Methods{
			http.MethodGet: edge.Open(h.probes.readyz).As(answersReadiness)}),
		edge.At("openapi", "/openapi.json", edge.Methods{
			http.MethodGet: edge.Open(h.description.show).As(showsOpenAPI)}),
	}
}
