package defender

// Namespace qualifies the names of types and calls in Metadata, and of types in @odata.context.
const Namespace = "microsoft.windowsDefenderATP.api"

// filesType is the type of the response via files.
const filesType = "ExportFilesResponse"

// Call is one of the export calls, all of them GET under /api/machines/.
type Call struct {
	// Name is the last element of the path, in any case.
	Name    string
	Dataset Dataset
	// Delta calls return changes, all others the latest snapshot.
	Delta bool
	// Files calls return links to part files, all others JSON pages.
	Files bool
	// A client application needs ApplicationPermission, a user DelegatedPermission.
	ApplicationPermission, DelegatedPermission string
	// Own calls only muster has: Microsoft's service has no such call.
	Own bool
}

// Calls returns the nine calls (contract.md, section 1), and then those that only muster has: the changes
// of findings via files, and the changes of the other datasets. Each call with pages is followed by
// the one via files that has the same rows.
func Calls() []Call {
	vulnerability := Call{ApplicationPermission: "Vulnerability.Read.All", DelegatedPermission: "Vulnerability.Read"}
	software := Call{ApplicationPermission: "Software.Read.All", DelegatedPermission: "Software.Read"}
	return append([]Call{
		vulnerability.pages("SecureConfigurationsAssessmentByMachine", Configurations, false),
		vulnerability.files("SecureConfigurationsAssessmentExport", Configurations, false),
		software.pages("SoftwareInventoryByMachine", Software, false),
		software.files("SoftwareInventoryExport", Software, false),
		vulnerability.pages("SoftwareVulnerabilitiesByMachine", Vulnerabilities, false),
		vulnerability.files("SoftwareVulnerabilitiesExport", Vulnerabilities, false),
		vulnerability.pages("SoftwareVulnerabilityChangesByMachine", Vulnerabilities, true),
		vulnerability.own().files("SoftwareVulnerabilityChangesExport", Vulnerabilities, true),
		software.pages("SoftwareInventoryNoProductCodeByMachine", NoProductCode, false),
		software.files("SoftwareInventoryNonCpeExport", NoProductCode, false),
	}, ownChanges(vulnerability.own(), software.own())...)
}

// ownChanges returns the changes of the datasets of which Microsoft's service has none.
func ownChanges(vulnerability, software Call) []Call {
	return []Call{
		vulnerability.pages("SecureConfigurationChangesByMachine", Configurations, true),
		vulnerability.files("SecureConfigurationChangesExport", Configurations, true),
		software.pages("SoftwareInventoryChangesByMachine", Software, true),
		software.files("SoftwareInventoryChangesExport", Software, true),
		software.pages("SoftwareInventoryNoProductCodeChangesByMachine", NoProductCode, true),
		software.files("SoftwareInventoryNoProductCodeChangesExport", NoProductCode, true),
	}
}

// own returns the call as one that only muster has.
func (c Call) own() Call {
	c.Own = true
	return c
}

// pages returns the call with that name and JSON pages, with c's permissions.
func (c Call) pages(name string, d Dataset, delta bool) Call {
	c.Name, c.Dataset, c.Delta, c.Files = name, d, delta, false
	return c
}

// files returns the call with that name via files, with c's permissions.
func (c Call) files(name string, d Dataset, delta bool) Call {
	c.Name, c.Dataset, c.Delta, c.Files = name, d, delta, true
	return c
}

// Context returns the @odata.context of the call's reply. origin is the scheme and host that the
// client sees, such as "https://api.example.com".
func (c Call) Context(origin string) string {
	return origin + "/api/$metadata#" + c.returnType()
}

// returnType returns the OData type of the call's result (contract.md, section 3).
func (c Call) returnType() string {
	if c.Files {
		return qualified(filesType)
	}
	return "Collection(" + qualified(EntityName(c.Dataset, c.Delta)) + ")"
}

// qualified returns the full name of something in Microsoft's namespace.
func qualified(name string) string { return Namespace + "." + name }
