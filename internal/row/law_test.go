package row_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"pgregory.net/rapid"
)

// The laws compare our rows with encoding/json: a row is appended from random values, and the
// functions here fill the documented struct from the same values, following contract.md, section
// 4.

func TestVulnerabilityRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, v, disk, registry := drawDevice(t), drawVulnerability(t), drawTexts(t, "disk"), drawTexts(t, "registry")
		last, first := drawTime(t, "last"), drawTime(t, "first")
		device, finding, evidence := d.Piece(), v.Piece(), row.Evidence(disk, registry)
		row := row.AppendVulnerability(nil, &device, &finding, &evidence, row.NewTimestamp(last), row.NewTimestamp(first))

		yes := true
		file := defender.AssetVulnerability{
			ID: d.ID + "_" + v.Vendor + "_" + v.Name + "_" + v.Version + "_" + v.CVE,

			DeviceID: d.ID, RBACGroupID: d.GroupID, RBACGroupName: d.GroupName, DeviceName: d.Name,
			OSPlatform: d.OSPlatform, OSVersion: d.OSVersion, OSArchitecture: d.OSArchitecture,
			SoftwareVendor: v.Vendor, SoftwareName: v.Name, SoftwareVersion: v.Version,
			CVEID: known(v.CVE), VulnerabilitySeverityLevel: known(defender.Severity(v.Score, v.Scored)),
			RecommendedSecurityUpdate: known(v.Update.Title), RecommendedSecurityUpdateID: known(v.Update.ID),
			RecommendedSecurityUpdateURL: known(v.Update.URL),
			DiskPaths:                    disk, RegistryPaths: registry,
			LastSeenTimestamp: rowTime(last), FirstSeenTimestamp: rowTime(first),
			EndOfSupportStatus:  known(strings.TrimPrefix(v.EndOfSupport.Status, "None")),
			EndOfSupportDate:    endDate(v.EndOfSupport),
			ExploitabilityLevel: v.Exploitability, RecommendationReference: "va-_-" + v.Vendor + "-_-" + v.Name,
			SecurityUpdateAvailable: v.UpdateAvailable, CVEMitigationStatus: known(v.MitigationStatus),
			IsOnboarded: &yes, CVEBatchTitle: known(v.BatchTitle), CVEBatchURL: known(v.BatchURL),
		}
		if v.Scored {
			file.CVSSScore = v.Score
		}
		dataset := defender.Vulnerabilities
		if v.CVE == "" {
			dataset = defender.CleanSoftware
		}
		scanned := checkRow(t, dataset, row, file)
		page := file
		page.IsOnboarded, page.CVEBatchTitle, page.CVEBatchURL = nil, nil, nil
		checkPage(t, dataset, scanned, page)
		checkVulnerabilityDelta(t, dataset, scanned, file, page)
		checkKey(t, scanned, finding.Key(), finding.AppendProductKey(nil))
	})
}

// checkVulnerabilityDelta compares a delta row with DeltaAssetVulnerability.
func checkVulnerabilityDelta(t *rapid.T, d defender.Dataset, scanned *row.Row,
	file, page defender.AssetVulnerability) {
	status := rapid.SampledFrom([]defender.Status{defender.New, defender.Fixed, defender.Updated}).Draw(t, "status")
	when := drawTime(t, "event")
	line := row.ShapeOf(d, false).AppendDelta(nil, scanned, status, row.NewTimestamp(when))
	if want := encode(t, fileForm(defender.DeltaAssetVulnerability{AssetVulnerability: file, Status: status,
		EventTimestamp: rowTime(when)})); string(line) != want {
		t.Fatalf("delta row:\n got %s\nwant %s", line, want)
	}
	if got := row.AppendContent(nil, line); string(got) != string(scanned.Line()) {
		t.Fatalf("content of delta row:\n got %s\nwant %s", got, scanned.Line())
	}
	var delta row.Row
	shape := row.ShapeOf(d, true)
	if rest, err := shape.Scan(&delta, line); err != nil || len(rest) > 0 {
		t.Fatalf("scanning delta row %s: %v, rest %q", line, err, rest)
	}
	want := encode(t, defender.DeltaAssetVulnerability{AssetVulnerability: page, Status: status,
		EventTimestamp: strings.Replace(rowTime(when), " ", "T", 1) + ".000Z"})
	if got := string(shape.AppendPage(nil, &delta)) + "\n"; got != want {
		t.Fatalf("delta page:\n got %s\nwant %s", got, want)
	}
}

func TestSoftwareRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, k, end := drawDevice(t), drawSoftwareKey(t), drawEndOfSupport(t)
		disk, registry, first := drawTexts(t, "disk"), drawTexts(t, "registry"), drawTime(t, "first")
		weaknesses := rapid.IntRange(0, 1_000_000).Draw(t, "weaknesses")
		device, software, evidence := d.Piece(), k.Piece(end), row.Evidence(disk, registry)
		row := row.AppendSoftware(nil, &device, &software, &evidence, weaknesses, row.NewTimestamp(first))
		want := defender.AssetSoftware{
			DeviceID: d.ID, RBACGroupID: d.GroupID, RBACGroupName: d.GroupName, DeviceName: d.Name, OSPlatform: d.OSPlatform,
			SoftwareVendor: k.Vendor, SoftwareName: k.Name, SoftwareVersion: k.Version, NumberOfWeaknesses: weaknesses,
			DiskPaths: disk, RegistryPaths: registry, SoftwareFirstSeenTimestamp: rowTime(first),
			EndOfSupportStatus: end.Status, EndOfSupportDate: endDate(end),
		}
		if want.EndOfSupportStatus == "" {
			want.EndOfSupportStatus = "None"
		}
		scanned := checkRow(t, defender.Software, row, want)
		checkPage(t, defender.Software, scanned, want)
		checkKey(t, scanned, software.Key(), software.AppendProductKey(nil))
	})
}

func TestNoProductCodeRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, k, last, path := drawDevice(t), drawSoftwareKey(t), drawTime(t, "last"), drawText(t, "registry path")
		device, software := d.Piece(), k.Piece(row.EndOfSupport{})
		row := row.AppendNoProductCode(nil, &device, &software, row.NewTimestamp(last), path)
		want := defender.AssetNonCpeSoftware{
			DeviceID: d.ID, RBACGroupID: d.GroupID, RBACGroupName: d.GroupName, DeviceName: d.Name, OSPlatform: d.OSPlatform,
			SoftwareVendor: k.Vendor, SoftwareName: k.Name, SoftwareVersion: k.Version,
			SoftwareLastSeenTimestamp: milliTime(last), RegistryPath: known(path),
		}
		scanned := checkRow(t, defender.NoProductCode, row, want)
		checkPage(t, defender.NoProductCode, scanned, want)
		checkKey(t, scanned, software.Key(), software.AppendProductKey(nil))
	})
}

func TestConfigurationRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, seen := drawDevice(t), drawTime(t, "seen")
		c := row.Configuration{
			ID: drawText(t, "id"), Name: drawText(t, "name"), Category: drawText(t, "category"),
			Subcategory: drawText(t, "subcategory"),
			Impact:      rapid.Float64().Draw(t, "impact"), UserImpact: rapid.Bool().Draw(t, "user impact"),
		}
		compliant, applicable := rapid.Bool().Draw(t, "compliant"), rapid.Bool().Draw(t, "applicable")
		device, configuration := d.Piece(), c.Piece()
		row := row.AppendConfiguration(nil, &device, &configuration, row.NewTimestamp(seen), compliant, applicable)
		want := defender.AssetConfiguration{
			DeviceID: d.ID, RBACGroupID: d.GroupID, RBACGroupName: d.GroupName, DeviceName: d.Name,
			OSPlatform: d.OSPlatform, OSVersion: d.OSVersion,
			Timestamp: milliTime(seen), ConfigurationID: c.ID, ConfigurationCategory: c.Category,
			ConfigurationSubcategory: c.Subcategory,
			ConfigurationImpact:      c.Impact, IsCompliant: compliant,
			IsApplicable: applicable, IsExpectedUserImpact: c.UserImpact,
			ConfigurationName: c.Name, RecommendationReference: "sca-_-" + c.ID,
		}
		scanned := checkRow(t, defender.Configurations, row, want)
		checkPage(t, defender.Configurations, scanned, want)
		checkKey(t, scanned, configuration.Key(), configuration.Key())
	})
}

