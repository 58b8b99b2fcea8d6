package catalog_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// branch is a publisher's statement that builds for a minor release have a fix from a version on.
func branch(minor, name, cve, from string) intel.Record {
	r := own("Red Hat:minor:"+minor, name, cve, "", intel.FixUnstated)
	p := &r.Packages[0]
	p.Branch, p.Ranges = true, []intel.Range{{Low: from, Unaffected: true}}
	return r
}

// inModule puts a statement into a module stream.
func inModule(r intel.Record, stream string) intel.Record {
	r.Packages[0].Module = stream
	return r
}

// TestRedHat: a build for an earlier minor release that has the fix is not affected, and others are; what is fixed
// for subscribers is a finding; what is not fixed is one at every version, of all packages of the source.
func TestRedHat(t *testing.T) {
	const main9, app8 = "Red Hat:enterprise_linux:9::baseos", "Red Hat:enterprise_linux:8::appstream"
	c := catalogOfFeeds(t, compile(t, "osv", advises(main9, "sudo", "RHSA-2024:0811", "", "0:1.9.5p2-10.el9_3", "CVE-2023-42465")),
		compile(t, "redhat",
			own(main9, "sudo", "CVE-2023-42465", "0:1.9.5p2-10.el9_3", intel.FixUnstated),
			branch("9.2", "sudo", "CVE-2023-42465", "0:1.9.5p2-9.el9_2.2"), branch("9.0", "sudo", "CVE-2023-42465", "0:1.9.5p2-7.el9_0.4"),
			own("Red Hat:enterprise_linux:9", "perl", "CVE-2023-0001", "", intel.FixDeferred),
			own("Red Hat:enterprise_linux:9", "kernel", "CVE-2023-0002", "", intel.FixDeclined),
			branch("9.2", "kernel-core", "CVE-2023-0002", "0:5.14.0-284.30.1.el9_2"),
			own("Red Hat:rhel_els:7", "bind", "CVE-2023-0003", "32:9.11.4-26.el7_9.16", intel.FixUnstated),
			inModule(own(app8, "ruby", "CVE-2023-0004", "0:3.1.4-142.module+el8.9.0+21471+7d1e4a35", intel.FixUnstated), "ruby:3.1"),
			inModule(own("Red Hat:enterprise_linux:8", "ruby", "CVE-2023-0004", "", intel.FixEnded), "ruby:2.5")))
	rpm := func(name, version, source, sourceVersion, release string) catalog.Component {
		r := linux("rpm", name, version, "enterprise_linux_"+release)
		r.SourcePackage, r.SourceVersion = source, sourceVersion
		return r
	}
	for _, test := range []struct {
		what string
		catalog.Component
		cve   string
		state intel.FixState
		found bool
	}{
		{"below the fix", rpm("sudo", "0:1.9.5p2-9.el9_3", "", "", "9.3"), "CVE-2023-42465", 0, true},
		{"at the fix", rpm("sudo", "0:1.9.5p2-10.el9_3", "", "", "9.3"), "CVE-2023-42465", 0, false},
		{"at the fix for 9.2", rpm("sudo", "0:1.9.5p2-9.el9_2.2", "", "", "9.2"), "CVE-2023-42465", 0, false},
		{"below the fix for 9.2", rpm("sudo", "0:1.9.5p2-9.el9_2.1", "", "", "9.2"), "CVE-2023-42465", 0, true},
		{"above the fix for 9.0, built for 9.2", rpm("sudo", "0:1.9.5p2-8.el9_2", "", "", "9.2"), "CVE-2023-42465", 0, true},
		{"above the fix for 9.0, built for all", rpm("sudo", "0:1.9.5p2-9.el9", "", "", "9.2"), "CVE-2023-42465", 0, true},
		{"not fixed, the source has another version", rpm("perl-IO", "0:1.43-481.el9", "perl", "5.32.1-481.el9", "9.4"), "CVE-2023-0001", intel.FixDeferred, true},
		{"not fixed, the package itself", rpm("perl", "4:5.32.1-481.el9", "perl", "5.32.1-481.el9", "9.4"), "CVE-2023-0001", intel.FixDeferred, true},
		{"not fixed, another source", rpm("bash", "0:5.1.8-9.el9", "bash", "5.1.8-9.el9", "9.4"), "CVE-2023-0001", 0, false},
		{"will not be fixed", rpm("kernel-core", "0:5.14.0-503.el9", "kernel", "5.14.0-503.el9", "9.5"), "CVE-2023-0002", intel.FixDeclined, true},
		{"fixed for 9.2 alone", rpm("kernel-core", "0:5.14.0-284.40.1.el9_2", "kernel", "5.14.0-284.40.1.el9_2", "9.2"), "CVE-2023-0002", 0, false},
		{"fixed for subscribers", rpm("bind", "32:9.11.4-26.el7_9.15", "bind", "9.11.4-26.el7_9.15", "7.9"), "CVE-2023-0003", 0, true},
		{"with what subscribers get", rpm("bind", "32:9.11.4-26.el7_9.16", "bind", "9.11.4-26.el7_9.16", "7.9"), "CVE-2023-0003", 0, false},
		{"another major release", rpm("bind", "32:9.11.4-26.el8", "bind", "9.11.4-26.el8", "8.9"), "CVE-2023-0003", 0, false},
		{"a stream that is fixed", rpm("ruby", "0:3.1.4-142.module+el8.9.0+21471+7d1e4a35", "ruby", "", "8.9"), "CVE-2023-0004", 0, false},
		{"below the fix of a stream", rpm("ruby", "0:3.1.2-141.module+el8.9.0+1+2", "ruby", "", "8.9"), "CVE-2023-0004", 0, true},
		{"a stream that is not", rpm("ruby", "0:2.5.9-111.module+el8.9.0+19193+435404ae", "ruby", "", "8.9"), "CVE-2023-0004", intel.FixEnded, true},
		{"another stream", rpm("ruby", "0:3.3.5-3.module+el8.10.0+22271+6a48b0b9", "ruby", "", "8.10"), "CVE-2023-0004", 0, false},
	} {
		v, e := c.Verdict(test.Component), c.Explain(test.Component, test.cve)
		h := hit(v, test.cve)
		if (h != nil) != test.found || h != nil && h.Fix.State != test.state {
			t.Errorf("%s: %+v", test.what, h)
		}
		if e.Affected() != (h != nil) {
			t.Errorf("%s: explained as affected %v: %+v", test.what, e.Affected(), e.Statements)
		}
	}
}
