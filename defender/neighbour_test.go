package defender_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// Each subtest has the name of a sentence of doc/contract.md, sections 10 to 14, which lists the keys of
// an object, with their types: strings if no type is named.
func TestNeighboursHaveTheirKeys(t *testing.T) {
	for _, c := range []struct {
		sentence string
		object   any
	}{
		{"**Machine** has the keys `id`, `mergedIntoMachineId` (nullable), `isPotentialDuplication` bool, " +
			"`isExcluded` bool, `exclusionReason` (nullable), `computerDnsName` (nullable), `firstSeen` time " +
			"(nullable), `lastSeen` time (nullable), `osPlatform` (nullable), `osVersion` (nullable), `osProcessor` " +
			"(nullable), `version` (nullable), `lastIpAddress` (nullable), `lastExternalIpAddress` (nullable), " +
			"`agentVersion` (nullable), `osBuild` int (nullable), `healthStatus`, `deviceValue`, `rbacGroupId` int, " +
			"`rbacGroupName` (nullable), `riskScore` (nullable), `exposureLevel`, `isAadJoined` bool (nullable), " +
			"`aadDeviceId` (nullable), `machineTags` string[], `onboardingStatus`, `osArchitecture` (nullable), " +
			"`managedBy`, `managedByStatus`, `ipAddresses` object[], `vmMetadata` object (nullable).",
			defender.Machine{}},
		{"An element of `ipAddresses` has the keys `ipAddress`, `macAddress` (nullable), `type` (nullable), " +
			"`operationalStatus`.",
			defender.MachineAddress{}},
		{"**MachineReference** has the keys `id`, `computerDnsName` (nullable), `osPlatform` (nullable), " +
			"`assetCriticalityLevel` (nullable), `tags` string[], `rbacGroupName` (nullable), `rbacGroupId` int " +
			"(nullable).",
			defender.MachineReference{}},
		{"**Vulnerability** has the keys `id`, `name` (nullable), `description` (nullable), `severity` (nullable), " +
			"`cvssV3` number, `cvssVector` (nullable), `exposedMachines` int, `publishedOn` time, `updatedOn` time, " +
			"`firstDetected` time (nullable), `patchFirstAvailable` time (nullable), `publicExploit` bool, " +
			"`exploitVerified` bool, `exploitInKit` bool, `exploitTypes` string[], `exploitUris` string[], " +
			"`cveSupportability` (nullable), `tags` string[], `epss` number, `status`.",
			defender.Vulnerability{}},
		{"**A finding of `machinesVulnerabilities`** has the keys `id`, `cveId`, `machineId`, `fixingKbId` " +
			"(nullable), `productName`, `productVendor`, `productVersion`, `severity`.",
			defender.MachineVulnerability{}},
		{"**Software** has the keys `id`, `name` (nullable), `vendor` (nullable), `weaknesses` int, " +
			"`publicExploit` bool, `activeAlert` bool, `exposedMachines` int, `installedMachines` int, `impactScore` " +
			"number, `isNormalized` bool, `category` (nullable), `tags` string[].",
			defender.Product{}},
		{"**A distribution** has the keys `version` (nullable), `installations` int, `vulnerabilities` int.",
			defender.Distribution{}},
		{"**Recommendation** has the keys `id`, `productName` (nullable), `recommendationName` (nullable), " +
			"`weaknesses` int, `vendor` (nullable), `recommendedVersion` (nullable), `recommendedVendor` (nullable), " +
			"`recommendedProgram` (nullable), `recommendationCategory` (nullable), `subCategory` (nullable), " +
			"`severityScore` number, `publicExploit` bool, `activeAlert` bool, `associatedThreats` string[], " +
			"`remediationType` (nullable), `status`, `configScoreImpact` number, `exposureImpact` number, " +
			"`totalMachineCount` int, `exposedMachinesCount` int, `nonProductivityImpactedAssets` int, " +
			"`relatedComponent` (nullable), `hasUnpatchableCve` bool, `tags` string[], `exposedCriticalDevices` int.",
			defender.Recommendation{}},
		{"**A score** has the keys `time` time, `score` number, `rbacGroupName` (nullable), `rbacGroupId` int " +
			"(nullable).",
			defender.Score{}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if diff := cmp.Diff(statedKeys(t, c.sentence), keysOf(c.object)); diff != "" {
				t.Errorf("keys (-stated +got):\n%s", diff)
			}
		})
	}
}

