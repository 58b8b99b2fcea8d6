package defender

// NeighbourCall is one of the calls that clients of exports also make: a GET below /api/ (contract.md,
// sections 9 to 14).
type NeighbourCall struct {
	// Name is the call's name in metrics, limits and descriptions; Microsoft has none.
	Name string
	// Path is below /api/, in the documented case; {id} stands for one segment.
	Path string
	// Of is what the reply has: a list of such objects, or one.
	Of Entity
	// List: the reply is a list.
	List bool
	// context is the text after $metadata#.
	context string
	// A client application needs one of ApplicationPermissions, a user one of DelegatedPermissions.
	ApplicationPermissions, DelegatedPermissions []string
}

// Entity is a kind of object of the neighbouring calls.
type Entity string

// The kinds of objects, with the names of their Go types.
const (
	MachineEntity              Entity = "Machine"
	MachineReferenceEntity     Entity = "MachineReference"
	ProductFixEntity           Entity = "ProductFix"
	VulnerabilityEntity        Entity = "Vulnerability"
	MachineVulnerabilityEntity Entity = "MachineVulnerability"
	ProductEntity              Entity = "Product"
	DistributionEntity         Entity = "Distribution"
	RecommendationEntity       Entity = "Recommendation"
	ScoreEntity                Entity = "Score"
)

// The types that contexts name in full.
const (
	vulnerabilitiesContext = "Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)"
	fixesContext           = "Collection(" + Namespace + ".PublicProductFixDto)"
	findingsContext        = "Collection(" + Namespace + ".PublicAssetVulnerabilityDto)"
	productContext         = "Analytics.Contracts.PublicAPI.PublicProductDto"
	entityContext          = "/$entity"
)

// MachinesVulnerabilities is the path of the list of all findings.
const MachinesVulnerabilities = "vulnerabilities/machinesVulnerabilities"

// QueryPath is the path of the call for advanced queries, a POST.
const QueryPath = "advancedqueries/run"

// MaxTop is the most that $top may ask for, and how many objects a page has without it; a page of
// vulnerabilities has MaxVulnerabilities (contract.md, section 9).
const (
	MaxTop             = 10_000
	MaxVulnerabilities = 8_000
)

// NeighbourCalls returns the neighbouring calls, all but QueryPath.
func NeighbourCalls() []NeighbourCall {
	var all []NeighbourCall
	for _, folder := range []struct {
		calls []NeighbourCall
		needs NeighbourCall // the permissions of calls that name none
	}{
		{machineCalls(), needs("Machine.Read", "Machine.ReadWrite")},
		{vulnerabilityCalls(), needs("Vulnerability.Read")},
		{productCalls(), needs("Software.Read")},
		{recommendationCalls(), needs("SecurityRecommendation.Read")},
		{scoreCalls(), needs("Score.Read")},
	} {
		for _, call := range folder.calls {
			if call.ApplicationPermissions == nil {
				call.ApplicationPermissions = folder.needs.ApplicationPermissions
				call.DelegatedPermissions = folder.needs.DelegatedPermissions
			}
			all = append(all, call)
		}
	}
	return all
}

// needs returns a call with permissions, by the names of those of users.
func needs(delegated ...string) (call NeighbourCall) {
	for _, name := range delegated {
		call.ApplicationPermissions = append(call.ApplicationPermissions, name+".All")
		call.DelegatedPermissions = append(call.DelegatedPermissions, name)
	}
	return call
}

// list returns a call that lists objects, with c's permissions; one returns a call for one object.
func (c NeighbourCall) list(name, path string, of Entity, context string) NeighbourCall {
	c.Name, c.Path, c.Of, c.List, c.context = name, path, of, true, context
	return c
}

func (c NeighbourCall) one(name, path string, of Entity, context string) NeighbourCall {
	c.Name, c.Path, c.Of, c.List, c.context = name, path, of, false, context
	return c
}

