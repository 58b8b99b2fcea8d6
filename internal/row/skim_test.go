package row_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// For written rows, Skim and SameButLastSeen agree with Scan and EqualButLastSeen.
func TestSkimAgreesWithScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for d := range defender.Dataset(defender.DatasetCount) {
			shape := row.ShapeOf(d, false)
			lines := [2][]byte{drawRow(t, d), drawRow(t, d)}
			if rapid.Bool().Draw(t, "same but last seen") {
				var scanned row.Row
				if _, err := shape.Scan(&scanned, lines[0]); err != nil {
					t.Fatal(err)
				}
				lines[1] = shape.AppendLastSeen(nil, &scanned, row.NewTimestamp(drawTime(t, "last seen")))
			}
			var scanned, skimmed [2]row.Row
			for i, line := range lines {
				if _, err := shape.Scan(&scanned[i], line); err != nil {
					t.Fatal(err)
				}
				rest, err := shape.Skim(&skimmed[i], append(bytes.Clone(line), "rest"...))
				if err != nil || string(rest) != "rest" {
					t.Fatalf("Skim: %v, rest %q", err, rest)
				}
				if got, want := skimmed[i].AppendKey(nil), scanned[i].AppendKey(nil); !bytes.Equal(got, want) {
					t.Fatalf("key %q, want %q", got, want)
				}
				got, _ := skimmed[i].FirstSeen()
				if want, _ := scanned[i].FirstSeen(); got != want {
					t.Fatalf("first seen %v, want %v", got, want)
				}
			}
			got := shape.SameButLastSeen(lines[0], lines[1])
			if want := row.EqualButLastSeen(&scanned[0], &scanned[1]); got != want {
				t.Fatalf("SameButLastSeen is %t, EqualButLastSeen %t of\n%s%s", got, want, lines[0], lines[1])
			}
		}
	})
}

// drawRow makes a row of a dataset.
func drawRow(t *rapid.T, d defender.Dataset) []byte {
	device, key := drawDevice(t), drawSoftwareKey(t)
	piece, software := device.Piece(), key.Piece(drawEndOfSupport(t))
	evidence := row.Evidence(drawTexts(t, "disk"), drawTexts(t, "registry"))
	seen, first := row.NewTimestamp(drawTime(t, "seen")), row.NewTimestamp(drawTime(t, "first"))
	switch d {
	case defender.Configurations:
		configuration := row.Configuration{ID: drawText(t, "id"), Name: drawText(t, "name")}
		c := configuration.Piece()
		return row.AppendConfiguration(nil, &piece, &c, seen, true, true)
	case defender.Software:
		return row.AppendSoftware(nil, &piece, &software, &evidence, 1, first)
	case defender.NoProductCode:
		return row.AppendNoProductCode(nil, &piece, &software, seen, drawText(t, "path"))
	}
	finding := drawVulnerability(t)
	switch finding.CVE = ""; d {
	case defender.Vulnerabilities:
		finding.CVE = "CVE-2024-" + drawText(t, "number")
	case defender.NonCVEAdvisories:
		finding.CVE = "GHSA-" + drawText(t, "id")
	}
	v := finding.Piece()
	return row.AppendVulnerability(nil, &piece, &v, &evidence, seen, first)
}

// FuzzSkim: for any bytes Skim ends, and errors wrap ErrRow.
func FuzzSkim(f *testing.F) {
	f.Add([]byte(`{"Id":"a","DeviceId":"b","SoftwareVendor":"c","SoftwareName":"d\"","SoftwareVersion":"1","CveId":"CVE-1","FirstSeenTimestamp":"2020-01-01 00:00:00"}` + "\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		for d := range defender.Dataset(defender.DatasetCount) {
			var scanned row.Row
			if _, err := row.ShapeOf(d, false).Skim(&scanned, line); err != nil && !errors.Is(err, row.ErrRow) {
				t.Errorf("%v does not wrap ErrRow", err)
			}
			scanned.AppendProductKey(nil)
			scanned.FirstSeen()
			row.ShapeOf(d, false).SameButLastSeen(line, line)
		}
	})
}
