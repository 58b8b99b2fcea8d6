package intel_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

func TestParseScore(t *testing.T) {
	tests := []struct {
		vector, version string
		base            float64
	}{
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8},
		{"CVSS:3.0/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", "3.0", 4.0},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C", "3.1", 9.8}, // only the base score
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 9.3},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", "4.0", 9.3},
		{"AV:N/AC:M/Au:N/C:P/I:P/A:N", "2.0", 5.8},
		{"(AV:N/AC:M/Au:N/C:P/I:P/A:N)", "2.0", 5.8},
		{"AV:N/AC:M/Au:N/C:P/I:P/A:N/E:POC/RL:OF/RC:C", "2.0", 5.8},
	}
	for _, tt := range tests {
		want := intel.Score{Version: tt.version, Vector: tt.vector, Base: tt.base, By: intel.ByCNA}
		if got, ok := intel.ParseScore(tt.vector, intel.ByCNA); !ok || got != want {
			t.Errorf("ParseScore(%q) = %+v, %t", tt.vector, got, ok)
		}
	}
	for _, vector := range []string{"", "medium", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N", "CVSS:4.0", "AV:N/AC:M"} {
		if got, ok := intel.ParseScore(vector, intel.ByCNA); ok {
			t.Errorf("ParseScore(%q) = %+v", vector, got)
		}
	}
}

func FuzzParseScore(f *testing.F) {
	f.Add("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
	f.Add("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
	f.Add("AV:N/AC:M/Au:N/C:P/I:P/A:N")
	f.Fuzz(func(t *testing.T, vector string) {
		if score, ok := intel.ParseScore(vector, intel.ByCNA); ok && (score.Base < 0 || score.Base > 10) {
			t.Errorf("ParseScore(%q) = %v", vector, score.Base)
		}
	})
}

func TestParseTime(t *testing.T) {
	want := time.Date(2024, 10, 9, 12, 59, 7, 0, time.UTC)
	for _, text := range []string{"2024-10-09T12:59:07Z", "2024-10-09T14:59:07+02:00", "2024-10-09T12:59:07",
		"2024-10-09T12:59:07.000Z", "2024-10-09T12:59:07.000"} {
		if got := intel.ParseTime(text); !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %v", text, got)
		}
	}
	if got := intel.ParseTime("2024-10-09"); !got.Equal(want.Truncate(24 * time.Hour)) {
		t.Errorf("a date is %v", got)
	}
	if got := intel.ParseTime("soon"); !got.IsZero() {
		t.Errorf("prose is %v", got)
	}
}

func TestIsCVE(t *testing.T) {
	for id, want := range map[string]bool{
		"CVE-2024-0001": true, "CVE-1999-123456": true,
		"": false, "CVE-2024-1": false, "CVE-24-0001": false, "cve-2024-0001": false, "CVE-2024-00x1": false,
		"CVE-2024-0001 ": false, "TVM-2020-0002": false, "CVE-2024-00010002000300040005": false,
	} {
		if intel.IsCVE(id) != want {
			t.Errorf("IsCVE(%q) = %t", id, !want)
		}
	}
}

func TestVersionText(t *testing.T) {
	tests := []struct {
		text           string
		version, bound bool
	}{
		{"1.2.3", true, true}, {"v7.2.8.810", true, true}, {"1.1.1zb", true, true}, {"12.0(24)S", true, true},
		{"4.4 SP 7", true, true}, {"5.1.3 build 20240116", true, true}, {"9.0.0-M1", true, true},
		{"RC7", true, false}, {"h5.1.5", true, false}, {"2020-10-29", true, false}, {"vv1", true, false},
		{"n/a", false, false}, {"", false, false}, {"and 1.2 earlier", false, false}, {"Windows 10", false, false},
		{"3.0; 2.0", false, false}, {"2,24.1", false, false}, {"https://aka.ms/1", false, false}, {"1.2.*", false, false},
	}
	for _, tt := range tests {
		if got := intel.IsVersion(tt.text); got != tt.version {
			t.Errorf("IsVersion(%q) = %t", tt.text, got)
		}
		if got := intel.IsBound(tt.text); got != tt.bound {
			t.Errorf("IsBound(%q) = %t", tt.text, got)
		}
	}
}

func TestAfterAll(t *testing.T) {
	for branch, want := range map[string]string{"5.10": "5.11", "9": "10", "v2.09": "v2.10", "5.x": "", "": "",
		"1.9999999999999999999": ""} {
		if got, ok := intel.AfterAll(branch); got != want || ok != (want != "") {
			t.Errorf("AfterAll(%q) = %q, %t; want %q", branch, got, ok, want)
		}
	}
}

func TestShowsExploit(t *testing.T) {
	for _, test := range []struct {
		address string
		tags    []string
		want    bool
	}{
		{"https://example.com/", []string{"patch", "exploit"}, true},
		{"https://example.com/", []string{"Exploit"}, true},
		{"https://example.com/", []string{"x_refsource_EXPLOIT-DB"}, false},
		{"https://www.exploit-db.com/exploits/41714", nil, true},
		{"http://exploit-db.com/exploits/31176/", []string{"x_transferred"}, true},
		{"https://WWW.Exploit-DB.com:443/exploits/1?x=y", nil, true},
		{"https://www.exploit-db.com/exploits/", nil, false},
		{"https://www.exploit-db.com/docs/41714.pdf", nil, false},
		{"https://www.exploit-db.com/exploits/41714/more", nil, false},
		{"https://example.com/?u=exploit-db.com/exploits/1", nil, false},
		{"https://not-exploit-db.com/exploits/1", nil, false},
		{"exploit-db.com/exploits/1", nil, false},
		{"https://[/exploits/1", nil, false},
	} {
		if got := intel.ShowsExploit(test.address, test.tags); got != test.want {
			t.Errorf("%s %q: %t", test.address, test.tags, got)
		}
	}
}
