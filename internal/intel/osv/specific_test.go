package osv_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/osv"
)

// TestSeverity reads the words of each publisher where it writes them, and passes over what has
// another shape.
func TestSeverity(t *testing.T) {
	for _, test := range []struct {
		advisory, affected string // further fields
		want               intel.Severity
	}{
		{`"summary":"Important: kernel security update"`, ``, intel.SeverityHigh},
		{`"summary":"openssl: a fault"`, ``, intel.SeverityUnknown},
		{`"severity":[{"type":"Ubuntu","score":"medium"},{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}]`, ``, intel.SeverityMedium},
		{`"severity":[{"type":"Ubuntu","score":"untriaged"}]`, ``, intel.SeverityUnknown},
		{`"database_specific":{"severity":"MODERATE","github_reviewed":true}`, ``, intel.SeverityMedium},
		{`"database_specific":{"severity":"Critical","cpes":["cpe:2.3:a:x:y"]}`, ``, intel.SeverityCritical},
		{``, `"ecosystem_specific":{"urgency":"unimportant"}`, intel.ParseSeverity("unimportant")},
		{``, `"ecosystem_specific":{"urgency":"not yet assigned"}`, intel.SeverityUnknown},
		{``, `"ecosystem_specific":{"urgency":"high"}`, intel.SeverityHigh},
		{``, `"ecosystem_specific":{"severity":"HIGH","functions":["a"]}`, intel.SeverityHigh},
		{``, `"ecosystem_specific":{"ubuntu_priority":"negligible"}`, intel.ParseSeverity("negligible")},
		{``, `"severity":[{"type":"text","score":"Low"}]`, intel.SeverityLow},
		{`"summary":"Critical: x","database_specific":{"severity":"HIGH"}`, `"ecosystem_specific":{"urgency":"low"}`,
			intel.SeverityLow},
		{`"database_specific":{"severity":{"level":"HIGH"}}`, `"ecosystem_specific":["high"]`, intel.SeverityUnknown},
		{`"database_specific":null`, `"ecosystem_specific":{"severity":null,"urgency":3}`, intel.SeverityUnknown},
	} {
		p := withFields(t, test.advisory, test.affected)
		if p.Severity != test.want {
			t.Errorf("%s %s: severity %v, want %v", test.advisory, test.affected, p.Severity, test.want)
		}
	}
}

// withFields is the package of an advisory with further fields.
func withFields(t *testing.T, advisory, affected string) intel.Package {
	t.Helper()
	for _, fields := range []*string{&advisory, &affected} {
		if *fields != "" {
			*fields = "," + *fields
		}
	}
	text := fmt.Sprintf(`{"id":"X-1"%s,"affected":[{"package":{"ecosystem":"openSUSE:Leap 15.6","name":"openssl-3"},`+
		`"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.1-2"}]}]%s}]}`, advisory, affected)
	records, odd := inteltest.Parse(t, osv.Feed{}, inteltest.File("X-1.json", text))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	return records[0].Packages[0]
}

// TestBinaries reads the packages that were built from a source, as each publisher lists them.
func TestBinaries(t *testing.T) {
	for _, test := range []struct {
		affected string
		want     []string
	}{
		{`"ecosystem_specific":{"binaries":[{"libopenssl3":"3.1-2","openssl-3":"3.1-2"},{"libopenssl3":"3.1-2"}]}`,
			[]string{"libopenssl3", "openssl-3"}},
		{`"ecosystem_specific":{"binaries":[{"binary_name":"libssl3","binary_version":"3.0"},{"binary_name":"openssl"}]}`,
			[]string{"libssl3", "openssl"}},
		{`"ecosystem_specific":{"src":["openssl-1.1.1wa-9.oe2403.src.rpm"],"x86_64":["openssl-libs-1.1.1wa-9.oe2403.x86_64.rpm"],` +
			`"noarch":["openssl-help-1.1.1wa-9.oe2403.noarch.rpm","x.rpm",".rpm","a-b"]}`, []string{"openssl-help", "openssl-libs"}},
		{`"ecosystem_specific":{"binaries":{"libssl3":"1"},"x86_64":"a-1-1.rpm"}`, nil},
		{`"ecosystem_specific":{"binaries":[1,2]}`, nil},
		{``, nil},
	} {
		if diff := cmp.Diff(test.want, withFields(t, "", test.affected).Binaries); diff != "" {
			t.Errorf("%s: %s", test.affected, diff)
		}
	}
}
