package clienttest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/testneed"
)

// useNodeOData pulls with Microsoft's client of Graph, an OData consumer with a configurable host.
func useNodeOData(t *testing.T, s *site) {
	token := s.token()
	got := script[struct {
		IDs   []string
		Pages int
		Error struct {
			StatusCode    int
			Code, Message string
		}
	}](s, "odata.js", s.url, token, "/SoftwareVulnerabilitiesByMachine?pageSize=500")
	want := s.pull(token)
	equal(t, "ids", got.IDs, want)
	equal(t, "pages", got.Pages, (len(want)+pageSize-1)/pageSize)
	equal(t, "status of an error", got.Error.StatusCode, 400)
	equal(t, "code of an error", got.Error.Code, "InvalidInput")
	if got.Error.Message == "" {
		t.Error("the error has no message")
	}
}

// usePython pulls like scripts without libraries: with the older token call, then pages by their
// nextLinks.
func usePython(t *testing.T, s *site) {
	out := s.runWith([]string{"SSL_CERT_FILE=" + s.authority.File}, testneed.Command(t, "python3"),
		"testdata/python/pull.py",
		s.authorityURL(), s.app.ClientID, s.app.ClientSecret, s.vulnerabilities())
	var got []string
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	equal(t, "ids", got, s.pull(s.token()))
}

// useNodeMetadata reads the service's metadata with SAP's parser, and checks that rows match it.
func useNodeMetadata(t *testing.T, s *site) {
	since := "&sinceTime=" + time.Now().UTC().Add(-48*time.Hour).Format(time.RFC3339)
	calls := []string{"SecureConfigurationsAssessmentByMachine", "SoftwareInventoryByMachine",
		"SoftwareInventoryNoProductCodeByMachine",
		"SoftwareVulnerabilitiesByMachine", "SoftwareVulnerabilityChangesByMachine", "SecureConfigurationChangesByMachine",
		"SoftwareInventoryChangesByMachine", "SoftwareInventoryNoProductCodeChangesByMachine"}
	args, want := []string{s.url, s.token()}, map[string]string{}
	for _, call := range calls {
		args = append(args, call+"?$top=100"+since)
		want[call] = "100 rows, as described"
	}
	equal(t, "rows", script[map[string]string](s, "metadata.js", args...), want)
}
