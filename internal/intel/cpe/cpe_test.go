package cpe

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		in   string
		want Name
	}{
		{"cpe:2.3:a:mozilla:firefox:*:*:*:*:*:*:*:*",
			Name{Part: "a", Vendor: "mozilla", Product: "firefox"}},
		{"cpe:2.3:o:microsoft:windows_10_22H2:10.0.19045.5011:*:*:*:*:*:x64:*",
			Name{Part: "o", Vendor: "microsoft", Product: "windows_10_22h2", Version: "10.0.19045.5011", TargetHW: "x64"}},
		{"cpe:2.3:a:oracle:jdk:1.8.0:update381:*:*:*:*:*:*",
			Name{Part: "a", Vendor: "oracle", Product: "jdk", Version: "1.8.0", Update: "update381"}},
		{`cpe:2.3:a:notepad-plus-plus:notepad\+\+:8.1.9\:2:*:*:*:*:*:*:*`,
			Name{Part: "a", Vendor: "notepad-plus-plus", Product: "notepad++", Version: "8.1.9:2"}},
		{"cpe:2.3:a:x:y:-:*:*:*:esr:iphone_os:*:*",
			Name{Part: "a", Vendor: "x", Product: "y", Version: NA, SWEdition: "esr", TargetSW: "iphone_os"}},
		{"cpe:2.3:a:x:y:1.*:*:*:*:*:*:*:*",
			Name{Part: "a", Vendor: "x", Product: "y", Version: "1.*"}},
		{"cpe:/o:redhat:enterprise_linux:8::baseos",
			Name{Part: "o", Vendor: "redhat", Product: "enterprise_linux", Version: "8", Edition: "baseos"}},
		{"cpe:/a:hp:insight:7.4.0.1570::~~online~win2003~x64~",
			Name{Part: "a", Vendor: "hp", Product: "insight", Version: "7.4.0.1570", SWEdition: "online",
				TargetSW: "win2003", TargetHW: "x64"}},
		{"cpe:/a:foo%21:B%40r", Name{Part: "a", Vendor: "foo!", Product: "b@r"}},
		{"CPE:/a:foo:bar", Name{Part: "a", Vendor: "foo", Product: "bar"}},
	}
	for _, tt := range tests {
		got, err := Parse(tt.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.in, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		in   string
		want error
	}{
		{"", ErrSyntax},
		{"firefox", ErrSyntax},
		{"cpe:2.3:a:mozilla:firefox", ErrFields},
		{"cpe:2.3:a:mozilla:firefox:1:*:*:*:*:*:*:*:*", ErrFields},
		{"cpe:2.3:x:mozilla:firefox:*:*:*:*:*:*:*:*", ErrSyntax},
		{"cpe:2.3:a:*:firefox:*:*:*:*:*:*:*:*", ErrSyntax},
		{"cpe:2.3:a:-:firefox:*:*:*:*:*:*:*:*", ErrSyntax},
		{"cpe:2.3:*:mozilla:firefox:*:*:*:*:*:*:*:*", ErrSyntax},
		{"cpe:2.3:a:*:*:*:*:*:*:*:*:*:*", ErrSyntax},
		{"cpe:2.3:a:moz*:firefox:*:*:*:*:*:*:*:*", ErrWildcard},
		{"cpe:/a:moz%02:firefox", ErrWildcard},
		{"cpe:/a:mozilla", ErrFields},
		{"cpe:/a:mozilla:fire%zzfox", ErrSyntax},
		{"cpe:/a:x:y:1:2:~~a", ErrFields},
		{"cpe:/a:1:2:3:4:5:6:7", ErrFields},
		{"cpe:2.3:a:" + strings.Repeat("x", 5000), ErrSyntax},
	}
	for _, tt := range tests {
		if got, err := Parse(tt.in); !errors.Is(err, tt.want) {
			t.Errorf("Parse(%.60q) = %+v, %v; want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestParsePrefix(t *testing.T) {
	want := Name{Part: "a", Vendor: "mozilla", Product: "firefox"}
	for _, in := range []string{"cpe:2.3:a:mozilla:firefox", "cpe:/a:mozilla:firefox",
		"cpe:2.3:a:mozilla:firefox:*:*:*:*:*:*:*:*"} {
		got, err := ParsePrefix(in)
		if err != nil || got != want {
			t.Errorf("ParsePrefix(%q) = %+v, %v", in, got, err)
		}
	}
	if got, err := ParsePrefix("cpe:2.3:a:mozilla"); !errors.Is(err, ErrFields) {
		t.Errorf("a vendor alone = %+v, %v; want %v", got, err, ErrFields)
	}
}

func TestNarrowing(t *testing.T) {
	n := Name{TargetSW: NA, SWEdition: "esr"}
	if target, edition := n.Narrowing(); target != "" || edition != "esr" {
		t.Errorf("Narrowing() = %q, %q", target, edition)
	}
}

// A parsed name is in lower case and names a product; parsing never panics, whatever the bytes.
func FuzzParse(f *testing.F) {
	f.Add("cpe:2.3:a:mozilla:firefox:*:*:*:*:*:*:*:*")
	f.Add(`cpe:2.3:a:x\:y:z\\:1\*:*:*:*:*:*:*:*`)
	f.Add("cpe:/a:hp:insight:7.4.0.1570::~~online~win2003~x64~")
	f.Fuzz(func(t *testing.T, s string) {
		name, err := ParsePrefix(s)
		if err != nil {
			return
		}
		if name.Part == "" || name.Vendor == "" || name.Product == "" {
			t.Errorf("%q names no product", s)
		}
		for _, attribute := range name.attributes() {
			if *attribute != strings.ToLower(*attribute) {
				t.Errorf("%q: attribute %q is not in lower case", s, *attribute)
			}
		}
	})
}