// machineCalls returns the calls about devices: contract.md, section 10.
func machineCalls() []NeighbourCall {
	var own NeighbourCall
	software, vulnerability := needs("Software.Read"), needs("Vulnerability.Read")
	recommendation := needs("SecurityRecommendation.Read")
	return []NeighbourCall{
		own.list("machines", "machines", MachineEntity, "Machines"),
		own.list("machinesByTag", "machines/findbytag", MachineEntity, "Machines"),
		own.one("machine", "machines/{id}", MachineEntity, "Machine"),
		software.list("machineSoftware", "machines/{id}/software", ProductEntity, "Software"),
		vulnerability.list("machineVulnerabilities", "machines/{id}/vulnerabilities", VulnerabilityEntity,
			vulnerabilitiesContext),
		recommendation.list("machineRecommendations", "machines/{id}/recommendations", RecommendationEntity,
			"Recommendations"),
		software.list("machineMissingKBs", "machines/{id}/getmissingkbs", ProductFixEntity, fixesContext),
	}
}

// vulnerabilityCalls returns the calls about CVEs: contract.md, section 11.
func vulnerabilityCalls() []NeighbourCall {
	var own NeighbourCall
	return []NeighbourCall{
		own.list("vulnerabilities", "vulnerabilities", VulnerabilityEntity, "Vulnerabilities"),
		own.list("machinesVulnerabilities", MachinesVulnerabilities, MachineVulnerabilityEntity, findingsContext),
		own.one("vulnerability", "vulnerabilities/{id}", VulnerabilityEntity, "Vulnerabilities"+entityContext),
		own.list("vulnerabilityMachines", "vulnerabilities/{id}/machineReferences", MachineReferenceEntity,
			"MachineReferences"),
	}
}

// productCalls returns the calls about software: contract.md, section 12.
func productCalls() []NeighbourCall {
	var own NeighbourCall
	return []NeighbourCall{
		own.list("software", "Software", ProductEntity, "Software"),
		own.one("product", "Software/{id}", ProductEntity, "Software"+entityContext),
		own.list("productDistributions", "Software/{id}/distributions", DistributionEntity, "Distributions"),
		own.list("productMachines", "Software/{id}/machineReferences", MachineReferenceEntity, "MachineReferences"),
		needs("Vulnerability.Read").list("productVulnerabilities", "Software/{id}/vulnerabilities", VulnerabilityEntity,
			vulnerabilitiesContext),
		own.list("productMissingKBs", "Software/{id}/getmissingkbs", ProductFixEntity, fixesContext),
	}
}

// recommendationCalls returns the calls about recommendations: contract.md, section 13. A user needs
// another permission than an application for the software of one.
func recommendationCalls() []NeighbourCall {
	var own NeighbourCall
	software := needs("Software.Read")
	software.DelegatedPermissions = []string{"SecurityRecommendation.Read"}
	return []NeighbourCall{
		own.list("recommendations", "recommendations", RecommendationEntity, "Recommendations"),
		own.one("recommendation", "recommendations/{id}", RecommendationEntity, "Recommendations"+entityContext),
		software.one("recommendationProduct", "recommendations/{id}/software", ProductEntity, productContext),
		own.list("recommendationMachines", "recommendations/{id}/machineReferences", MachineReferenceEntity,
			"MachineReferences"),
		needs("Vulnerability.Read").list("recommendationVulnerabilities", "recommendations/{id}/vulnerabilities",
			VulnerabilityEntity,
			vulnerabilitiesContext),
	}
}

// scoreCalls returns the calls about scores: contract.md, section 14.
func scoreCalls() []NeighbourCall {
	var own NeighbourCall
	return []NeighbourCall{
		own.one("exposureScore", "exposureScore", ScoreEntity, "ExposureScore"+entityContext),
		own.list("exposureScores", "exposureScore/ByMachineGroups", ScoreEntity, "ExposureScore"),
		own.one("configurationScore", "configurationScore", ScoreEntity, "ConfigurationScore"+entityContext),
	}
}

// Context returns the @odata.context of the call's reply. origin is the scheme and host that the
// client sees, such as "https://api.example.com".
func (c NeighbourCall) Context(origin string) string { return origin + "/api/$metadata#" + c.context }
