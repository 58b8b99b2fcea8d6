package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// These are attacks on which parts of a report count (law 5, doc/design.md, section 2.1.1). Each
// has the name of what it tries.

// victim is the device that the attacks target, in the group Bank by a rule of tags.
type victim struct {
	*lab
	id      string
	numbers map[string]int64
}

const victimName = "bank-core.example.com"

// said is a report of a device, with more members of it, from a source.
func said(name, more, source, version string) string {
	return fmt.Sprintf(`{"device":{"name":%q%s},"source":%q,"software":[{"vendor":"acme","name":"tool","version":%q}]}`,
		name, more, source, version)
}

func newVictim(t *testing.T) *victim {
	v := &victim{lab: newLab(t)}
	v.numbers = v.setRules(`{"groups":["Bank","Web","Other"],"rules":[{"group":"Bank","tag":"bank"},{"group":"Bank","name":"vault-*"}]}`)
	v.id = v.accept(said(victimName, `,"tags":["bank"],"osPlatform":"Linux"`, "collect", "1.0"),
		jsonBody).Reports[0].DeviceID
	v.equal("the victim's group", v.groupOf(v.id), v.numbers["Bank"])
	return v
}

// scoped makes every further request come from a client with Reports.Write.All and some groups.
func (v *victim) scoped(groups ...string) {
	numbers := []int64{}
	for _, g := range groups {
		numbers = append(numbers, v.numbers[g])
	}
	slices.Sort(numbers)
	v.as(auth.Caller{ID: "web", Permissions: []auth.Permission{auth.WriteReports, auth.ReadSoftware}, Groups: numbers})
}

// fleet makes every further request come from a pipeline for all devices.
func (v *victim) fleet() {
	v.as(auth.Caller{ID: "pipeline", Permissions: []auth.Permission{auth.WriteReports}, AllGroups: true})
}

// untouched fails the test unless the victim is unchanged.
func (v *victim) untouched() {
	v.Helper()
	v.manager()
	v.equal("the victim's group", v.groupOf(v.id), v.numbers["Bank"])
	d, documents, err := v.store.Reports.Load(v.Context(), org, v.id)
	if err != nil {
		v.Fatal(err)
	}
	v.equal("the victim", d.Device, inventory.Device{ID: v.id, Name: victimName,
		OSPlatform: "Linux", Tags: []string{"bank"}})
	v.equal("its sources", len(documents), 1)
	v.equal("its report", v.revisionOf(v.id), d.Revision)
}

func (v *victim) revisionOf(id string) int64 {
	d, _, err := v.store.Reports.Load(v.Context(), org, id)
	if err != nil {
		v.Fatal(err)
	}
	return d.Revision
}

func TestNamingAForeignDeviceTakesItNotOver(t *testing.T) {
	v := newVictim(t)
	v.scoped("Web")
	for _, more := range []string{`,"rbacGroup":"Web"`, "", `,"tags":[]`, `,"tags":["bank"],"rbacGroup":"Web"`,
		`,"osPlatform":"Windows11"`} {
		for _, name := range []string{victimName, strings.ToUpper(victimName)} {
			made := v.accept(said(name, more, "collect", "6.6"), jsonBody).Reports[0]
			if made.DeviceID == v.id {
				t.Fatalf("%s: the report went to the victim", more)
			}
		}
	}
	v.manager()
	v.groupOf(v.id)
	v.scoped("Web")
	var list struct {
		Devices []struct {
			Name        string
			RBACGroupID int64
			Tags        []string
		}
	}
	v.decode(v.get("/v1/devices"), 200, &list)
	if len(list.Devices) != 1 || list.Devices[0].RBACGroupID != v.numbers["Web"] || list.Devices[0].Tags != nil {
		t.Errorf("the client sees %+v, want its own device alone, in Web", list.Devices)
	}
	v.untouched()
}

func TestForeignIDsAreAllRefusedAlike(t *testing.T) {
	v := newVictim(t)
	unknown, derived := strings.Repeat("c", 40), inventory.DeriveID("", "nobody.example.com")
	other := v.accept(said("db.example.com", `,"rbacGroup":"Other"`, "collect", "1"), jsonBody).Reports[0].DeviceID
	v.scoped("Web")
	var told []string
	for _, id := range []string{v.id, unknown, derived, other, strings.ToUpper(v.id)} {
		for _, more := range []string{"", `,"rbacGroup":"Web"`, `,"tags":[]`} {
			body := said("web1.example.com", more+fmt.Sprintf(`,"id":%q`, id), "collect", "1")
			message := v.refused(v.post(body, jsonBody), 403, defender.CodeForbidden)
			told = append(told, message)
		}
		message := v.refused(v.do(http.MethodPost, "/v1/reports?deviceName=x&deviceId="+id,
			strings.NewReader(`{"bomFormat":"CycloneDX","specVersion":"1.5"}`),
			"Content-Type: application/vnd.cyclonedx+json"), 403, defender.CodeForbidden)
		told = append(told, message)
	}
	v.equal("wordings", len(slices.Compact(told)), 1)
	v.untouched()
}

