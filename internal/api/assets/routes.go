package assets

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store"
)

// Config configures the calls. All fields but MaxSifted are required.
type Config struct {
	Store     *store.Store
	Publisher *generation.Publisher
	Library   *library.Library
	Answers   *answer.Answers
	// Keys seal the tokens of nextLinks.
	Keys    *auth.Keyring
	Origins *edge.Origins
	// MaxReplies is how many replies are made at once; MaxWait is how long others wait before they are
	// refused.
	MaxReplies int
	MaxWait    time.Duration
	// MaxSifted is how many rows a page with a filter looks at before it ends with those that it has; 0
	// is maxSifted.
	MaxSifted int64
	Clock     func() time.Time
}

// Routes returns the routes of the calls, each below /api/ and /api/v1.0/.
func Routes(c Config) (routes []edge.Route) {
	of := &calls{store: c.Store.Publication, devices: c.Store.Reports, organizations: c.Store.Organizations,
		publisher: c.Publisher, library: c.Library, answers: c.Answers, keys: c.Keys, origins: c.Origins,
		gate: edge.NewGate(c.MaxReplies, c.MaxWait), pins: newPins(c.Store), orders: new(orders),
		maxSifted: cmp.Or(c.MaxSifted, maxSifted), clock: c.Clock}
	for _, call := range defender.NeighbourCalls() {
		op := edge.Needs(of.handler(call), permissions(call.ApplicationPermissions)...).As(describe(call))
		op.OfUsers = ofUsers(call.DelegatedPermissions)
		routes = append(routes, at(call.Name, call.Path, edge.Methods{http.MethodGet: op})...)
	}
	return append(routes, at("advancedQuery", defender.QueryPath, edge.Methods{
		http.MethodPost: edge.Needs(refuseQuery, auth.RunQueries).As(refusesQuery).Reading()})...)
}

// at returns the routes of a path, which match in any case.
func at(name, path string, methods edge.Methods) (routes []edge.Route) {
	for _, folder := range []string{"/api/", "/api/v1.0/"} {
		routes = append(routes, edge.Route{Name: name, Pattern: folder + strings.ToLower(path), Documented: folder + path,
			Methods: methods, Event: "read list"})
	}
	return routes
}

func permissions(names []string) (all []auth.Permission) {
	for _, name := range names {
		all = append(all, auth.Permission(name))
	}
	return all
}

// ofUsers returns permissions by the names that they have in users' tokens.
func ofUsers(names []string) (all []auth.Permission) {
	for _, name := range names {
		all = append(all, auth.Permission(name+".All"))
	}
	return all
}

// handler returns the handler of a call.
func (c *calls) handler(call defender.NeighbourCall) edge.Handler {
	switch call.Of {
	case defender.MachineEntity:
		return c.machineHandler(call)
	case defender.MachineReferenceEntity:
		return lists(c, call, defender.MaxTop, map[string]opener[defender.MachineReference]{
			"vulnerabilityMachines": vulnerabilityMachines, "productMachines": productMachines,
			"recommendationMachines": recommendationMachines}[call.Name])
	case defender.ProductFixEntity:
		return lists(c, call, defender.MaxTop, map[string]opener[defender.ProductFix]{
			"machineMissingKBs": machineFixes, "productMissingKBs": productFixes}[call.Name])
	case defender.VulnerabilityEntity:
		return c.vulnerabilityHandler(call)
	case defender.MachineVulnerabilityEntity:
		return lists(c, call, defender.MaxTop, findings)
	case defender.ProductEntity:
		return c.productHandler(call)
	case defender.DistributionEntity:
		return lists(c, call, defender.MaxTop, distributions)
	case defender.RecommendationEntity:
		return c.recommendationHandler(call)
	}
	return c.scoreHandler(call)
}

// opener opens a list.
type opener[T any] = func(context.Context, *source, *options) (list[T], error)

func (c *calls) machineHandler(call defender.NeighbourCall) edge.Handler {
	switch call.Name {
	case "machines":
		return lists(c, call, defender.MaxTop, machines)
	case "machinesByTag":
		return lists(c, call, defender.MaxTop, machinesByTag)
	}
	return shows(c, call, machine)
}

func (c *calls) vulnerabilityHandler(call defender.NeighbourCall) edge.Handler {
	switch call.Name {
	case "vulnerability":
		return shows(c, call, vulnerability)
	case "vulnerabilities":
		return lists(c, call, defender.MaxVulnerabilities, catalogue)
	}
	return lists(c, call, defender.MaxTop, map[string]opener[defender.Vulnerability]{
		"machineVulnerabilities": machineVulnerabilities, "productVulnerabilities": productVulnerabilities,
		"recommendationVulnerabilities": recommendationVulnerabilities}[call.Name])
}

func (c *calls) productHandler(call defender.NeighbourCall) edge.Handler {
	switch call.Name {
	case "product":
		return shows(c, call, product)
	case "recommendationProduct":
		return shows(c, call, recommendationProduct)
	case "software":
		return lists(c, call, defender.MaxTop, products)
	}
	return lists(c, call, defender.MaxTop, machineProducts)
}

func (c *calls) recommendationHandler(call defender.NeighbourCall) edge.Handler {
	switch call.Name {
	case "recommendation":
		return shows(c, call, oneRecommendation)
	case "recommendations":
		return lists(c, call, defender.MaxTop, recommendations)
	}
	return lists(c, call, defender.MaxTop, machineRecommendations)
}

func (c *calls) scoreHandler(call defender.NeighbourCall) edge.Handler {
	switch call.Name {
	case "exposureScore":
		return shows(c, call, exposureScore)
	case "exposureScores":
		return lists(c, call, defender.MaxTop, exposureScores)
	}
	return shows(c, call, configurationScore)
}

// refuseQuery refuses advanced queries.
func refuseQuery(*edge.Response, *edge.Request) error {
	return edge.Refuse(http.StatusNotImplemented, defender.CodeNotImplemented,
		"advanced queries are not implemented: for DeviceTvmSoftwareVulnerabilities use "+
			"/api/machines/SoftwareVulnerabilitiesByMachine, for DeviceTvmSoftwareInventory "+
			"/api/machines/SoftwareInventoryByMachine, for DeviceTvmSecureConfigurationAssessment "+
			"/api/machines/SecureConfigurationsAssessmentByMachine, for DeviceTvmSoftwareVulnerabilitiesKB "+
			"/api/vulnerabilities, for DeviceInfo /api/machines")
}
