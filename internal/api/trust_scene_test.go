package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust/trusttest"
)

// invite makes an enrolment.
func (l *life) invite(o *judged) {
	e := &trusttest.Enrolment{Group: pick(l, "group", "", "Web", "Bank", "Lab", "None"),
		Adopt: pick(l, "adopt", true, false),
		Left:  pick(l, "count", 1, 3), Expires: l.clock().Add(10 * 24 * time.Hour)}
	var trust []string
	for _, t := range []struct {
		name string
		set  *bool
	}{{"name", &e.TrustName}, {"platform", &e.TrustPlatform}, {"tags", &e.TrustTags}} {
		if *t.set = pick(l, t.name, true, false); *t.set {
			trust = append(trust, t.name)
		}
	}
	said := map[string]any{"name": fmt.Sprint("e", l.steps), "count": e.Left, "lifetimeSeconds": 10 * 24 * 3600,
		"adopt": e.Adopt, "trust": trust}
	if trust == nil {
		delete(said, "trust")
	}
	if e.Group != "" {
		said["group"] = e.Group
	}
	text, err := json.Marshal(said)
	if err != nil {
		l.fail("%v", err)
	}
	var made struct{ Secret string }
	status, reply := l.request(o.admin, http.MethodPost, "/v1/enrollments", "application/json", string(text), &made)
	if _, there := o.Numbers[strings.ToLower(e.Group)]; e.Group != "" && e.Group != "None" && !there {
		l.judge("enrolment for no group", status, reply, http.StatusBadRequest, "enrolment for no group")
		return
	}
	l.judge("enrolment", status, reply, http.StatusCreated, "")
	o.Enrolments[made.Secret] = e
	forgotten := func(secret string) bool {
		return o.Enrolments[secret].Expires.Before(l.clock().Add(-29 * 24 * time.Hour))
	}
	o.secrets = append(slices.DeleteFunc(o.secrets, forgotten), made.Secret)
}

// enrol exchanges a secret for a credential.
func (l *life) enrol(o *judged) {
	if len(o.secrets) == 0 {
		l.invite(o)
		return
	}
	id := ""
	if pick(l, "with an id", true, false) {
		id = l.someID(o)
	}
	l.trade(o, pick(l, "secret", o.secrets...), id)
}

// trade exchanges a secret for a credential of a device with an id, or of the id that follows
// from its name.
func (l *life) trade(o *judged, secret, id string) {
	name, random := l.someName(), pick(l, "random", "", "x", "y")
	device := map[string]any{"name": name}
	if id != "" {
		device["id"] = id
	} else {
		id = trusttest.DeriveID(name)
	}
	said := map[string]any{"secret": secret, "device": device}
	if random != "" {
		said["random"] = randomOf(random)
	}
	text, err := json.Marshal(said)
	if err != nil {
		l.fail("%v", err)
	}
	var got deviceCredential
	status, reply := l.request(nil, http.MethodPost, "/v1/enroll", "application/json", string(text), &got)
	e := *o.Enrolments[secret]
	want, again := o.Enroll(o.Enrolments[secret], id, name, random, got.ClientID, l.clock())
	what := fmt.Sprintf("%s enrols with %+v, and before is %v", text, e, again)
	l.tell(o, "%s: %v", what, want)
	l.judge(what, status, reply, int(want), fmt.Sprint("enrolment ", want))
	switch {
	case status != http.StatusCreated:
		return
	case got.DeviceID != id:
		l.fail("%s: device %s", what, got.DeviceID)
	case again && got.ClientID != o.Credentials[id].Client:
		l.fail("%s: another reply than the first one", what)
	}
	if !again {
		agent := &party{name: "agent " + name, sender: trusttest.Sender{Role: trusttest.Own, Device: id}, id: got.ClientID,
			secret: got.ClientSecret}
		l.login(o, agent)
		o.agents = append(o.agents, agent)
	}
	l.look(o, id)
}

// scene is a sequence that single steps seldom produce: a known device is let in, or hidden, and
// then everybody reports.
func (l *life) scene(o *judged) {
	if len(o.Devices) == 0 {
		l.report(o)
		return
	}
	id := pick(l, "device", slices.Sorted(maps.Keys(o.Devices))...)
	switch pick(l, "scene", "let in", "let in", "hide") {
	case "let in":
		l.letIn(o, id)
	case "hide":
		l.wait(o, 31*24*time.Hour)
		l.publish(o)
	}
	for range pick(l, "reports", 1, 2, 3) {
		who := pick(l, "sender", o.parties...)
		if at := slices.IndexFunc(o.agents, func(p *party) bool { return p.sender.Device == id && o.holds(p) }); at >= 0 &&
			pick(l, "itself", true, false) {
			who = o.agents[at]
		}
		r := l.someReport(o, who)
		r.ID = id
		l.send(o, who, []trusttest.Report{r}, "/v1/reports", "application/json", body(r))
	}
	if pick(l, "publish", true, false) {
		l.reorder(o)
		l.publish(o)
	}
}

// letIn revokes a device's credential, or allows it to enrol, and enrols it.
func (l *life) letIn(o *judged, id string) {
	l.invite(o)
	if pick(l, "a word", true, true, false) {
		deed := "accept"
		if _, has := o.Credentials[id]; has {
			deed = "reset"
		}
		l.do(o, deed, id)
	}
	if len(o.secrets) > 0 {
		l.trade(o, o.secrets[len(o.secrets)-1], id)
	}
}
