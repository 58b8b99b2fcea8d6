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

// replacement is a text that is another one in a mutant.
type replacement struct{ file, was, is string }

// replacements are checks that no condition of Go is.
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

// excused are mutants that change nothing that anybody could notice, by their
// keys, with the reason.
var excused = map[string]string{
	`internal/store/access/clients.go: RemoveDeviceClient: device == "" → false`:                                                                 "no address of the API leads there without an id",
	"internal/store/reports/identify.go: receiving.named: !r.sender.FindsByName(rank, found[i].PresentGroup()) → false":                          "the query asked the same: a second lock on the door",
	`internal/store/reports/known.go: knownDevice.admit: then != was → true`:                                                                     "a source is said once more to be whose it is",
	`internal/store/reports/compare.go: receiving.merge: seen.IsZero() → true`:                                                                   "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: seen.IsZero() → false`:                                                                  "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: old.FirstSeen.IsZero() → true`:                                                          "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: seen.After(old.LastSeen) || old.LastSeen.After(r.now.Add(clock.AheadTolerance)) → true`: "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: old.LastSeen.After(r.now.Add(clock.AheadTolerance)) → false`:                            "times decide nothing here",
	`internal/store/reports/compare.go: receiving.merge: seen.After(old.LastSeen) → false`:                                                       "times decide nothing here",
	`internal/auth/naming.go: Naming.Check: n.numbers == nil → true`:                                                                             "groups are read for each report anew: a cost, and no right",
	`internal/store/reports/identify.go: receiving.identify: old.FirstSeen.IsZero() → true`:                                                      "a report without a name is refused where it is read",
}
