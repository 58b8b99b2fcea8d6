package defender

// NeighbourCall is one of the calls that clients of exports also make: a GET below /api/ (contract.md,
// sections 9 to 14).
type NeighbourCall struct {
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
func (c NeighbourCall) list(path string, of Entity, context string) NeighbourCall {
	c.Path, c.Of, c.List, c.context = path, of, true, context
	return c
}

func (c NeighbourCall) one(path string, of Entity, context string) NeighbourCall {
	c.Path, c.Of, c.List, c.context = path, of, false, context
	return c
}

// machineCalls returns the calls about devices: contract.md, section 10.
func machineCalls() []NeighbourCall {
	var own NeighbourCall
	software, vulnerability := needs("Software.Read"), needs("Vulnerability.Read")
	recommendation := needs("SecurityRecommendation.Read")
	return []NeighbourCall{
		own.list("machines", MachineEntity, "Machines"),
		own.list("machines/findbytag", MachineEntity, "Machines"),
		own.one("machines/{id}", MachineEntity, "Machine"),
		software.list("machines/{id}/software", ProductEntity, "Software"),
		vulnerability.list("machines/{id}/vulnerabilities", VulnerabilityEntity, vulnerabilitiesContext),
		recommendation.list("machines/{id}/recommendations", RecommendationEntity, "Recommendations"),
		software.list("machines/{id}/getmissingkbs", ProductFixEntity, fixesContext),
	}
}

// vulnerabilityCalls returns the calls about CVEs: contract.md, section 11.
func vulnerabilityCalls() []NeighbourCall {
	var own NeighbourCall
	return []NeighbourCall{
		own.list("vulnerabilities", VulnerabilityEntity, "Vulnerabilities"),
		own.list(MachinesVulnerabilities, MachineVulnerabilityEntity, findingsContext),
		own.one("vulnerabilities/{id}", VulnerabilityEntity, "Vulnerabilities"+entityContext),
		own.list("vulnerabilities/{id}/machineReferences", MachineReferenceEntity, "MachineReferences"),
	}
}

// productCalls returns the calls about software: contract.md, section 12.
func productCalls() []NeighbourCall {
	var own NeighbourCall
	return []NeighbourCall{
		own.list("Software", ProductEntity, "Software"),
		own.one("Software/{id}", ProductEntity, "Software"+entityContext),
		own.list("Software/{id}/distributions", DistributionEntity, "Distributions"),
		own.list("Software/{id}/machineReferences", MachineReferenceEntity, "MachineReferences"),
		needs("Vulnerability.Read").list("Software/{id}/vulnerabilities", VulnerabilityEntity, vulnerabilitiesContext),
		own.list("Software/{id}/getmissingkbs", ProductFixEntity, fixesContext),
	}
}

// recommendationCalls returns the calls about recommendations: contract.md, section 13. A user needs
// another permission than an application for the software of one.
func recommendationCalls() []NeighbourCall {
	var own NeighbourCall
	software := needs("Software.Read")
	software.DelegatedPermissions = []string{"SecurityRecommendation.Read"}
	return []NeighbourCall{
		own.list("recommendations", RecommendationEntity, "Recommendations"),
		own.one("recommendations/{id}", RecommendationEntity, "Recommendations"+entityContext),
		software.one("recommendations/{id}/software", ProductEntity, productContext),
		own.list("recommendations/{id}/machineReferences", MachineReferenceEntity, "MachineReferences"),
		needs("Vulnerability.Read").list("recommendations/{id}/vulnerabilities", VulnerabilityEntity,
			vulnerabilitiesContext),
	}
}

// scoreCalls returns the calls about scores: contract.md, section 14.
func scoreCalls() []NeighbourCall {
	var own NeighbourCall
	return []NeighbourCall{
		own.one("exposureScore", ScoreEntity, "ExposureScore"+entityContext),
		own.list("exposureScore/ByMachineGroups", ScoreEntity, "ExposureScore"),
		own.one("configurationScore", ScoreEntity, "ConfigurationScore"+entityContext),
	}
}

// Context returns the @odata.context of the call's reply. origin is the scheme and host that the
// client sees, such as "https://api.example.com".
func (c NeighbourCall) Context(origin string) string { return origin + "/api/$metadata#" + c.context }