func TestAScopedNameChangesWhatItMeansToNobody(t *testing.T) {
	v := newVictim(t)
	v.scoped("Web")
	first := v.accept(said("new.example.com", "", "sbom", "1"), jsonBody).Reports[0].DeviceID
	v.equal("the same again", v.accept(said("new.example.com", "", "sbom", "2"), jsonBody).Reports[0].DeviceID, first)
	v.scoped("Other")
	second := v.accept(said("new.example.com", "", "sbom", "1"), jsonBody).Reports[0].DeviceID
	v.fleet()
	third := v.accept(said("new.example.com", "", "sbom", "3"), jsonBody).Reports[0].DeviceID
	v.equal("the fleet's own", third, inventory.DeriveID("", "new.example.com"))
	if first == second || second == third || first == third {
		t.Errorf("devices %s, %s, %s: must be three", first, second, third)
	}
	v.accept(said(victimName, `,"tags":["bank"]`, "sbom", "3"), jsonBody)
	v.scoped("Web", "Other")
	message := v.refused(v.post(said("new.example.com", "", "sbom", "1"), jsonBody), 400, defender.CodeInvalidInput)
	if !strings.Contains(message, "several devices") {
		t.Errorf("message %q, want: ambiguous among the two that it sees", message)
	}
	v.equal("with a group", v.accept(said("new.example.com", `,"rbacGroup":"Web"`, "sbom", "1"),
		jsonBody).Reports[0].DeviceID, first)
	message = v.refused(v.post(said("newer.example.com", "", "sbom", "1"), jsonBody), 400, defender.CodeInvalidInput)
	if !strings.Contains(message, "RBAC group") {
		t.Errorf("message %q, want: which group", message)
	}
}

// A rule only reads names of trusted senders.
func TestAScopedNameFillsNoForeignGroup(t *testing.T) {
	v := newVictim(t)
	v.scoped("Web")
	id := v.accept(said("vault-1.example.com", `,"tags":["bank"]`, "sbom", "1"), jsonBody).Reports[0]
	v.equal("not counted", id.NotCounted, []string{"tags"})
	v.manager()
	v.equal("group", v.groupOf(id.DeviceID), v.numbers["Web"])
	v.setRules(`{"groups":["Web"],"rules":[{"group":"Bank","name":"*"}]}`)
	v.equal("group by new rules", v.groupOf(id.DeviceID), v.numbers["Web"])
	v.fleet()
	v.accept(said("vault-1.example.com", fmt.Sprintf(`,"id":%q`, id.DeviceID), "sbom", "1"), jsonBody)
	v.manager()
	v.equal("group after somebody trusted named it", v.groupOf(id.DeviceID), v.numbers["Bank"])
}

func TestAScopedClientWritesWhatItSees(t *testing.T) {
	v := newVictim(t)
	v.scoped("Bank")
	for _, more := range []string{"", `,"tags":[]`, `,"osPlatform":"Windows11"`, `,"rbacGroup":"Bank"`,
		fmt.Sprintf(`,"id":%q`, v.id)} {
		a := v.accept(said(victimName, more, "sbom", "2"), jsonBody).Reports[0]
		v.equal("device", a.DeviceID, v.id)
	}
	renamed := v.accept(said("renamed",
		fmt.Sprintf(`,"id":%q,"tags":["x"],"osPlatform":"macOS","osVersion":"15.1"`, v.id), "sbom",
		"2"), jsonBody).Reports[0]
	v.equal("not counted", renamed.NotCounted, []string{"name", "osPlatform", "tags"})
	v.manager()
	d, documents, err := v.store.Reports.Load(t.Context(), org, v.id)
	if err != nil {
		t.Fatal(err)
	}
	v.equal("identity", d.Device, inventory.Device{ID: v.id, Name: victimName, OSPlatform: "Linux",
		OSVersion: "15.1", Tags: []string{"bank"}})
	v.equal("sources", []string{documents[0].Source, documents[1].Source}, []string{"collect", "sbom"})

	// A hidden device comes back with a report of its scope, and is not made twice.
	v.advance(31 * 24 * time.Hour)
	v.equal("hidden", v.groupOf(v.id), int64(rbac.HiddenGroup))
	v.scoped("Bank")
	v.equal("device", v.accept(said(victimName, "", "sbom", "3"), jsonBody).Reports[0].DeviceID, v.id)
	v.scoped("Web")
	if made := v.accept(said(victimName, "", "sbom", "3"), jsonBody).Reports[0].DeviceID; made == v.id {
		t.Error("a hidden device was found by a client that does not see its group")
	}
}

