package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// enrolAs exchanges a secret for the credential of a device with an id.
func (l *lab) enrolAs(secret, id, name string) deviceCredential {
	l.Helper()
	var c deviceCredential
	l.decode(l.send(http.MethodPost, "/v1/enroll",
		fmt.Sprintf(`{"secret":%q,"device":{"id":%q,"name":%q}}`, secret, id, name)), http.StatusCreated, &c)
	return c
}

// An enrolment's secret lets anybody enrol under any free id. Enrolling under the id that follows
// from another machine's name, or under those that follow from that id, does not capture that
// machine's reports.
func TestTrustSquattingAnIDThatFollowsFromAName(t *testing.T) {
	for _, reports := range []bool{false, true} {
		t.Run(fmt.Sprintf("reports %v", reports), func(t *testing.T) {
			l := newLab(t)
			secret := l.invite(`{"name":"rollout","count":200}`).Secret
			follows := inventory.DeriveID("", "bank-core")
			squatted := map[string]bool{}
			for revision := range 20 {
				squatted[l.enrolAs(secret, inventory.DeriveID("", fmt.Sprint(follows, " ", revision)), "harmless").DeviceID] = true
			}
			agent := l.enrolAs(secret, follows, "harmless")
			squatted[follows] = true
			if reports {
				l.device(agent)
				l.accept(`{"device":{"name":"harmless"},"software":[]}`, jsonBody)
				l.manager()
			}
			made := l.accept(report("bank-core", "1"), jsonBody).Reports[0].DeviceID
			if squatted[made] {
				t.Errorf("the report of bank-core is of device %s, which has a credential of its own", made)
			}
			l.equal("the next report's device", l.accept(report("Bank-Core", "2"), jsonBody).Reports[0].DeviceID, made)
		})
	}
}

// A machine that enrolled with a name is the one that other senders mean by it, whether their
// report or its own comes first.
func TestTrustEnrolledNameIsMeant(t *testing.T) {
	l := newLab(t)
	agent := l.enrol(l.invite(`{"name":"rollout"}`).Secret, "pc-17", "")
	l.equal("device", l.accept(report("PC-17", "1"), jsonBody).Reports[0].DeviceID, agent.DeviceID)
	l.device(agent)
	l.equal("device", l.accept(`{"device":{"name":"pc-17"},"source":"agent","software":[]}`,
		jsonBody).Reports[0].DeviceID, agent.DeviceID)
}

// Names are different if lookups treat them as different. A device whose names are trusted does
// not keep the rank of a name that a manager gave it under a similar name.
func TestTrustRenamingByLetterCase(t *testing.T) {
	l := newLab(t)
	one := l.accept(report("desk", "1"), jsonBody).Reports[0].DeviceID
	agent := l.enrolAs(l.invite(`{"name":"rollout","adopt":true,"trust":["name"]}`).Secret, one, "desk")
	l.device(agent)
	l.accept(`{"device":{"name":"deſk"},"software":[]}`,
		jsonBody) // "ſ" is an "s" to those who compare letters, case aside
	l.manager()
	other := l.accept(`{"device":{"id":"`+strings.Repeat("c", 40)+`","name":"deſk"},"software":[]}`,
		jsonBody).Reports[0].DeviceID
	l.equal("the device that a manager named", l.accept(report("deſk", "1"), jsonBody).Reports[0].DeviceID, other)
}

// A device that enrolled under the id that follows from a group and a name gets no reports of the
// device that a client of that group makes, by any name.
func TestTrustSquattingAnIDThatFollowsFromAGroup(t *testing.T) {
	l := newLab(t)
	web := l.groups("Web")["Web"]
	secret := l.invite(`{"name":"rollout","count":2}`).Secret
	squatted := []string{inventory.DeriveGroupID(web, "one"), inventory.DeriveGroupID(web, "two")}
	l.enrolAs(secret, squatted[0], "one")
	l.enrolAs(secret, squatted[1], "harmless")
	l.as(auth.Caller{ID: "writer", Permissions: []auth.Permission{auth.WriteReports}, Groups: []int64{web}})
	for i, name := range []string{"one", "two"} {
		if made := l.accept(report(name, "1"), jsonBody).Reports[0].DeviceID; made == squatted[i] {
			t.Errorf("the report of %s is of device %s, which has a credential of its own", name, made)
		}
	}
}

