package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

func TestOpenAPI(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Trusted = nil }) // no caller is known
	var document struct {
		OpenAPI string
		Info    struct{ Version string }
	}
	l.decode(l.get("/openapi.json"), http.StatusOK, &document)
	l.equal("versions", []string{document.OpenAPI, document.Info.Version}, []string{"3.1.0", api.Version})
}

// The description has the configured limits.
func TestOpenAPILimits(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.MaxLinkHours = 24 })
	if text := string(l.get("/openapi.json").body); !strings.Contains(text, `"minimum":1,"maximum":24,`) {
		t.Errorf("sasValidHours is not described as up to 24: %s", text)
	}
}

// Every reference has a target, every operation an id of its own, and every
// parameter of a path a declaration.
func TestOpenAPIIsWhole(t *testing.T) {
	l := newLab(t)
	text := l.get("/openapi.json").body
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`"\$ref":"#/([^"]+)"`).FindAllSubmatch(text, -1) {
		at := whole
		for key := range strings.SplitSeq(string(match[1]), "/") {
			object, _ := at.(map[string]any)
			at = object[key]
		}
		if at == nil {
			t.Errorf("nothing is at %s", match[1])
		}
	}
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string
			Summary     string
			Parameters  []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for path, operations := range document.Paths {
		for method, op := range operations {
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" {
				t.Errorf("%s %s: id %q, summary %q", method, path, op.OperationID, op.Summary)
			}
			ids[op.OperationID] = true
			declared := 0
			for _, p := range op.Parameters {
				if p.In == "path" && strings.Contains(path, "{"+p.Name+"}") {
					declared++
				}
			}
			if declared != strings.Count(path, "{") {
				t.Errorf("%s %s declares %d parameters of the path", method, path, declared)
			}
		}
	}
}

// A link has exactly the described parameters.
func TestLinkParametersAreDescribed(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 1, 1))
	link, err := url.Parse(l.links(l.call("SoftwareInventoryExport")).ExportFiles[0])
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	l.decode(l.get("/openapi.json"), http.StatusOK, &document)
	var names []string
	for _, p := range document.Paths["/tvm-export/{path}"]["get"].Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	l.equal("parameters", slices.Sorted(maps.Keys(link.Query())), names)
}

// Calls that no other test makes with success: TestMain requires all.
func TestOtherSuccesses(t *testing.T) {
	l := newLab(t)
	made := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	path := "/v1/clients/" + made.ClientID
	l.equal("status", l.do(http.MethodDelete, path, nil).StatusCode, http.StatusNoContent)
	l.refused(l.get(path), http.StatusNotFound, defender.CodeResourceNotFound)
	l.equal("status", l.do(http.MethodPost, "/v1/keys/link/rotate", nil).StatusCode, http.StatusCreated)
}

// The addresses of a tenant, with success and without: both bodies are described.
func TestTenantsAreDescribed(t *testing.T) {
	l := newLab(t)
	made := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {made.ClientID},
		"client_secret": {made.ClientSecret},
		"scope":         {"https://api.securitycenter.microsoft.com/.default"},
		"resource":      {"https://api.securitycenter.microsoft.com"}}
	for _, call := range []string{"/oauth2/v2.0/token", "/oauth2/token"} {
		ask := func(tenant string) int {
			return l.do(http.MethodPost, "/"+tenant+call, strings.NewReader(form.Encode()),
				"Content-Type: application/x-www-form-urlencoded").StatusCode
		}
		l.equal(call, ask(made.TenantID), http.StatusOK)
		l.equal(call+" of no tenant", ask("nobody"), http.StatusBadRequest)
	}
	for _, document := range []string{"/v2.0/.well-known/openid-configuration", "/.well-known/openid-configuration",
		"/discovery/v2.0/keys", "/discovery/keys"} {
		l.equal(document, l.get("/"+made.TenantID+document).StatusCode, http.StatusOK)
		l.equal(document+" of no tenant", l.get("/nobody"+document).StatusCode, http.StatusBadRequest)
	}
}