func TestAnEnrolmentTakesNoKnownDevice(t *testing.T) {
	v := newVictim(t)
	secret := v.invite(`{"name":"rollout","count":100,"group":"Web"}`).Secret
	adopting := v.invite(`{"name":"adopting","count":100,"group":"Web","adopt":true}`).Secret
	body := func(secret, id, random string) string {
		return fmt.Sprintf(`{"secret":%q,"device":{"name":"evil","id":%q},"random":%q}`, secret, id,
			strings.Repeat(random, 43))
	}
	known := v.refused(v.send(http.MethodPost, "/v1/enroll", body(secret, v.id, "A")), 409, "Conflict")
	inBank := v.refused(v.send(http.MethodPost, "/v1/enroll", body(adopting, v.id, "A")), 409, "Conflict")
	one := v.enrol(secret, "one", "")
	enrolled := v.refused(v.send(http.MethodPost, "/v1/enroll", body(secret, one.DeviceID, "A")), 409, "Conflict")
	v.equal("wordings", []string{inBank, enrolled}, []string{known, known})
	v.untouched()

	if r := v.send(http.MethodPut, "/v1/devices/"+v.id+"/admission", ""); r.StatusCode != 204 {
		t.Fatalf("admission: %d %s", r.StatusCode, r.body)
	}
	v.advance(8 * 24 * time.Hour)
	secret = v.invite(`{"name":"later","count":100,"group":"Web"}`).Secret
	v.refused(v.send(http.MethodPost, "/v1/enroll", body(secret, v.id, "A")), 409, "Conflict")
	v.send(http.MethodPut, "/v1/devices/"+v.id+"/admission", "")
	var c deviceCredential
	v.decode(v.send(http.MethodPost, "/v1/enroll", body(secret, v.id, "A")), 201, &c)
	v.refused(v.send(http.MethodPost, "/v1/enroll", body(secret, v.id, "B")), 409, "Conflict")
	v.refused(v.send(http.MethodPut, "/v1/devices/"+v.id+"/admission", ""), 409, "Conflict")
	v.device(c)
	a := v.accept(said("evil", `,"tags":[]`, "collect", "2"), jsonBody).Reports[0]
	v.equal("not counted", a.NotCounted, []string{"name", "tags"})
	v.untouched()
}

func TestAFleetOfFilesIsAdopted(t *testing.T) {
	v := newVictim(t)
	v.manager()
	imported := v.accept(said("plain.example.com", "", "collect", "1"), jsonBody).Reports[0].DeviceID
	plain := v.invite(`{"name":"plain","group":"Web"}`).Secret
	v.refused(v.send(http.MethodPost, "/v1/enroll", enrolBody(plain, "plain.example.com", "")), 409, "Conflict")
	adopting := v.invite(`{"name":"adopting","group":"Web","adopt":true}`).Secret
	c := v.enrol(adopting, "plain.example.com", "")
	v.equal("device", c.DeviceID, imported)
	v.device(c)
	v.accept(said("plain.example.com", "", "collect", "2"), jsonBody)
	v.fleet()
	message := v.refused(v.post(said("plain.example.com", "", "collect", "3"), jsonBody), 403, defender.CodeForbidden)
	if !strings.Contains(message, `"collect"`) {
		t.Errorf("message %q, want: whose source it is", message)
	}
	v.manager()
	v.equal("group", v.groupOf(imported), v.numbers["Web"])
}

func TestADeviceTakesNoOtherDevicesName(t *testing.T) {
	v := newVictim(t)
	secret := v.invite(`{"name":"rollout","count":100,"group":"Web"}`).Secret
	c := v.enrol(secret, "laptop.example.com", "")
	v.device(c)
	v.accept(said("laptop.example.com", `,"osPlatform":"Linux"`, "collect", "1"), jsonBody)
	a := v.accept(said(victimName, `,"tags":["bank"],"osPlatform":"macOS"`, "collect", "2"), jsonBody).Reports[0]
	v.equal("not counted", a.NotCounted, []string{"name", "osPlatform", "tags"})
	v.manager()
	v.equal("group", v.groupOf(c.DeviceID), v.numbers["Web"])
	var shown struct {
		Name   string
		Claims struct {
			Name, OSPlatform string
			Tags             []string
		}
	}
	v.decode(v.get("/v1/devices/"+c.DeviceID), 200, &shown)
	v.equal("name and claims", []string{shown.Name, shown.Claims.Name, shown.Claims.OSPlatform},
		[]string{"laptop.example.com", victimName, "macOS"})
	v.fleet()
	v.equal("reports by the victim's name",
		v.accept(said(victimName, "", "sbom", "1"), jsonBody).Reports[0].DeviceID, v.id)

	v.manager()
	claims := fmt.Sprintf(`{"name":%q,"osPlatform":"macOS","tags":["bank"]}`, victimName)
	v.refused(v.send(http.MethodPut, "/v1/devices/"+c.DeviceID+"/claims", `{"name":"laptop2"}`), 409, "Conflict")
	if r := v.send(http.MethodPut, "/v1/devices/"+c.DeviceID+"/claims", claims); r.StatusCode != 204 {
		t.Fatalf("accepting: %d %s", r.StatusCode, r.body)
	}
	v.refused(v.send(http.MethodPut, "/v1/devices/"+c.DeviceID+"/claims", claims), 409, "Conflict")
	v.equal("group after a manager accepted the tags", v.groupOf(c.DeviceID), v.numbers["Bank"])
}