// An adopted device takes over the sources that it writes, also those with old reports of others;
// a report without sections takes over none.
func TestTrustAdoptedSourcesBecomeWhoseWritesThem(t *testing.T) {
	l := newLab(t)
	const same = `{"device":{"name":"one"},"source":%q,"software":[{"name":"A"}]}`
	id := l.accept(fmt.Sprintf(same, "collect"), jsonBody).Reports[0].DeviceID
	l.accept(fmt.Sprintf(same, "scan"), jsonBody)
	l.device(l.enrolAs(l.invite(`{"name":"rollout","adopt":true}`).Secret, id, "one"))
	l.accept(fmt.Sprintf(same, "collect"), jsonBody)
	l.accept(`{"device":{"name":"one"},"source":"scan"}`, jsonBody)

	l.as(auth.Caller{ID: "fleet", Permissions: []auth.Permission{auth.WriteReports}, AllGroups: true})
	l.refused(l.post(fmt.Sprintf(same, "collect"), jsonBody), http.StatusForbidden, defender.CodeForbidden)
	l.accept(fmt.Sprintf(same, "scan"), jsonBody)
}

// "None" and "Unassigned" mean that a device must be in no group. An enrolment that adopts it
// does not put it in its own.
func TestTrustNoGroupIsAWord(t *testing.T) {
	l := newLab(t)
	web := l.groups("Web")["Web"]
	l.as(auth.Caller{ID: "writer", Permissions: []auth.Permission{auth.WriteReports}, Groups: []int64{0, web}})
	const named = `{"device":{"name":%q,"rbacGroup":"Unassigned"},"software":[]}`
	scoped := l.accept(fmt.Sprintf(named, "one"), jsonBody).Reports[0].DeviceID
	l.manager()
	managed := l.accept(fmt.Sprintf(named, "two"), jsonBody).Reports[0].DeviceID
	silent := l.accept(`{"device":{"name":"three"},"software":[]}`, jsonBody).Reports[0].DeviceID
	secret := l.invite(`{"name":"rollout","adopt":true,"group":"Web","count":3}`).Secret
	for _, id := range []string{scoped, managed, silent} {
		l.enrolAs(secret, id, "any")
	}
	l.equal("groups", []int64{l.groupOf(scoped), l.groupOf(managed), l.groupOf(silent)}, []int64{0, 0, web})
}

// A device that a limited sender made is found by its name once a sender with all groups has
// named its id, also if that report contains nothing new.
func TestTrustSayingAnIDVouchesForTheName(t *testing.T) {
	l := newLab(t)
	web := l.groups("Web")["Web"]
	l.as(auth.Caller{ID: "writer", Permissions: []auth.Permission{auth.WriteReports}, Groups: []int64{web}})
	id := l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID
	l.manager()
	if other := l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID; other == id {
		t.Fatal("a limited sender's device has the report by name")
	} else if r := l.do(http.MethodDelete, "/v1/devices/"+other, nil); r.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	l.accept(fmt.Sprintf(`{"device":{"id":%q,"name":"one"}}`, id), jsonBody)
	l.equal("the device of the name", l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID, id)
}

// A report with only a name joins the machine that enrolled with it, and confirms nothing: the
// name goes to the device that a manager gives it.
func TestTrustANameAloneVouchesForNothing(t *testing.T) {
	l := newLab(t)
	agent := l.enrolAs(l.invite(`{"name":"rollout"}`).Secret, strings.Repeat("a", 40), "one")
	l.device(agent)
	l.accept(`{"device":{"name":"one"},"source":"agent","software":[]}`, jsonBody)
	l.manager()
	l.equal("the device of the name", l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID, agent.DeviceID)
	given := strings.Repeat("b", 40)
	l.accept(fmt.Sprintf(`{"device":{"id":%q,"name":"one"}}`, given), jsonBody)
	l.equal("the device of the name", l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID, given)
}

