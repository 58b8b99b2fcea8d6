package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// A proxy's export may have more reports than a body: it is sent in several, and an error in a
// later body does not undo earlier ones.
func TestAFileOfMoreReportsThanABodyHas(t *testing.T) {
	s := newSite(t)
	var lines, packed bytes.Buffer
	for i := range control.MaxReports + 1 {
		fmt.Fprintf(&lines, `{"device":{"name":"host-%d"}}`+"\n\n", i)
	}
	w := gzip.NewWriter(&packed)
	_, err := w.Write(lines.Bytes())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	accepted := func(out string) int {
		var reply struct {
			Accepted int
			Reports  []sent
		}
		if err := json.Unmarshal([]byte(out), &reply); err != nil || len(reply.Reports) != reply.Accepted {
			t.Errorf("%d reports of %d: %v", len(reply.Reports), reply.Accepted, err)
		}
		return reply.Accepted
	}
	if n := accepted(s.muster("report", s.file("all.ndjson.gz", packed.Bytes()), "--json")); n != control.MaxReports+1 {
		t.Errorf("%d reports were stored, want %d", n, control.MaxReports+1)
	}
	lines.WriteString("{]\n")
	status, out, complaint := s.command("report", s.file("broken.ndjson", lines.Bytes()), "--json")
	if status != console.StatusInput || accepted(out) != control.MaxReports {
		t.Errorf("status %d, %d reports were stored; want %d and %d", status, accepted(out),
			console.StatusInput, control.MaxReports)
	}
	for _, want := range []string{"10000 reports were stored", "the next 2, from line 20001 on"} {
		if !strings.Contains(complaint, want) {
			t.Errorf("%q is not in %q", want, complaint)
		}
	}
}
