package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

func TestMetadata(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Trusted = nil }) // no caller is known
	for _, path := range []string{"/api/$metadata", "/api/%24metadata", "/API/$Metadata", "/api/v1.0/$metadata"} {
		r := l.get(path)
		if r.StatusCode != http.StatusOK || !bytes.Equal(r.body, defender.Metadata()) {
			t.Errorf("%s: %d %.100s", path, r.StatusCode, r.body)
		}
		if got := r.Header.Get("Content-Type"); got != "application/xml" {
			t.Errorf("%s: Content-Type %q", path, got)
		}
		if got := r.Header.Get("OData-Version"); got != "4.0" {
			t.Errorf("%s: OData-Version %q", path, got)
		}
	}
	if r := l.do(http.MethodHead, "/api/$metadata", nil); r.StatusCode != http.StatusOK || len(r.body) != 0 {
		t.Errorf("HEAD: %d with %d bytes", r.StatusCode, len(r.body))
	}
}

// Each subtest is named by the sentence of doc/contract.md, section 3, that it checks. What the
// document says of each type is compared with the recorded one in package defender.
func TestMetadataIsAsRecorded(t *testing.T) {
	l := newLab(t)
	text := string(l.get("/api/$metadata").body)
	has := func(t *testing.T, wanted ...string) {
		t.Helper()
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %s", want)
			}
		}
	}
	t.Run("`/api/$metadata` describes the rows of pages", func(t *testing.T) {
		has(t, `<ComplexType Name="AssetVulnerability">`, `<ComplexType Name="AssetSoftware">`,
			`<ComplexType Name="AssetNonCpeSoftware">`, `<ComplexType Name="AssetConfiguration">`)
	})
	t.Run("In it texts and lists are nullable, whether they are ever null or not; numbers, truth values and "+
		"`eventTimestamp` are not", func(t *testing.T) {
		has(t, `<Property Name="deviceId" Type="Edm.String"/>`, `<Property Name="diskPaths" Type="Collection(Edm.String)"/>`,
			`<Property Name="rbacGroupId" Type="Edm.Int64" Nullable="false"/>`,
			`<Property Name="cvssScore" Type="Edm.Double" Nullable="false"/>`,
			`<Property Name="isCompliant" Type="Edm.Boolean" Nullable="false"/>`,
			`<Property Name="eventTimestamp" Type="Edm.DateTimeOffset" Nullable="false"/>`)
	})
	t.Run("Of truth values `previousIsCompliant` is nullable", func(t *testing.T) {
		has(t, `<Property Name="previousIsCompliant" Type="Edm.Boolean"/>`)
	})
	t.Run("The calls are functions that are bound to `Collection(microsoft.windowsDefenderATP.api.Machine)`", func(t *testing.T) {
		has(t, `<EntityType Name="Machine">`)
		parameter := `<Parameter Name="bindingParameter" Type="Collection(microsoft.windowsDefenderATP.api.Machine)"/>`
		if got, want := strings.Count(text, parameter), len(defender.Calls()); got != want {
			t.Errorf("%d functions are bound to it, want %d", got, want)
		}
	})
}

// The metadata contains what the context of every reply points to.
func TestContextIsInMetadata(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 1, 1))
	for _, call := range defender.Calls() {
		r := l.call(call.Name + "?sinceTime=" + since)
		if got := r.Header.Get("OData-Version"); got != "4.0" {
			t.Errorf("%s: OData-Version %q", call.Name, got)
		}
		var reply struct {
			Context string `json:"@odata.context"`
		}
		l.decode(r, http.StatusOK, &reply)
		document, fragment, _ := strings.Cut(reply.Context, "#")
		if want := `<ReturnType Type="` + fragment + `"`; !strings.Contains(string(l.get(document).body), want) {
			t.Errorf("%s: %s has no %s", call.Name, document, want)
		}
	}
}

// Clients generated from the metadata call functions by their full names.
func TestFullNamesOfCalls(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	for _, call := range []string{
		"microsoft.windowsDefenderATP.api.SoftwareInventoryByMachine()", "SoftwareInventoryByMachine()",
	} {
		first := l.page(l.call(call + "?pageSize=1"))
		if want := l.server.URL + "/api/machines/" + call + "?"; !strings.HasPrefix(*first.NextLink, want) {
			t.Errorf("nextLink %q, want prefix %q", *first.NextLink, want)
		}
		l.page(l.get(*first.NextLink))
	}
	// Of another namespace it is no call, and no machine.
	l.refused(l.call("other.SoftwareInventoryByMachine()"), http.StatusNotFound, defender.CodeResourceNotFound)
}

// The rows of files match the description.
func TestFileRowsAreDescribed(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 3, 2))
	a, err := described.of(l.describedBy())
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range defender.Calls() {
		if !call.Files {
			continue
		}
		schema, err := a.schema("replies.json#/components/schemas/" +
			defender.EntityName(call.Dataset, call.Delta) + ".file")
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, link := range l.links(l.call(call.Name + "?sinceTime=" + since)).ExportFiles {
			for line := range strings.Lines(unpack(t, string(l.get(link).body))) {
				var row any
				if err := json.Unmarshal([]byte(line), &row); err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(row); err != nil {
					t.Errorf("%s: %v in %s", call.Name, err, line)
				}
				rows++
			}
		}
		if rows == 0 {
			t.Errorf("%s has no rows", call.Name)
		}
	}
}