// checkRow compares a file row with the documented struct: encoded by encoding/json, decoded, and
// scanned.
func checkRow[Asset any](t *rapid.T, d defender.Dataset, line []byte, want Asset) *row.Row {
	if encoded := encode(t, fileForm(want)); string(line) != encoded {
		t.Fatalf("file row:\n got %s\nwant %s", line, encoded)
	}
	var got, same Asset
	decode(t, line, &got)
	decode(t, []byte(encode(t, want)), &same) // invalid UTF-8 is replaced in both
	if diff := cmp.Diff(same, got); diff != "" {
		t.Fatalf("decoded file row (-want +got):\n%s", diff)
	}
	scanned := new(row.Row)
	rest, err := row.ShapeOf(d, false).Scan(scanned, append(line, "next"...))
	if err != nil || string(rest) != "next" || !bytes.Equal(scanned.Line(), line) {
		t.Fatalf("scanning %s: line %s, rest %q, error %v", line, scanned.Line(), rest, err)
	}
	return scanned
}

// checkPage compares the page form of a row with the documented struct.
func checkPage[Asset any](t *rapid.T, d defender.Dataset, scanned *row.Row, want Asset) {
	if got, want := string(row.ShapeOf(d, false).AppendPage(nil, scanned))+"\n", encode(t, want); got != want {
		t.Fatalf("page:\n got %s\nwant %s", got, want)
	}
}

// checkKey compares a row's keys with those of its piece.
func checkKey(t *rapid.T, row *row.Row, key, productKey []byte) {
	if got := row.AppendKey(nil); !bytes.Equal(got, key) {
		t.Fatalf("key of row %q, of piece %q", got, key)
	}
	if got := row.AppendProductKey(nil); !bytes.Equal(got, productKey) {
		t.Fatalf("product key of row %q, of piece %q", got, productKey)
	}
}

// fileForm returns a struct like asset whose JSON is the file form: PascalCase keys, without nil
// pointers, numbers with a fraction. Embedded structs are flattened.
func fileForm(asset any) any {
	var fields []reflect.StructField
	var values []reflect.Value
	var flatten func(v reflect.Value)
	flatten = func(v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Anonymous {
				flatten(v.Field(i))
				continue
			}
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			key = strings.ToUpper(key[:1]) + key[1:]
			if strings.HasPrefix(key, "Os") {
				key = "OS" + key[2:]
			}
			if f.Type.Kind() == reflect.Pointer {
				key += ",omitempty"
			}
			value := v.Field(i)
			if f.Type.Kind() == reflect.Float64 {
				value = value.Convert(reflect.TypeFor[number]())
			}
			fields = append(fields, reflect.StructField{Name: f.Name, Type: value.Type(),
				Tag: reflect.StructTag(`json:"` + key + `"`)})
			values = append(values, value)
		}
	}
	flatten(reflect.ValueOf(asset))
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i, v := range values {
		out.Field(i).Set(v)
	}
	return out.Interface()
}

// fataler is a test of either kind.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// encode returns the JSON of v with a newline, without escaping for HTML.
func encode(t fataler, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatalf("encoding %#v: %v", v, err)
	}
	return b.String()
}

// decode decodes JSON into v, and refuses unknown keys.
func decode(t fataler, data []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("decoding %s: %v", data, err)
	}
}

// known returns s, nil if it is empty.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// rowTime returns t in the spelling of rows that show whole seconds.
func rowTime(t time.Time) string { return t.UTC().Format(time.DateTime) }

