package vdr_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/vdr"
	"github.com/muster-project/muster/internal/vdr/vdrtest"
)

var at = time.Date(2026, 11, 29, 1, 0, 0, 0, time.FixedZone("", 3600))

// A report is valid whichever of its lists are empty, and says what was written.
func TestReportIsValid(t *testing.T) {
	score := 0.5
	software := vdr.Component{Type: "application", Ref: vdr.RefOf("software", "a/b", "c"), Name: "c", Version: "1",
		PURL: "pkg:npm/c@1", CPE: "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"}
	device := vdr.Component{Type: "device", Ref: vdr.RefOf("device", "1"), Name: "web1",
		Properties: []vdr.Property{{Name: "muster:device", Value: "1"}}}
	v := vdr.Of(vdr.Facts{ID: "CVE-2024-1", Severity: "High", Score: 7.5, Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
		EPSS: &score, KEV: true, Exploitability: "NoExploit", Published: "2024-01-01T00:00:00Z"})
	v.Rate(7.5, "High", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N")
	v.Rate(0, "", "")
	v.Affect(software.Ref, "1")
	for range 2 {
		v.Mend("c", "c 2", "ADV-1", "https://example.com/1")
		v.Mend("d", "", "", "")
	}
	for name, write := range map[string]func(*vdr.Writer) error{
		"nothing": func(*vdr.Writer) error { return nil },
		"all": func(w *vdr.Writer) error {
			return errors.Join(w.Component(&software), w.Component(&device), w.Vulnerability(v),
				w.Depend(device.Ref, []string{software.Ref}))
		},
		"no vulnerability": func(w *vdr.Writer) error {
			return errors.Join(w.Component(&device), w.Depend(device.Ref, []string{}))
		},
	} {
		var text bytes.Buffer
		w := vdr.NewWriter(&text, vdr.Head{Version: "v1", Time: at, Properties: []vdr.Property{{Name: "a", Value: "b"}}})
		if err := errors.Join(write(w), w.End()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		bom := vdrtest.Check(t, text.Bytes())
		if bom.Metadata.Timestamp != "2026-11-29T00:00:00Z" {
			t.Errorf("%s: time %s", name, bom.Metadata.Timestamp)
		}
		if name != "all" {
			continue
		}
		got := (*bom.Vulnerabilities)[0]
		if len(*got.Ratings) != 2 || len(*got.Advisories) != 1 || got.Recommendation != "c: c 2" ||
			len(vdrtest.Components(bom)) != 2 || len(*bom.Dependencies) != 1 {
			t.Errorf("%s", text.String())
		}
	}
}

// What cannot be written is told by every call after it, and a list that was left is not written into.
func TestErrorsStay(t *testing.T) {
	full := errors.New("full")
	w := vdr.NewWriter(fails{full}, vdr.Head{})
	if err := w.Component(&vdr.Component{}); !errors.Is(err, full) || !errors.Is(w.End(), full) {
		t.Errorf("%v", err)
	}
	w = vdr.NewWriter(&strings.Builder{}, vdr.Head{})
	if err := w.Depend("a", nil); err != nil {
		t.Error(err)
	}
	if w.Component(&vdr.Component{}) == nil || w.End() == nil {
		t.Error("a component after dependencies")
	}
}

type fails struct{ error }

func (f fails) Write([]byte) (int, error) { return 0, f.error }