// key is a key of an object, with its type as the contract writes it.
type key struct {
	Name, Type string
	Nullable   bool
}

var stated = regexp.MustCompile("`(\\w+)`( [a-z]+(?:\\[\\])?)?( \\(nullable\\))?")

// statedKeys reads the keys from a sentence.
func statedKeys(t *testing.T, sentence string) (all []key) {
	_, list, found := strings.Cut(sentence, "has the keys ")
	if !found {
		t.Fatalf("%q lists no keys", sentence)
	}
	for _, m := range stated.FindAllStringSubmatch(list, -1) {
		k := key{m[1], strings.TrimSpace(m[2]), m[3] != ""}
		if k.Type == "" {
			k.Type = "string"
		}
		all = append(all, k)
	}
	return all
}

// keysOf lists the keys of an object's Go type. None is ever left out.
func keysOf(object any) (all []key) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(object)) {
		of := field.Type
		k := key{Name: field.Tag.Get("json"), Nullable: of.Kind() == reflect.Pointer}
		if k.Nullable {
			of = of.Elem()
		}
		switch {
		case of == reflect.TypeFor[defender.Time]():
			k.Type = "time"
		case of == reflect.TypeFor[[]string]():
			k.Type = "string[]"
		case of.Kind() == reflect.Slice:
			k.Type = "object[]"
		default:
			k.Type = map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "bool", reflect.Int64: "int",
				reflect.Float64: "number", reflect.Float32: "number", reflect.Struct: "object"}[of.Kind()]
		}
		all = append(all, k)
	}
	return all
}

func TestTimesOfNeighbours(t *testing.T) {
	t.Run("A time in these objects is written as `2026-02-09T20:46:09.4460014Z`: in UTC, with at most seven digits of "+
		"fraction, and without zeros at their end", func(t *testing.T) {
		east := time.FixedZone("", 2*60*60)
		for _, test := range []struct {
			at   time.Time
			want string
		}{
			{time.Date(2026, 2, 9, 20, 46, 9, 446_001_499, time.UTC), "2026-02-09T20:46:09.4460014Z"},
			{time.Date(2026, 2, 9, 22, 46, 9, 446_000_000, east), "2026-02-09T20:46:09.446Z"},
			{time.Date(2026, 2, 9, 20, 46, 9, 0, time.UTC), "2026-02-09T20:46:09Z"},
			{time.Date(2026, 2, 9, 20, 46, 9, 99, time.UTC), "2026-02-09T20:46:09Z"},
		} {
			text, err := json.Marshal(defender.Time{Time: test.at})
			if want := `"` + test.want + `"`; err != nil || string(text) != want {
				t.Errorf("%v is written as %s, %v; want %s", test.at, text, err, want)
			}
			var read defender.Time
			if err := json.Unmarshal(text, &read); err != nil || !read.Equal(test.at.Truncate(100)) {
				t.Errorf("%s is read as %v, %v", text, read, err)
			}
		}
		var read defender.Time
		for _, bad := range []string{`"yesterday"`, `5`, `{}`} {
			if err := json.Unmarshal([]byte(bad), &read); err == nil {
				t.Errorf("%s is read as %v", bad, read)
			}
		}
	})
}