// The permission of devices is useless to a caller that is not a device, as an outside issuer may
// claim of anybody.
func TestTrustOwnReportsOfNoDevice(t *testing.T) {
	l := newLab(t)
	known := l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID
	for _, all := range []bool{true, false} {
		l.as(auth.Caller{ID: "nobody", Permissions: []auth.Permission{auth.WriteOwnReports},
			AllGroups: all, Groups: []int64{0}})
		for _, said := range []string{`"name":"one"`, `"name":"two"`, `"name":"one","id":"` + known + `"`} {
			l.refused(l.post(`{"device":{`+said+`},"software":[]}`, jsonBody), http.StatusForbidden, defender.CodeForbidden)
		}
	}
}

// What a manager accepts counts as the manager's, also the name: no report with that name goes to
// another device.
func TestTrustAcceptedClaimsAreTheManagersWord(t *testing.T) {
	l := newLab(t)
	agent := l.enrolAs(l.invite(`{"name":"rollout"}`).Secret, strings.Repeat("a", 40), "one")
	l.device(agent)
	l.accept(`{"device":{"name":"one","tags":["prod"]},"source":"agent","software":[]}`, jsonBody)
	l.manager()
	if r := l.send(http.MethodPut, "/v1/devices/"+agent.DeviceID+"/claims",
		`{"tags":["prod"]}`); r.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	l.accept(fmt.Sprintf(`{"device":{"id":%q,"name":"one"}}`, strings.Repeat("b", 40)), jsonBody)
	l.refused(l.post(report("one", "1"), jsonBody), http.StatusBadRequest, defender.CodeInvalidInput)
}

// A manager accepts what it saw, not what was claimed since.
func TestTrustOtherClaimsAreNotAccepted(t *testing.T) {
	l := newLab(t)
	agent := l.enrolAs(l.invite(`{"name":"rollout"}`).Secret, strings.Repeat("a", 40), "one")
	l.device(agent)
	l.accept(`{"device":{"name":"one","osPlatform":"Linux"},"software":[]}`, jsonBody)
	l.accept(`{"device":{"name":"two","osPlatform":"macOS","tags":["prod"]},"software":[]}`, jsonBody)
	l.manager()
	l.accept(report("other", "1"), jsonBody)
	var doubtful control.DeviceList
	l.decode(l.get("/v1/devices?claims=true"), 200, &doubtful)
	if len(doubtful.Devices) != 1 || doubtful.Devices[0].ID != agent.DeviceID || doubtful.Devices[0].Claims == nil {
		t.Errorf("devices that claim something: %+v", doubtful)
	}
	claims := "/v1/devices/" + agent.DeviceID + "/claims"
	for _, seen := range []string{`{}`, `{"name":"two","osPlatform":"macOS"}`,
		`{"name":"two","osPlatform":"macOS","tags":[]}`,
		`{"name":"two","osPlatform":"macOS","tags":["test"]}`, `{"name":"two","tags":["prod"]}`,
		`{"name":"Two","osPlatform":"macOS","tags":["prod"]}`} {
		l.refused(l.send(http.MethodPut, claims, seen), http.StatusConflict, "Conflict")
	}
	for _, status := range []int{http.StatusNoContent, http.StatusConflict} { // then nothing is claimed
		l.equal("status", l.send(http.MethodPut, claims, `{"name":"two","osPlatform":"macOS","tags":["prod"]}`).StatusCode,
			status)
	}
}

