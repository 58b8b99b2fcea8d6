package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
)

// A receipt reveals that a device exists, the names of its sources, and when it reported. A
// caller that does not see the device must get the reply for a receipt that does not exist, byte
// for byte.
func TestReceiptOfAForeignGroupIsNoReceipt(t *testing.T) {
	l := newLab(t)
	numbers := l.groups("Web", "Bank")
	sent := map[string]string{}
	for _, group := range []string{"Web", "Bank", ""} {
		sent[group] = l.accept(fmt.Sprintf(`{"device":{"name":"in-%s","rbacGroup":%q},"software":[]}`, group, group),
			jsonBody).Reports[0].ID
	}
	l.equal("published", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, http.StatusOK)
	device := l.accept(`{"device":{"name":"in-Bank"}}`, jsonBody).Reports[0].DeviceID
	const absent = "01890000-0000-7000-8000-000000000000"
	for name, who := range map[string]struct {
		caller auth.Caller
		sees   string
	}{
		"manager": {auth.Caller{Permissions: auth.Permissions(), AllGroups: true}, "Web Bank none"},
		"sender of all": {auth.Caller{Permissions: []auth.Permission{auth.WriteReports}, AllGroups: true},
			"Web Bank none"},
		"sender of Web": {auth.Caller{Permissions: []auth.Permission{auth.WriteReports},
			Groups: []int64{numbers["Web"]}}, "Web"},
		"sender of those in none": {auth.Caller{Permissions: []auth.Permission{auth.WriteReports}, Groups: []int64{0}},
			"none"},
		"sender of no group": {auth.Caller{Permissions: []auth.Permission{auth.WriteReports}}, ""},
		"the device": {auth.Caller{Permissions: []auth.Permission{auth.WriteOwnReports}, Device: device},
			"Bank"},
		"manager elsewhere": {auth.Caller{Organization: "00000000-0000-4000-8000-000000000000",
			Permissions: auth.Permissions(), AllGroups: true}, ""},
		"sender of Web, elsewhere": {auth.Caller{Organization: "00000000-0000-4000-8000-000000000000",
			Permissions: auth.Permissions(), Groups: []int64{numbers["Web"]}}, ""},
	} {
		l.as(who.caller)
		none := l.notThere(absent)
		for group, id := range sent {
			if group == "" {
				group = "none"
			}
			if strings.Contains(who.sees, group) {
				l.equal(name+" sees "+group, l.get("/v1/reports/"+id).StatusCode, http.StatusOK)
			} else if got := l.notThere(id); strings.ReplaceAll(got, id, absent) != none {
				t.Errorf("%s, %s: %s, want %s", name, group, got, none)
			}
		}
	}
	l.manager()
	bank := sent["Bank"]
	l.equal("removed", l.do(http.MethodDelete, "/v1/devices/"+device, nil).StatusCode, http.StatusNoContent)
	l.equal("a manager still sees it", l.get("/v1/reports/"+bank).StatusCode, http.StatusOK)
	l.as(auth.Caller{Permissions: []auth.Permission{auth.WriteReports}, Groups: []int64{numbers["Bank"]}})
	l.notThere(bank)
}

// notThere asks for a receipt that must not be shown, and returns the reply without the request's
// id.
func (l *lab) notThere(id string) string {
	l.Helper()
	got := l.get("/v1/reports/" + id)
	if got.StatusCode != http.StatusNotFound {
		l.Fatalf("receipt %s: status %d: %s", id, got.StatusCode, got.body)
	}
	headers := fmt.Sprint(got.Header["Content-Type"], got.Header["Www-Authenticate"], got.Header["Cache-Control"])
	return strings.ReplaceAll(string(got.body), got.Header.Get("X-Request-Id"), "") + headers
}
