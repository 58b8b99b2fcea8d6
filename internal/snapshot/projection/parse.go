package projection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
)

// maxTexts and maxRead bound the texts that a parser keeps, and the findings by their text.
const (
	maxTexts = 16 << 10
	maxRead  = 8 << 10
)

// parser reads rows. It keeps each text once.
type parser struct {
	row   row.Row
	texts map[string]string
}

// scan reads the next row of a dataset.
func (p *parser) scan(d defender.Dataset, rows []byte) (rest []byte, err error) {
	if rest, err = row.ShapeOf(d, false).Scan(&p.row, rows); err != nil {
		return nil, fmt.Errorf("%s: %w", d, err)
	}
	return rest, nil
}

// text returns the value of a field; "" for null.
func (p *parser) text(f defender.Field) string {
	value := p.row.Value(f)
	if len(value) < 2 {
		return ""
	}
	inner := value[1 : len(value)-1]
	if known, ok := p.texts[string(inner)]; ok {
		return known
	}
	decoded := string(inner)
	if bytes.IndexByte(inner, '\\') >= 0 {
		if err := json.Unmarshal(value, &decoded); err != nil { // a scanned row has no such value
			decoded = string(inner)
		}
	}
	if len(p.texts) >= maxTexts {
		clear(p.texts)
	}
	p.texts[string(inner)] = decoded
	return decoded
}

func (p *parser) number(f defender.Field) float64 {
	n, err := strconv.ParseFloat(string(p.row.Value(f)), 64)
	if err != nil { // absent
		return 0
	}
	return n
}

func (p *parser) is(f defender.Field) bool { return string(p.row.Value(f)) == "true" }

// softwareKey reads the software of the row.
func (p *parser) softwareKey() row.SoftwareKey {
	return row.SoftwareKey{Vendor: p.text(defender.FieldSoftwareVendor), Name: p.text(defender.FieldSoftwareName),
		Version: p.text(defender.FieldSoftwareVersion)}
}

// findingFields are what finding reads.
var findingFields = [...]defender.Field{defender.FieldCVEID, defender.FieldVulnerabilitySeverityLevel,
	defender.FieldCVSSScore, defender.FieldExploitabilityLevel, defender.FieldRecommendedSecurityUpdate,
	defender.FieldRecommendedSecurityUpdateID, defender.FieldRecommendedSecurityUpdateURL,
	defender.FieldSecurityUpdateAvailable, defender.FieldCVEMitigationStatus, defender.FieldCVEBatchTitle,
	defender.FieldCVEBatchURL}

// appendFinding appends what the row has of a finding, as it is written there.
func (p *parser) appendFinding(dst []byte, advisory bool) []byte {
	for _, f := range findingFields {
		dst = append(append(dst, p.row.Value(f)...), 0)
	}
	if advisory {
		dst = append(dst, 1)
	}
	return dst
}

func (p *parser) finding(advisory bool) Finding {
	return Finding{
		CVE: p.text(defender.FieldCVEID), Advisory: advisory,
		Severity: p.text(defender.FieldVulnerabilitySeverityLevel), Score: p.number(defender.FieldCVSSScore),
		Exploitability: p.text(defender.FieldExploitabilityLevel),
		Update: row.Update{Title: p.text(defender.FieldRecommendedSecurityUpdate),
			ID: p.text(defender.FieldRecommendedSecurityUpdateID), URL: p.text(defender.FieldRecommendedSecurityUpdateURL)},
		UpdateAvailable:  p.is(defender.FieldSecurityUpdateAvailable),
		MitigationStatus: p.text(defender.FieldCVEMitigationStatus),
		BatchTitle:       p.text(defender.FieldCVEBatchTitle), BatchURL: p.text(defender.FieldCVEBatchURL),
	}
}