// An enrolment does not move a device that is in a group, even while the rule that placed it is
// gone.
func TestTrustEnrolmentLeavesTheGroup(t *testing.T) {
	l := newLab(t)
	const groups = `{"groups":["Web","Bank"],"rules":[%s]}`
	l.equal("rules", l.send(http.MethodPut, "/v1/groups", fmt.Sprintf(groups, `{"group":"Web","name":"one"}`)).StatusCode,
		http.StatusOK)
	id := l.accept(report("one", "1"), jsonBody).Reports[0].DeviceID
	if l.groupOf(id) == 0 {
		t.Fatal("the rule places nothing")
	}
	l.equal("admission", l.do(http.MethodPut, "/v1/devices/"+id+"/admission", nil).StatusCode, http.StatusNoContent)
	l.enrolAs(l.invite(`{"name":"rollout","group":"Bank"}`).Secret, id, "one")
	l.equal("rules", l.send(http.MethodPut, "/v1/groups", fmt.Sprintf(groups, "")).StatusCode, http.StatusOK)
	l.equal("group", l.groupOf(id), int64(0))
}

// The group that a limited sender names distinguishes devices of limited senders, and hides no
// device that others named.
func TestTrustANamedGroupHidesNoManagersDevice(t *testing.T) {
	l := newLab(t)
	numbers := l.groups("Web", "Bank")
	managed := l.accept(`{"device":{"name":"one","rbacGroup":"Bank"},"software":[]}`, jsonBody).Reports[0].DeviceID
	l.as(auth.Caller{ID: "writer", Permissions: []auth.Permission{auth.WriteReports},
		Groups: []int64{numbers["Web"], numbers["Bank"]}})
	const named = `{"device":{"name":%q,"rbacGroup":%q},"software":[]}`
	l.equal("the device of the name", l.accept(fmt.Sprintf(named, "one", "Web"), jsonBody).Reports[0].DeviceID, managed)
	web, bank := l.accept(fmt.Sprintf(named, "two", "Web"), jsonBody),
		l.accept(fmt.Sprintf(named, "two", "Bank"), jsonBody)
	if web.Reports[0].DeviceID == bank.Reports[0].DeviceID {
		t.Error("one device of two groups")
	}
	l.equal("again", l.accept(fmt.Sprintf(named, "two", "Bank"), jsonBody).Reports[0].DeviceID, bank.Reports[0].DeviceID)
}

// A device that a limited sender made, and that was moved since, is still the one that its sender
// means by its name and the group in the report, and stays where it is. A sender that does not
// see it there makes another one.
func TestTrustALimitedSendersDeviceThatWasMoved(t *testing.T) {
	for _, moved := range []struct {
		by, from string
		move     func(l *lab, id string)
	}{
		{"a rule", "Lab", func(l *lab, id string) {
			const rules = `{"groups":["Lab","Attic"],"rules":[{"group":"Attic","device":%q}]}`
			l.equal("rules", l.send(http.MethodPut, "/v1/groups", fmt.Sprintf(rules, id)).StatusCode, http.StatusOK)
		}},
		{"an enrolment", "None", func(l *lab, id string) {
			l.enrolAs(l.invite(`{"name":"rollout","adopt":true,"group":"Attic"}`).Secret, id, "one")
		}},
	} {
		t.Run(moved.by, func(t *testing.T) {
			l := newLab(t)
			groups := l.groups("Lab", "Attic")
			send := func(id, named string, seen ...int64) string {
				t.Helper()
				l.as(auth.Caller{ID: id, Permissions: []auth.Permission{auth.WriteReports}, Groups: seen})
				return l.accept(fmt.Sprintf(`{"device":{"name":"one","rbacGroup":%q},"software":[]}`, named),
					jsonBody).Reports[0].DeviceID
			}
			from := groups[moved.from]
			first := moved.from
			if from == 0 {
				first = "" // nobody named it, so an enrolment may
			}
			id := send("first", first, from)
			l.manager()
			moved.move(l, id)
			l.equal("its group", l.groupOf(id), groups["Attic"])
			l.equal("the device", send("scanner", moved.from, from, groups["Attic"]), id)
			l.manager()
			l.equal("its group then", l.groupOf(id), groups["Attic"])
			if made := send("other", moved.from, from); made == id {
				t.Error("who does not see the device has written it")
			}
		})
	}
}
