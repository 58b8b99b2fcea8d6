package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/trust/trusttest"
)

// life is one random history of two organizations.
type life struct {
	*court
	t    *rapid.T
	orgs [2]*judged
	// story is the steps so far, for the message of a difference.
	story []string
}

func (l *life) tell(o *judged, format string, args ...any) {
	l.story = append(l.story, fmt.Sprintf("%.4s: ", o.tenant)+fmt.Sprintf(format, args...))
}

func (l *life) fail(format string, args ...any) {
	l.Helper()
	l.differs = true
	l.t.Fatalf("%s\n%s", strings.Join(l.story, "\n"), fmt.Sprintf(format, args...))
}

func pick[T any](l *life, what string, from ...T) T {
	return rapid.SampledFrom(from).Draw(l.t, what)
}

// someID returns the id of an existing or another device.
func (l *life) someID(o *judged) string {
	ids := append(slices.Sorted(maps.Keys(o.Devices)), slices.Sorted(maps.Keys(o.Credentials))...)
	ids = append(ids, strings.Repeat("a", 40), strings.Repeat("b", 40), trusttest.DeriveID("bank-core"),
		trusttest.DeriveID("web-1"),
		trusttest.DeriveGroupID(1, "web-1"), trusttest.DeriveGroupID(1, "bank-core"), trusttest.DeriveGroupID(0, "web-1"))
	return pick(l, "id", ids...)
}

func (l *life) someName() string {
	return pick(l, "name", "web-1", "WEB-1", "bank-core", "Bank-Core", "db-1", strings.Repeat("a", 40))
}

func someTags(l *life) []string {
	return pick(l, "tags", nil, nil, []string{}, []string{"web"}, []string{"bank"}, []string{"bank", "web"})
}

// someReport returns a random report of a random sender.
func (l *life) someReport(o *judged, who *party) trusttest.Report {
	r := trusttest.Report{Name: l.someName(), Tags: someTags(l),
		Platform: pick(l, "platform", "", "", "Linux", "Windows11"),
		Version:  pick(l, "version", "", "1", "2"), Arch: pick(l, "arch", "", "x64"),
		Group:  pick(l, "group", "", "", "", "", "Web", "web", "Bank", "Lab", "None", "Unassigned", "Nobody"),
		Source: pick(l, "source", "report", "collect", "sbom"), Content: pick(l, "content", "", "-", "1", "2", "3")}
	if pick(l, "with an id", true, false) {
		r.ID = l.someID(o)
	}
	if who.sender.Role == trusttest.Scoped && len(who.sender.Groups) > 0 &&
		pick(l, "in a group of its own", true, false) {
		r.ID, r.Group = "", o.spell(pick(l, "group", who.sender.Groups...))
	}
	if who.sender.Role == trusttest.Own && pick(l, "modest", true, true, false) {
		r.ID, r.Group = "", ""
	}
	return r
}

// spell returns the name of a group.
func (o *judged) spell(number int64) string {
	for name, n := range o.Numbers {
		if n == number {
			return name
		}
	}
	return "Unassigned"
}

