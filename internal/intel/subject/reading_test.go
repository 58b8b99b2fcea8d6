package subject_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/subject"
)

// TestReadings says how texts of each class are read.
func TestReadings(t *testing.T) {
	for _, test := range []struct{ vendor, name, version, maker, title string }{
		{"Fortinet Inc", "FortiClientWindows", "7.0.1", "fortinet", "forticlient"},
		{"Samsung", "MagicINFO 9 Server", "9.1.2", "samsung", "magicinfo server"},
		{"Adobe Systems Incorporated", "Adobe Acrobat Reader DC - Deutsch", "20.1", "adobe systems", "adobe acrobat reader dc"},
		{"Adobe", "Adobe Acrobat X Pro - English, Français, Deutsch", "10.1.1", "adobe", "adobe acrobat x pro"},
		{"Adobe", "Adobe Acrobat X Pro - English, Franc\u0327ais, Deutsch", "10.1.1", "adobe", "adobe acrobat x pro"},
		{"Adobe", "Adobe Acrobat Reader DC (2015) MUI", "15.006.30417", "adobe", "adobe acrobat reader dc"},
		{"The OpenSSL Project, https://www.openssl.org/", "OpenSSL", "3", "openssl", "openssl"},
		{"Mozilla", "Mozilla Firefox 57.0.2 (fr)", "57.0.2", "mozilla", "mozilla firefox"},
		{"Microsoft Corporation", "PowerShell 7-x64", "7.5.2.0", "microsoft", "powershell"},
		{"CN=Microsoft Windows, O=Microsoft Corporation, L=Redmond, S=Washington, C=US", "X", "1", "microsoft", "x"},
		{"Oracle and/or its affiliates", "Oracle VirtualBox 7.1.12", "7.1.12", "oracle", "virtualbox"},
		{"株式会社ジャストシステム", "一太郎", "33", "ジャストシステム", "一太郎"},
		{"㈱エムソフト", "ＡＢＣ", "1", "エムソフト", "abc"},
		{"Notepad++ Team", "Notepad++ (ARM 64-bit)", "8.8.6", "notepad++", "notepad++"},
		{"Zoom", "Zoom® for Windows", "5", "zoom", "zoom"},
		{"Apple Inc.", "QuickTime 7", "7.79.80.95", "apple", "quicktime"},
	} {
		readings := subject.Readings(test.vendor, test.name, test.version)
		if want := (subject.Title{Vendor: test.maker, Name: test.title}); !slices.Contains(readings, want) {
			t.Errorf("%q %q: %q lacks %q", test.vendor, test.name, readings, want)
		}
	}
	for _, name := range []string{"Darwin", "Windows", "Office 2010", "Visual Studio Community 2022", "Java 8 Update 111", "Mac"} {
		if readings := subject.Readings("Acme", name, "14.0"); len(readings) != 1 {
			t.Errorf("%q is read as %q", name, readings)
		}
	}
}

// TestCleanText says of any text: its words are separated by one space, whatever blanks it had, and it stays as it is.
func TestCleanText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ _"a-c(r)\t]{0,12}`)).Draw(t, "text")
		clean := subject.CleanText(text)
		blank := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '_' || r == '"' }
		if clean != strings.Join(strings.FieldsFunc(clean, blank), " ") {
			t.Fatalf("%q becomes %q", text, clean)
		}
	})
}

// TestReadingsAreShorter says for any text: it is the first of its readings, they are few and each once, and none
// has a letter that the text lacks.
func TestReadingsAreShorter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.StringN(0, 8, 24), rapid.SampledFrom([]string{"Windows", "for", "-", "(fr)", "Deutsch", "7", "7.1",
			"(x64)", "MUI", "(2015)", "https://a.example", "Team", "株式会社", "CN=a, O=b, C=c", "Acme", "AcmeWindows"}))
		vendor := strings.Join(rapid.SliceOfN(word, 0, 5).Draw(t, "vendor"), " ")
		name := strings.Join(rapid.SliceOfN(word, 0, 6).Draw(t, "name"), " ")
		version := rapid.SampledFrom([]string{"", "7", "7.1.2", "57"}).Draw(t, "version")
		readings := subject.Readings(vendor, name, version)
		clean := subject.Title{Vendor: subject.CleanVendor(vendor), Name: subject.CleanName(name, version)}
		if len(readings) == 0 || readings[0] != clean {
			t.Fatalf("%q %q: %q does not begin with %q", vendor, name, readings, clean)
		}
		bare := strings.NewReplacer("(", "", ")", "", "[", "", "]", "", "_", " ").Replace(subject.CleanText(name))
		seen := map[subject.Title]bool{}
		for _, r := range readings {
			if seen[r] {
				t.Fatalf("%q is there twice", r)
			}
			seen[r] = true
			for _, text := range strings.Fields(r.Name) {
				if !strings.Contains(clean.Name, text) && !strings.Contains(bare, text) {
					t.Fatalf("%q: %q is not in the text", name, text)
				}
			}
		}
		if len(readings) > 80 {
			t.Fatalf("%d readings of %q %q", len(readings), vendor, name)
		}
	})
}
