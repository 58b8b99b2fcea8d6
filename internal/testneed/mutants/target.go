package main

// target is where checks are.
type target struct {
	files     string   // by pattern
	functions []string // with their types; none are all
}

// targets are the functions that decide what a report is believed about.
func targets() []target {
	return []target{
		{files: "internal/inventory/trust/*.go"},
		{files: "internal/store/*.go", functions: []string{
			"receiving.identify", "receiving.trusted", "receiving.byName", "receiving.named", "receiving.derive", "receiving.unclaimed",
			"receiving.makeScoped", "receiving.merge", "knownDevice.admit", "knownDevice.reports",
			"Store.AdmitDevice", "Enrollment.takeKnown", "Enrollment.takeOver", "Enrollment.Over", "Enrollment.enroll", "enrolled",
			"claimsOf", "Claims.None", "Claims.Equal", "receiving.accept", "grouping.of", "grouping.number", "grouping.onlyName",
			"removeDeviceClient", "Device.PresentGroup",
		}},
		{files: "internal/inventory/rbac/*.go", functions: []string{"Rules.GroupByID", "foldDevice"}},
		{files: "internal/auth/*.go", functions: []string{"Caller.Sender", "Naming.Check", "Naming.AdmitReport"}},
	}
}

// replacement is a text that is another one in a mutant.
type replacement struct{ file, was, is string }

// replacements are checks that no condition of Go is.
func replacements() []replacement {
	return []replacement{
		{"internal/store/identify.go", `name_key = $2 AND named_by = $3`, `name_key = $2 AND named_by >= 0 * $3`},
		{"internal/store/identify.go", `namedDevices+` + "` AND `" + `+presentGroup+inNumbers(groups)+`, `namedDevices+`},
		{"internal/store/admission.go", `UPDATE device SET admitted = 0, named_group`, `UPDATE device SET named_group`},
		{"internal/store/admission.go", `admissionLife = 7 * 24`, `admissionLife = 9 * 24`},
		{"internal/store/admission.go", `AND device = $2 AND writer = $3`, `AND device = $2 AND writer > 9 * $3`},
		{"internal/store/admission.go", `UPDATE document SET writer = $1 WHERE`, `UPDATE document SET writer = writer + 0 * $1 WHERE`},
		{"internal/store/claims.go", `	device.Rank = trust.ByFleet
`, ``},
		{"internal/store/claims.go", `	device.Claims = Claims{}
`, ``},
		{"internal/store/claims.go", `	if device.WantedGroup, err = r.grouping.of(&device); err != nil {
		return err
	}
`, ``},
	}
}

// excused are mutants that change nothing that anybody could notice, by their
// keys, with the reason.
var excused = map[string]string{
	`internal/store/enrollment.go: removeDeviceClient: device == "" → false`:                                                       "no address of the API leads there without an id",
	"internal/store/identify.go: receiving.named: !r.sender.FindsByName(rank, found[i].PresentGroup()) → false":                    "the query asked the same: a second lock on the door",
	`internal/store/known.go: knownDevice.admit: then != was → true`:                                                               "a source is said once more to be whose it is",
	`internal/store/receive.go: receiving.merge: seen.IsZero() → true`:                                                             "times decide nothing here",
	`internal/store/receive.go: receiving.merge: seen.IsZero() → false`:                                                            "times decide nothing here",
	`internal/store/receive.go: receiving.merge: old.FirstSeen.IsZero() → true`:                                                    "times decide nothing here",
	`internal/store/receive.go: receiving.merge: seen.After(old.LastSeen) || old.LastSeen.After(r.now.Add(aheadTolerance)) → true`: "times decide nothing here",
	`internal/store/receive.go: receiving.merge: old.LastSeen.After(r.now.Add(aheadTolerance)) → false`:                            "times decide nothing here",
	`internal/store/receive.go: receiving.merge: seen.After(old.LastSeen) → false`:                                                 "times decide nothing here",
	`internal/auth/naming.go: Naming.Check: n.numbers == nil → true`:                                                               "groups are read for each report anew: a cost, and no right",
	`internal/store/identify.go: receiving.identify: old.FirstSeen.IsZero() → true`:                                                "a report without a name is refused where it is read",
}