func (p *parser) configuration() row.Configuration {
	return row.Configuration{ID: p.text(defender.FieldConfigurationID), Name: p.text(defender.FieldConfigurationName),
		Category: p.text(defender.FieldConfigurationCategory), Subcategory: p.text(defender.FieldConfigurationSubcategory),
		Impact: p.number(defender.FieldConfigurationImpact), UserImpact: p.is(defender.FieldIsExpectedUserImpact)}
}

// endOfSupport fills in the end of support, unless a row before had it.
func (p *parser) endOfSupport(r *Release) {
	if r.EndOfSupport == "" {
		r.EndOfSupport, r.EndOfSupportDate = p.text(defender.FieldEndOfSupportStatus), p.text(defender.FieldEndOfSupportDate)
	}
}

// release reads the rows of one software of a device. Its Findings are numbered by number, which reads the
// row that was scanned.
func (p *parser) release(rows *assess.Rows, number func(advisory bool) uint32) (r Release, err error) {
	for _, d := range softwareDatasets {
		for rest := rows[d]; len(rest) > 0; {
			if rest, err = p.scan(d, rest); err != nil {
				return r, err
			}
			r.SoftwareKey = p.softwareKey()
			switch d {
			case defender.Software:
				r.Shown |= InSoftware
				r.Weaknesses = int64(p.number(defender.FieldNumberOfWeaknesses))
			case defender.CleanSoftware:
				r.Shown |= InClean
			case defender.NoProductCode:
				r.Shown |= InNoProductCode
			default:
				r.Findings = append(r.Findings, number(d != defender.Vulnerabilities))
			}
			p.endOfSupport(&r)
		}
	}
	return r, nil
}

// softwareDatasets are those with rows of software; the end of support is that of the first with a row.
var softwareDatasets = softwareFirst()

func softwareFirst() []defender.Dataset {
	all := []defender.Dataset{defender.Software, defender.CleanSoftware, defender.NoProductCode}
	for d := range defender.Dataset(defender.DatasetCount) {
		switch d {
		case defender.Software, defender.CleanSoftware, defender.NoProductCode, defender.Configurations:
		default:
			all = append(all, d)
		}
	}
	return all
}

// cursor reads the rows of one dataset of a device, software by software.
type cursor struct {
	dataset defender.Dataset
	rest    []byte
	key     []byte // of the next row's software; nil at the end
	row     row.Row
}

func (c *cursor) start(d defender.Dataset, rows []byte) error {
	c.dataset, c.rest = d, rows
	return c.peek()
}

// peek reads the key of the next row.
func (c *cursor) peek() error {
	if c.key = c.key[:0]; len(c.rest) == 0 {
		c.key = nil
		return nil
	}
	if _, err := row.ShapeOf(c.dataset, false).Skim(&c.row, c.rest); err != nil {
		return fmt.Errorf("%s: %w", c.dataset, err)
	}
	c.key = c.row.AppendSoftwareKey(c.key)
	return nil
}

// take returns the rows of the software with a key, and goes to the next.
func (c *cursor) take(key []byte) ([]byte, error) {
	from := c.rest
	for c.key != nil && bytes.Equal(c.key, key) {
		_, c.rest = row.Line(c.rest)
		if err := c.peek(); err != nil {
			return nil, err
		}
	}
	return from[:len(from)-len(c.rest)], nil
}

// identity reads what rows say of their device.
func (p *parser) identity(d *Device, rows *assess.Rows) error {
	for set := range rows {
		if len(rows[set]) == 0 {
			continue
		}
		if _, err := p.scan(defender.Dataset(set), rows[set]); err != nil {
			return err
		}
		for field, into := range map[defender.Field]*string{defender.FieldDeviceName: &d.Name,
			defender.FieldOSPlatform: &d.OSPlatform, defender.FieldOSVersion: &d.OSVersion,
			defender.FieldOSArchitecture: &d.OSArchitecture} {
			if *into == "" {
				*into = p.text(field)
			}
		}
		if seen, ok := p.row.LastSeen(); ok {
			d.LastSeen = seen.Time()
		}
	}
	d.FromRows = true
	return nil
}