// The attacker takes the id that follows from the name before the machine's first report.
func TestADeviceTakesNoIDOfAName(t *testing.T) {
	v := newVictim(t)
	secret := v.invite(`{"name":"rollout","count":100}`).Secret
	squatted := inventory.DeriveID("", "later.example.com")
	v.device(v.enrolAs(secret, squatted, "evil"))
	v.accept(said("evil", "", "collect", "1"), jsonBody)
	v.fleet()
	later := v.accept(said("later.example.com", "", "sbom", "1"), jsonBody).Reports[0].DeviceID
	if later == squatted {
		t.Error("the reports of a name went to the device that sat on its id")
	}
	v.equal("the same again", v.accept(said("later.example.com", "", "sbom", "2"), jsonBody).Reports[0].DeviceID, later)
}

func TestANameLikeAnIDIsNotThatID(t *testing.T) {
	v := newVictim(t)
	v.setRules(fmt.Sprintf(`{"groups":["Web"],"rules":[{"group":"Bank","device":%q}]}`, v.id))
	c := v.enrol(v.invite(`{"name":"rollout","group":"Web"}`).Secret, v.id, "")
	v.device(c)
	v.accept(said(v.id, "", "collect", "1"), jsonBody)
	v.manager()
	v.equal("group", v.groupOf(c.DeviceID), v.numbers["Web"])
}

func TestTrustedEnrolmentsSayWhoTheyAre(t *testing.T) {
	v := newVictim(t)
	v.refused(v.send(http.MethodPost, "/v1/enrollments", `{"name":"x","trust":["everything"]}`), 400,
		defender.CodeInvalidInput)
	c := v.enrol(v.invite(`{"name":"rollout","trust":["name","platform","tags"]}`).Secret, "one", "")
	v.device(c)
	v.accept(said("two", `,"tags":["bank"],"osPlatform":"Linux"`, "collect", "1"), jsonBody)
	a := v.accept(said("three", `,"tags":["bank","x"],"osPlatform":"macOS"`, "collect", "1"), jsonBody).Reports[0]
	v.equal("not counted", a.NotCounted, []string(nil))
	v.manager()
	v.equal("group", v.groupOf(c.DeviceID), v.numbers["Bank"])
	d, _, err := v.store.Reports.Load(t.Context(), org, c.DeviceID)
	if err != nil {
		t.Fatal(err)
	}
	v.equal("identity", d.Device, inventory.Device{ID: c.DeviceID, Name: "three", OSPlatform: "macOS",
		Tags: []string{"bank", "x"}})
}

func TestSourcesBelongToWhoWroteThem(t *testing.T) {
	v := newVictim(t)
	c := v.enrol(v.invite(`{"name":"rollout","group":"Web"}`).Secret, "one", "")
	v.device(c)
	v.accept(said("one", `,"osVersion":"1"`, "collect", "1"), jsonBody)
	v.fleet()
	v.accept(said("one", "", "sbom", "1"), jsonBody)
	v.refused(v.post(said("one", "", "collect", "6.6"), jsonBody), 403, defender.CodeForbidden)
	v.scoped("Web")
	v.refused(v.post(said("one", "", "collect", "6.6"), jsonBody), 403, defender.CodeForbidden)
	v.accept(said("one", `,"osVersion":"666"`, "sbom", "2"), jsonBody)
	v.device(c)
	v.refused(v.post(said("one", "", "sbom", "6.6"), jsonBody), 403, defender.CodeForbidden)
	v.accept(said("one", "", "collect", "2"), jsonBody)
	v.manager()
	v.accept(said("one", "", "collect", "3"), jsonBody)
	v.device(c)
	v.accept(said("one", "", "collect", "4"), jsonBody)
	d, _, err := v.store.Reports.Load(t.Context(), org, c.DeviceID)
	if err != nil {
		t.Fatal(err)
	}
	v.equal("version", d.OSVersion, "1")
}
