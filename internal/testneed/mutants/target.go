package main

// target names functions with checks.
type target struct {
	files     string   // a pattern
	functions []string // with their receivers' types; empty for all
}

// targets are the functions that decide what a report is believed about.
func targets() []target {
	return []target{
		{files: "internal/inventory/trust/*.go"},
		{files: "internal/store/*/*.go", functions: []string{
			"receiving.identify", "receiving.trusted", "receiving.byName", "receiving.named",
			"receiving.derive", "receiving.unclaimed",
			"receiving.makeScoped", "receiving.merge", "knownDevice.admit", "knownDevice.reports",
			"Store.Admit", "Enrollment.takeKnown", "Enrollment.takeOver", "Enrollment.Over", "Enrollment.enroll", "Enrolled",
			"claimsOf", "Claims.None", "Claims.Equal", "receiving.accept", "Grouping.Of",
			"Grouping.Number", "Grouping.OnlyName",
			"RemoveDeviceClient", "Device.PresentGroup",
		}},
		{files: "internal/inventory/rbac/*.go", functions: []string{"Rules.GroupByID", "foldDevice"}},
		{files: "internal/auth/*.go", functions: []string{"Caller.Sender", "Naming.Check", "Naming.AdmitReport"}},
	}
}

// replacement makes a mutant by replacing text.
type replacement struct{ file, was, is string }

// replacements are checks that are not conditions in Go.
func replacements() []replacement {
	return []replacement{
		{"internal/store/reports/statements.go", `name_key = $2 AND named_by = $3`, `name_key = $2 AND named_by >= 0 * $3`},
		{"internal/store/reports/identify.go",
			`namedDevices+` + "` AND `" + `+presentGroup+inNumbers(groups)+`, `namedDevices+`},
		{"internal/store/enrollment/admission.go", `UPDATE device SET admitted = 0, named_group`,
			`UPDATE device SET named_group`},
		{"internal/store/enrollment/admission.go", `admissionLife = 7 * 24`, `admissionLife = 9 * 24`},
		{"internal/store/enrollment/admission.go", `AND device = $2 AND writer = $3`, `AND device = $2 AND writer > 9 * $3`},
		{"internal/store/enrollment/admission.go", `UPDATE document SET writer = $1 WHERE`,
			`UPDATE document SET writer = writer + 0 * $1 WHERE`},
		{"internal/store/reports/accept.go", `	device.Rank = trust.ByFleet
`, ``},
		{"internal/store/reports/accept.go", `	device.Claims = Claims{}
`, ``},
		{"internal/store/reports/accept.go", `	if device.WantedGroup, err = r.grouping.Of(device.Device, device.NamedGroup, device.Rank); err != nil {
		return err
	}
`, ``},
	}
}

// excused are mutants that change nothing that can be noticed: by key, with the reason.
var excused = map[string]string{
	`internal/store/access/clients.go: RemoveDeviceClient: device == "" → false`:                                                                 "no route of the API calls it without an id",
	"internal/store/reports/identify.go: receiving.named: !r.sender.FindsByName(rank, found[i].PresentGroup()) → false":                          "the query checked the same before: this is a second check",
	`internal/store/reports/known.go: knownDevice.admit: then != was → true`:                                                                     "the owner of a source is written again",
	`internal/store/reports/compare.go: receiving.merge: seen.IsZero() → true`:                                                                   "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: seen.IsZero() → false`:                                                                  "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: old.FirstSeen.IsZero() → true`:                                                          "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: seen.After(old.LastSeen) || old.LastSeen.After(r.now.Add(clock.AheadTolerance)) → true`: "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: old.LastSeen.After(r.now.Add(clock.AheadTolerance)) → false`:                            "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: seen.After(old.LastSeen) → false`:                                                       "times decide nothing here",
	`internal/auth/naming.go: Naming.Check: n.numbers == nil → true`:                                                                             "groups are read again for each report: slower, but with the same rights",
	`internal/store/reports/identify.go: receiving.identify: old.FirstSeen.IsZero() → true`:                                                      "the reader refuses a report without a name",
}
