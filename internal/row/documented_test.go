package row_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// documented returns a pointer to an empty documented struct of the shape.
func documented(s *row.Shape) any {
	full := []any{
		defender.Configurations:  &defender.AssetConfiguration{},
		defender.Software:        &defender.AssetSoftware{},
		defender.Vulnerabilities: &defender.AssetVulnerability{},
		defender.CleanSoftware:   &defender.AssetVulnerability{},
		defender.NoProductCode:   &defender.AssetNonCpeSoftware{},

		defender.NonCVEAdvisories: &defender.AssetVulnerability{},
	}
	delta := []any{
		defender.Configurations:  &defender.DeltaAssetConfiguration{},
		defender.Software:        &defender.DeltaAssetSoftware{},
		defender.Vulnerabilities: &defender.DeltaAssetVulnerability{},
		defender.CleanSoftware:   &defender.DeltaAssetVulnerability{},
		defender.NoProductCode:   &defender.DeltaAssetNonCpeSoftware{},

		defender.NonCVEAdvisories: &defender.DeltaAssetVulnerability{},
	}
	if s.Delta() {
		return delta[s.Dataset()]
	}
	return full[s.Dataset()]
}

// deref returns the value behind pointer.
func deref(pointer any) any {
	return reflect.ValueOf(pointer).Elem().Interface()
}

// The row of a real tenant is made byte for byte from its values.
func TestRealRow(t *testing.T) {
	var response struct {
		Context string            `json:"@odata.context"`
		Value   []json.RawMessage `json:"value"`
	}
	readShared(t, "real/SoftwareVulnerabilitiesByMachine.one-row.json", &response)
	d := windows.Piece()
	v := row.Vulnerability{SoftwareKey: openssl, CVE: "CVE-2024-9143", Score: 3.7, Scored: true, UpdateAvailable: true}
	paths := []string{
		`c:\program files\druide\antidote 12\application\bin64\libcrypto-3-x64.dll`,
		`c:\program files\druide\antidote 12\application\bin64\libssl-3-x64.dll`,
		`c:\program files\druide\connectix 12\application\bin64\libcrypto-3-x64.dll`,
		`c:\program files\druide\connectix 12\application\bin64\libssl-3-x64.dll`,
	}
	finding, evidence := v.Piece(), row.Evidence(paths, nil)
	first := row.NewTimestamp(time.Date(2025, 9, 10, 11, 18, 18, 0, time.UTC))
	s := row.ShapeOf(defender.Vulnerabilities, false)
	row := scanAll(t, s, row.AppendVulnerability(nil, &d, &finding, &evidence, seen, first))[0]
	want, err := json.Marshal(response.Value[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.AppendPage(nil, row)); got != string(want) {
		t.Errorf("page:\n got %s\nwant %s", got, want)
	}
	if got := defender.Calls()[4].Context("https://api-eu3.securitycenter.microsoft.com"); got != response.Context {
		t.Errorf("context %q, want %q", got, response.Context)
	}
}

// Every key in the documentation is in our pages.
func TestDocumentedExamples(t *testing.T) {
	for _, call := range defender.Calls() {
		if call.Files || call.Own {
			continue
		}
		t.Run(call.Name, func(t *testing.T) {
			var example struct{ Value []map[string]any }
			readShared(t, "docs-examples/"+call.Name+".json", &example)
			ours := map[string]any{}
			if err := json.Unmarshal([]byte(encode(t, documented(row.ShapeOf(call.Dataset, call.Delta)))), &ours); err != nil {
				t.Fatal(err)
			}
			for _, row := range example.Value {
				for key := range row {
					if _, ok := ours[key]; !ok {
						t.Errorf("our rows have no %q", key)
					}
				}
			}
			if len(example.Value) == 0 {
				t.Error("the example has no rows")
			}
		})
	}
}

// readShared decodes a file of the shared Defender data beside the repository; without it the test
// is skipped.
func readShared(t *testing.T, name string, v any) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, err := os.ReadFile(filepath.Join(folder, "shared", "data", "defender", name))
		if err == nil {
			if err := json.Unmarshal(data, v); err != nil {
				t.Fatal(err)
			}
			return
		}
		if folder == filepath.Dir(folder) {
			t.Skip("no shared data beside the repository")
		}
		folder = filepath.Dir(folder)
	}
}
