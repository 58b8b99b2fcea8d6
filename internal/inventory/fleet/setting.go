package fleet

import "github.com/muster-project/muster/internal/inventory"

// setting is a fact of a device, or a result that another tool supplied.
type setting struct {
	// on is on how many percent of devices it is good.
	on int
	// family and key name the fact; good and bad are its values, empty for a fact that is not set.
	family, key, good, bad string
	// result is set if the setting is a result and not a fact; good and bad are then its verdicts.
	result *inventory.Configuration
}

// judged is a result that a tool on the device sends with the report. Those of endpoint protection
// have Microsoft's numbers (matching.md, section 5.1).
func judged(on int, id, category, subcategory, name string, impact float64) setting {
	return setting{on: on, result: &inventory.Configuration{
		ConfigurationID: id, Name: name, Category: category, Subcategory: subcategory, Impact: impact,
	}}
}

var windowsSettings = []setting{
	judged(96, "scid-2000", "Security controls", "EDR", "Run the endpoint sensor", 9),
	judged(92, "scid-2003", "Security controls", "Antivirus", "Protect the antivirus from tampering", 9),
	judged(97, "scid-2010", "Security controls", "Antivirus", "Run the antivirus actively", 9),
	judged(88, "scid-2011", "Security controls", "Antivirus", "Keep signatures up to date", 8),
	judged(95, "scid-2012", "Security controls", "Antivirus", "Protect in real time", 9),
	judged(61, "scid-2013", "Security controls", "Antivirus", "Block unwanted applications", 6),
	judged(83, "scid-2016", "Security controls", "Antivirus", "Ask the cloud about unknown files", 7),
	judged(70, "scid-39", "Network", "Domain", "Sign the secure channel where possible", 5),
	judged(74, "scid-90", "Security controls", "Antivirus", "Scan mail", 5),
	judged(93, "scid-91", "Security controls", "Antivirus", "Watch the behaviour of programs", 8),
}

var macSettings = []setting{
	judged(95, "scid-5090", "Security controls", "Antivirus", "Protect in real time", 9),
	judged(60, "scid-5091", "Security controls", "Antivirus", "Block unwanted applications", 6),
	judged(82, "scid-5094", "Security controls", "Antivirus", "Ask the cloud about unknown files", 7),
	judged(87, "scid-5095", "Security controls", "Antivirus", "Keep signatures up to date", 8),
}