// Nothing of a zero object is left out, and only lists, which must not be nil, are null without a
// pointer.
func TestEveryKeyIsWritten(t *testing.T) {
	text, err := json.Marshal(defender.Recommendation{Tags: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(`"productName":null,"recommendationName":null,"weaknesses":0,`)) ||
		!bytes.Contains(text, []byte(`"tags":[],"exposedCriticalDevices":0}`)) {
		t.Errorf("written as %s", text)
	}
}

// Contexts, and permissions: the calls of the contract's sections 10 to 14.
func TestNeighbourCalls(t *testing.T) {
	const dto = "Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)"
	const namespace = "microsoft.windowsDefenderATP.api"
	want := map[string][3]string{
		"machines":                      {"Machines", "Machine.Read.All Machine.ReadWrite.All", "Machine.Read Machine.ReadWrite"},
		"machines/findbytag":            {"Machines", "Machine.Read.All Machine.ReadWrite.All", "Machine.Read Machine.ReadWrite"},
		"machines/{id}":                 {"Machine", "Machine.Read.All Machine.ReadWrite.All", "Machine.Read Machine.ReadWrite"},
		"machines/{id}/software":        {"Software", "Software.Read.All", "Software.Read"},
		"machines/{id}/vulnerabilities": {dto, "Vulnerability.Read.All", "Vulnerability.Read"},
		"machines/{id}/recommendations": {"Recommendations", "SecurityRecommendation.Read.All", "SecurityRecommendation.Read"},
		"machines/{id}/getmissingkbs":   {"Collection(" + namespace + ".PublicProductFixDto)", "Software.Read.All", "Software.Read"},

		"vulnerabilities":                         {"Vulnerabilities", "Vulnerability.Read.All", "Vulnerability.Read"},
		"vulnerabilities/{id}":                    {"Vulnerabilities/$entity", "Vulnerability.Read.All", "Vulnerability.Read"},
		"vulnerabilities/{id}/machineReferences":  {"MachineReferences", "Vulnerability.Read.All", "Vulnerability.Read"},
		"vulnerabilities/machinesVulnerabilities": {"Collection(" + namespace + ".PublicAssetVulnerabilityDto)", "Vulnerability.Read.All", "Vulnerability.Read"},

		"Software":                        {"Software", "Software.Read.All", "Software.Read"},
		"Software/{id}":                   {"Software/$entity", "Software.Read.All", "Software.Read"},
		"Software/{id}/distributions":     {"Distributions", "Software.Read.All", "Software.Read"},
		"Software/{id}/machineReferences": {"MachineReferences", "Software.Read.All", "Software.Read"},
		"Software/{id}/vulnerabilities":   {dto, "Vulnerability.Read.All", "Vulnerability.Read"},
		"Software/{id}/getmissingkbs":     {"Collection(" + namespace + ".PublicProductFixDto)", "Software.Read.All", "Software.Read"},

		"recommendations":                        {"Recommendations", "SecurityRecommendation.Read.All", "SecurityRecommendation.Read"},
		"recommendations/{id}":                   {"Recommendations/$entity", "SecurityRecommendation.Read.All", "SecurityRecommendation.Read"},
		"recommendations/{id}/software":          {"Analytics.Contracts.PublicAPI.PublicProductDto", "Software.Read.All", "SecurityRecommendation.Read"},
		"recommendations/{id}/machineReferences": {"MachineReferences", "SecurityRecommendation.Read.All", "SecurityRecommendation.Read"},
		"recommendations/{id}/vulnerabilities":   {dto, "Vulnerability.Read.All", "Vulnerability.Read"},

		"exposureScore":                 {"ExposureScore/$entity", "Score.Read.All", "Score.Read"},
		"exposureScore/ByMachineGroups": {"ExposureScore", "Score.Read.All", "Score.Read"},
		"configurationScore":            {"ConfigurationScore/$entity", "Score.Read.All", "Score.Read"},
	}
	got := map[string][3]string{}
	for _, call := range defender.NeighbourCalls() {
		context, found := strings.CutPrefix(call.Context("https://host"), "https://host/api/$metadata#")
		if !found {
			t.Errorf("%s: context %q", call.Path, call.Context("https://host"))
		}
		got[call.Path] = [3]string{context, strings.Join(call.ApplicationPermissions, " "),
			strings.Join(call.DelegatedPermissions, " ")}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