// body writes a report in muster's own format.
func body(r trusttest.Report) string {
	device := map[string]any{"name": r.Name}
	for key, value := range map[string]string{"id": r.ID, "osPlatform": r.Platform, "osVersion": r.Version,
		"osArchitecture": r.Arch, "rbacGroup": r.Group} {
		if value != "" {
			device[key] = value
		}
	}
	if r.Tags != nil {
		device["tags"] = r.Tags
	}
	said := map[string]any{"device": device}
	if r.Source != "report" {
		said["source"] = r.Source
	}
	if r.Content != "" {
		said["software"] = software(r.Source, r.Content)
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// entry is software that shows which source reported it.
type entry struct {
	Name string `json:"name"`
}

func software(source, content string) []entry {
	if content == "-" {
		return []entry{}
	}
	return []entry{{source + " " + content}}
}

// report sends one report, several, or a document.
func (l *life) report(o *judged) {
	who := pick(l, "sender", o.parties...)
	if len(o.agents) > 0 && pick(l, "an agent", true, false) {
		who = pick(l, "agent", o.agents...)
	}
	reports := []trusttest.Report{l.someReport(o, who)}
	path, kind, text := "/v1/reports", "application/json", body(reports[0])
	switch pick(l, "form", "JSON", "JSON", "NDJSON", "SBOM") {
	case "NDJSON":
		kind = "application/x-ndjson"
		for range pick(l, "more", 1, 2) {
			reports = append(reports, l.someReport(o, who))
			text += "\n" + body(reports[len(reports)-1])
		}
	case "SBOM":
		r := &reports[0]
		r.Tags, r.Group, r.Source = nil, "", "sbom"
		if r.Content == "" {
			r.Content = "-"
		}
		path, kind, text = document(*r)
	}
	l.send(o, who, reports, path, kind, text)
}

// document writes a report as an SBOM, with the device in parameters.
func document(r trusttest.Report) (path, kind, text string) {
	parameters := url.Values{"deviceName": {r.Name}}
	for key, value := range map[string]string{"deviceId": r.ID, "osPlatform": r.Platform, "osVersion": r.Version,
		"osArchitecture": r.Arch} {
		if value != "" {
			parameters.Set(key, value)
		}
	}
	var components []map[string]string
	for _, s := range software("sbom", r.Content) {
		components = append(components, map[string]string{"type": "library", "name": s.Name, "version": "1"})
	}
	said, err := json.Marshal(map[string]any{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"components": components})
	if err != nil {
		panic(err)
	}
	return "/v1/reports?" + parameters.Encode(), "application/vnd.cyclonedx+json", string(said)
}

// send sends reports and compares the reply with the model's.
func (l *life) send(o *judged, who *party, reports []trusttest.Report, path, kind, text string) {
	l.Helper()
	l.login(o, who)
	var got struct {
		Reports []struct {
			DeviceID   string
			NotCounted []string
		}
	}
	status, said := l.request(who, http.MethodPost, path, kind, text, &got)
	if who.sender.Role == trusttest.Own && !o.holds(who) {
		l.judge("report of a credential that was taken away", status, said, http.StatusUnauthorized, "")
		return
	}
	unknown := o.ids()
	fresh := false // a device got a new id, which may be placed differently
	own := func(i int) string {
		fresh = true
		if i >= len(got.Reports) || unknown[got.Reports[i].DeviceID] {
			return "an id of its own"
		}
		return got.Reports[i].DeviceID
	}
	without := o.Without(who.sender)
	replies, why := o.Receive(who.sender, reports, l.clock(), own)
	what := fmt.Sprintf("%s %v sends %s %+v", who.name, who.sender, path, reports)
	l.tell(o, "%s: %s", what, string(why))
	l.judge(what, status, said, why.Status(), string(why))
	if who.sender.Role == trusttest.Scoped && !fresh {
		if same, because := without.Receive(who.sender, reports, l.clock(), own); because != why || !alike(replies, same) {
			l.fail("%s: the model has %+v %q, and without what the sender does not see %+v %q", what,
				replies, why, same, because)
		}
	}
	for i, want := range replies {
		if g := got.Reports[i]; g.DeviceID != want.Device || !slices.Equal(g.NotCounted, want.NotCounted) {
			l.fail("%s: report %d got %+v, the model has %+v", what, i, g, want)
		}
	}
	for _, r := range replies {
		l.look(o, r.Device)
	}
}

// alike compares replies.
func alike(a, b []trusttest.Reply) bool {
	return slices.EqualFunc(a, b, func(a, b trusttest.Reply) bool {
		return a.Device == b.Device && slices.Equal(a.NotCounted, b.NotCounted)
	})
}

// holds tells whether a device still has its credential.
func (o *judged) holds(who *party) bool {
	c, has := o.Credentials[who.sender.Device]
	return has && c.Client == who.id
}

func (o *judged) ids() map[string]bool {
	ids := map[string]bool{}
	for id := range o.Devices {
		ids[id] = true
	}
	return ids
}

// manage runs a random action of a manager on a device.
func (l *life) manage(o *judged) {
	l.do(o, pick(l, "deed", "accept", "reset", "remove", "confirm", "confirm"), l.someID(o))
}

// do runs one of those actions.
func (l *life) do(o *judged, what, id string) {
	var status, want int
	var said string
	switch what {
	case "accept":
		status, said = l.request(o.admin, http.MethodPut, "/v1/devices/"+id+"/admission", "", "", nil)
		want = o.Accept(id, l.clock())
	case "reset":
		status, said = l.request(o.admin, http.MethodDelete, "/v1/devices/"+id+"/credential", "", "", nil)
		want = o.Reset(id, l.clock())
	case "remove":
		status, said = l.request(o.admin, http.MethodDelete, "/v1/devices/"+id, "", "", nil)
		want = o.Remove(id)
	case "confirm":
		claims := l.someClaims(o, id)
		text, err := json.Marshal(claims)
		if err != nil {
			l.fail("%v", err)
		}
		what += string(text)
		status, said = l.request(o.admin, http.MethodPut, "/v1/devices/"+id+"/claims", "application/json", string(text), nil)
		want = o.Confirm(id, claims.Claims())
	}
	l.tell(o, "%s %s: %d", what, id, want)
	l.judge(fmt.Sprintf("%s %s", what, id), status, said, want, fmt.Sprint("manager ", what[:5], want))
	l.look(o, id)
}

// someClaims are the claims of a device, or wrong ones.
func (l *life) someClaims(o *judged, id string) claimed {
	if d := o.Devices[id]; d != nil {
		right := claimsOf(d.Claims)
		switch pick(l, "claims", "right", "right", "nearly", "any") {
		case "right":
			return right
		case "nearly": // no tags for tags that are not claimed, and the other way round
			if right.Tags == nil {
				right.Tags = []string{}
			} else {
				right.Tags = nil
			}
			return right
		}
	}
	name := l.someName()
	return claimed{Name: &name, Tags: someTags(l)}
}

// reorder changes an organization's rules.
func (l *life) reorder(o *judged) {
	groups := pick(l, "groups", []string{"Web", "Bank", "Lab"}, []string{"Web", "Bank", "Lab"}, []string{"Web"}, nil)
	var rules []trusttest.Rule
	for range pick(l, "rules", 0, 1, 2, 3) {
		r := trusttest.Rule{Group: pick(l, "group", "Web", "Bank", "Lab")}
		by := pick(l, "rule", "id", "name", "prefix", "tag", "platform", "id and prefix", "id and tag", "id and platform")
		if strings.HasPrefix(by, "id") {
			r.Device = l.someID(o)
		}
		switch strings.TrimPrefix(by, "id and ") {
		case "name":
			r.Device = l.someName()
		case "prefix":
			r.Prefix = pick(l, "prefix", "web", "bank", "d")
		case "tag":
			r.Tag = pick(l, "tag", "web", "bank")
		case "platform":
			r.Platform = pick(l, "platform", "Linux", "Windows11")
		}
		rules = append(rules, r)
	}
	l.tell(o, "rules %v %+v", groups, rules)
	l.rule(o, groups, rules)
}
