package api_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge/openapi"
)

// wired is a request of package control with the types of its bodies.
type wired struct {
	control.Call
	gives, takes reflect.Type
}

// sent is a request as the API must describe it; takes is nil if its body is not JSON.
func sent[T any](r control.Request[T], takes any) wired {
	return wired{r.Call, reflect.TypeFor[T](), reflect.TypeOf(takes)}
}

// requests are all requests of package control, and the two of its types that it leaves to other
// clients.
func requests() []wired {
	const id = "0123456789012345678901234567890123456789"
	none := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }
	return []wired{
		sent(control.ListClients(), nil), sent(control.AddClient(control.ClientRequest{}), control.ClientRequest{}),
		sent(control.ChangeClient(id, control.ClientChange{}), control.ClientChange{}),
		sent(control.RotateSecret(id, control.RotationRequest{}), control.RotationRequest{}),
		sent(control.AddCertificate(id, control.CertificateRequest{}), control.CertificateRequest{}),
		sent(control.RemoveClient(id), nil),
		{control.Call{Method: http.MethodGet, Path: "/v1/devices"}, reflect.TypeFor[control.DeviceList](), nil},
		// EachDevice
		sent(control.ShowDevice(id), nil), sent(control.RemoveDevice(id), nil), sent(control.AdmitDevice(id), nil),
		sent(control.AcceptClaims(id, control.Claims{}), control.Claims{}), sent(control.RemoveCredential(id), nil),
		sent(control.ListEnrollments(), nil), sent(control.RemoveEnrollment(id), nil),
		sent(control.CreateEnrollment(control.EnrollmentRequest{}), control.EnrollmentRequest{}),
		sent(control.Enroll(control.Enrolling{}), control.Enrolling{}),
		sent(control.ListFeeds(true), nil), sent(control.ImportFeed(control.FeedImport{Kind: "kev", Name: "kev"}), nil),
		sent(control.ImportFeed(control.FeedImport{Kind: "kev", Replace: true, Before: noon}), nil),
		sent(control.RemoveFeed("kev", "kev"), nil),
		sent(control.RefreshFeeds("", "", false), nil),
		sent(control.Publish(control.Wish{}), nil), sent(control.ListGenerations(), nil),
		{control.Call{Method: http.MethodGet, Path: "/v1/generations/1"}, reflect.TypeFor[control.Generation](), nil},
		sent(control.ListGroups(), nil), sent(control.SetGroups(none), control.GroupRules{}),
		sent(control.ListOrganizations(), nil),
		sent(control.AddOrganization(control.OrganizationRequest{}), control.OrganizationRequest{}),
		sent(control.RotateKey("token"), nil),
		sent(control.SendReports(control.Reports{}), nil),
		{control.Call{Method: http.MethodGet, Path: "/v1/reports/" + id}, reflect.TypeFor[control.Receipt](), nil},
		sent(control.Verify(), nil), sent(control.Repair(control.Repairing{}), nil),
	}
}

// Every request of package control is an operation of the API, and the types of its bodies are
// those that the API describes, member by member.
func TestRequestsOfControlAreThoseOfTheAPI(t *testing.T) {
	l := newLab(t)
	var document map[string]any
	if err := json.Unmarshal(l.get("/openapi.json").body, &document); err != nil {
		t.Fatal(err)
	}
	for _, r := range requests() {
		name := r.Method + " " + r.Path
		operation := operationAt(document, r.Method, r.Path)
		if operation == nil {
			t.Errorf("%s is no operation", name)
			continue
		}
		if r.gives != reflect.TypeFor[control.Nothing]() {
			if diff := cmp.Diff(repliesOf(document, operation), []any{schemaOf(t, r.gives)}); diff != "" {
				t.Errorf("%s: the reply (-the API +control):\n%s", name, diff)
			}
		}
		if r.takes != nil {
			described := inlined(document, at(operation, "requestBody", "content", "application/json", "schema"))
			if diff := cmp.Diff(described, schemaOf(t, r.takes)); diff != "" {
				t.Errorf("%s: the body (-the API +control):\n%s", name, diff)
			}
		}
	}
}

// operationAt finds the operation that serves a method and a path.
func operationAt(document map[string]any, method, path string) any {
	for template, operations := range at(document, "paths").(map[string]any) {
		pattern := "^" + regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(template), "[^/]+") + "$"
		if found := at(operations, strings.ToLower(method)); found != nil && regexp.MustCompile(pattern).MatchString(path) {
			return found
		}
	}
	return nil
}

// repliesOf returns the JSON forms of an operation's success, without that of a request that is
// carried out later.
func repliesOf(document map[string]any, operation any) (all []any) {
	replies := at(operation, "responses").(map[string]any)
	for _, status := range slices.Sorted(maps.Keys(replies)) {
		schema := at(replies[status], "content", "application/json", "schema")
		if !strings.HasPrefix(status, "2") || schema == nil {
			continue
		}
		form := inlined(document, schema)
		accepted := at(form, "properties", "status") != nil && status == "202"
		if !accepted && !slices.ContainsFunc(all, func(known any) bool { return reflect.DeepEqual(known, form) }) {
			all = append(all, form)
		}
	}
	return all
}

// schemaOf returns the schema of a type, without references.
func schemaOf(t *testing.T, of reflect.Type) any {
	t.Helper()
	schemas := openapi.NewSchemas(nil)
	schema, err := schemas.Of(of)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"components": map[string]any{"schemas": schemas.All()}, "schema": schema})
	var document map[string]any
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		t.Fatal(err)
	}
	return inlined(document, document["schema"])
}

// inlined replaces references by schemas, and removes texts for people.
func inlined(document map[string]any, schema any) any {
	switch s := schema.(type) {
	case map[string]any:
		if name, ok := s["$ref"].(string); ok {
			return inlined(document, at(document, strings.Split(strings.TrimPrefix(name, "#/"), "/")...))
		}
		plain := map[string]any{}
		for key, value := range s {
			if _, text := value.(string); key == "description" && text {
				continue
			}
			plain[key] = inlined(document, value)
		}
		return plain
	case []any:
		all := make([]any, len(s))
		for i := range s {
			all[i] = inlined(document, s[i])
		}
		return all
	}
	return schema
}

// at returns the value at a path of keys; nil if there is none.
func at(value any, keys ...string) any {
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}