// milliTime returns t in the spelling of rows that show milliseconds.
func milliTime(t time.Time) string {
	return fmt.Sprintf("%s.%03d", rowTime(t), t.Nanosecond()/1_000_000)
}

// earlierTime returns t in the spelling of version 1: up to seven digits of fraction.
func earlierTime(t time.Time) string {
	if ticks := t.Nanosecond() / 100; ticks > 0 {
		return strings.TrimRight(fmt.Sprintf("%s.%07d", rowTime(t), ticks), "0")
	}
	return rowTime(t)
}

// number is a number as files have it: always with a fraction or an exponent.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(float64(n))
	if err == nil && !bytes.ContainsAny(text, ".e") {
		text = append(text, ".0"...)
	}
	return text, err
}

// endDate returns the date of an end of support.
func endDate(e row.EndOfSupport) *string {
	if e.Date.IsZero() {
		return nil
	}
	text := e.Date.UTC().Format("2006-01-02T15:04:05") + "+00:00"
	return &text
}

func drawText(t *rapid.T, label string) string {
	hostile := rapid.StringOf(rapid.RuneFrom(
		[]rune("ab_ \"\\/<>&'\x00\x01\b\t\n\f\r\x1b\x1f\x7fé\u0080\u2027\u2028\u2029\u202a\ufffd\uffff😀")))
	broken := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) })
	return rapid.OneOf(hostile, rapid.String(), broken).Draw(t, label)
}

func drawTexts(t *rapid.T, label string) []string {
	texts := make([]string, rapid.IntRange(0, 3).Draw(t, label))
	for i := range texts {
		texts[i] = drawText(t, label)
	}
	return texts
}

func drawTime(t *rapid.T, label string) time.Time {
	first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	nanoseconds := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 999_999_999)).Draw(t, label+" fraction")
	return time.Unix(rapid.Int64Range(first, last).Draw(t, label), nanoseconds)
}

func drawDevice(t *rapid.T) row.Device {
	return row.Device{
		ID: drawText(t, "device id"), Name: drawText(t, "device name"), OSPlatform: drawText(t, "platform"),
		OSVersion: drawText(t, "os version"), OSArchitecture: drawText(t, "architecture"),
		GroupID: rapid.Int64().Draw(t, "group id"), GroupName: drawText(t, "group"),
	}
}

func drawSoftwareKey(t *rapid.T) row.SoftwareKey {
	return row.SoftwareKey{Vendor: drawText(t, "vendor"), Name: drawText(t, "name"), Version: drawText(t, "version")}
}

func drawEndOfSupport(t *rapid.T) row.EndOfSupport {
	end := row.EndOfSupport{Status: rapid.SampledFrom([]string{"", "None", "EOS Version",
		"Upcoming EOS Software"}).Draw(t, "end")}
	if rapid.Bool().Draw(t, "dated") {
		end.Date = drawTime(t, "end of support")
	}
	return end
}

func drawVulnerability(t *rapid.T) row.Vulnerability {
	return row.Vulnerability{
		SoftwareKey: drawSoftwareKey(t), CVE: drawText(t, "cve"),
		Score: float64(rapid.IntRange(0, 100).Draw(t, "score")) / 10, Scored: rapid.Bool().Draw(t, "scored"),
		Update: row.Update{Title: drawText(t, "update"), ID: drawText(t, "update id"),
			URL: drawText(t, "update url")},
		UpdateAvailable: rapid.Bool().Draw(t, "update available"), EndOfSupport: drawEndOfSupport(t),
		Exploitability: rapid.SampledFrom([]string{"NoExploit", "ExploitIsPublic", "ExploitIsVerified",
			"ExploitIsInKit"}).Draw(t, "exploitability"),
		MitigationStatus: drawText(t, "mitigation"), BatchTitle: drawText(t, "batch"), BatchURL: drawText(t, "batch url"),
	}
}
