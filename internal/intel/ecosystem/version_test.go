package ecosystem_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/version"
)

func TestVersion(t *testing.T) {
	for _, test := range [][4]string{
		{"Go", "stdlib", "go1.22.2 X:nocoverageredesign", "1.22.2"},
		{"Go", "stdlib", "1.26.6-X:boringcrypto", "1.26.6"},
		{"Go", "stdlib", "go1.21.9", "1.21.9"},
		{"Go", "stdlib", "v1.22.2", "1.22.2"},
		{"Go", "stdlib", "go1.22", "1.22.0"},
		{"Go", "stdlib", "go1.22rc1", "1.22.0-rc.1"},
		{"Go", "stdlib", "go1.22beta2 X:rangefunc", "1.22.0-beta.2"},
		{"Go", "stdlib", "1.22.0-rc.1", "1.22.0-rc.1"},
		{"Go", "stdlib", "go1.18.3b7", "1.18.3"},
		{"Go", "toolchain", "1.21.3-bigcorp", "1.21.3"},
		{"Go", "stdlib", "go1.21.9 (Red Hat 1.21.9-1.el9)", "1.21.9"},
		{"Go", "stdlib", "devel", "devel"},
		{"Go", "golang.org/x/net", "v0.0.0-20190620200207-3b0461eec859", "0.0.0-20190620200207-3b0461eec859"},
		{"Go", "github.com/docker/docker", "v20.10.7+incompatible", "20.10.7+incompatible"},
		{"RubyGems", "nokogiri", "1.19.3-x86_64-linux-gnu", "1.19.3"},
		{"RubyGems", "nokogiri", "1.19.3.rc1-java", "1.19.3.rc1"},
		{"RubyGems", "nokogiri", "1.19.3-rc1", "1.19.3-rc1"},
		{"npm", "x", "1.2.3-beta.1-linux-x64", "1.2.3-beta.1"},
		{"npm", "x", "1.2.3-javafree.1", "1.2.3-javafree.1"},
		{"npm", "x", "-linux", "-linux"},
		{"PyPI", "torch", "2.1.0+cu118", "2.1.0"},
		{"Maven", "com.google.guava:guava", "31.1-jre", "31.1-jre"},
		{"Bitnami", "postgresql", "15.1.0-3", "15.1.0"},
		{"Bitnami", "postgresql", "15.1.0-debian-12-r3", "15.1.0"},
		{"Bitnami", "postgresql", "15.1.0-rc.1", "15.1.0-rc.1"},
		{"ConanCenter", "openssl", "3.0.3#a1b2", "3.0.3"},
	} {
		e, _ := ecosystem.Of(test[0])
		if got := e.Version(test[1], test[2]); got != test[3] {
			t.Errorf("%s %s %q: %q, want %q", test[0], test[1], test[2], got, test[3])
		}
	}
}

// TestPlatformsAreNoPreReleases: a version for a platform is in the same place as the version
// itself, and pre-releases stay before it.
func TestPlatformsAreNoPreReleases(t *testing.T) {
	platforms := []string{
		"x86_64-linux-gnu", "aarch64-linux-musl", "arm64-darwin", "arm64-darwin-22", "java", "x64-mingw-ucrt",
		"x86-mswin32-60", "universal-darwin", "linux-x64", "win32-arm64", "darwin-arm64", "x86_64-unknown-linux-gnu",
	}
	names := []string{"RubyGems", "npm", "crates.io", "NuGet", "Hex", "Packagist", "Go"}
	rapid.Check(t, func(t *rapid.T) {
		e, _ := ecosystem.Of(rapid.SampledFrom(names).Draw(t, "ecosystem"))
		release := rapid.StringMatching(`[1-9]\.[0-9]{1,2}\.[0-9]`).Draw(t, "release")
		platform := rapid.SampledFrom(platforms).Draw(t, "platform")
		if rapid.Bool().Draw(t, "upper case") {
			platform = strings.ToUpper(platform)
		}
		c, err := version.Compare(e.Scheme, e.Version("p", release+"-"+platform), e.Version("p", release))
		if err != nil || c != 0 {
			t.Fatalf("%s: %s for %s is in place %d beside itself: %v", e.Name, release, platform, c, err)
		}
		pre := release + "-" + rapid.SampledFrom([]string{"rc.1", "beta.2", "alpha"}).Draw(t, "pre-release")
		c, err = version.Compare(e.Scheme, e.Version("p", pre+"-"+platform), e.Version("p", release))
		if err != nil || c >= 0 {
			t.Fatalf("%s: %s for %s is not before %s: %v", e.Name, pre, platform, release, err)
		}
	})
}

// labels are what follows the release in a toolchain's name.
const labels = `( |-)X:[a-z]{3,12}(,[a-z]{3,12})?|-[a-z]{3,9}| \([A-Z][a-z]+ [0-9.]+\)|b[0-9]`

// TestExperimentsAreNoPreReleases: whatever a toolchain was built with, its release counts.
func TestExperimentsAreNoPreReleases(t *testing.T) {
	e, _ := ecosystem.Of("Go")
	rapid.Check(t, func(t *rapid.T) {
		release := rapid.StringMatching(`1\.[0-9]{1,2}\.[0-9]{1,2}`).Draw(t, "release")
		label := rapid.StringMatching(labels).Draw(t, "label")
		prefix := rapid.SampledFrom([]string{"go", "v", ""}).Draw(t, "prefix")
		if got := e.Version("stdlib", prefix+release+label); got != release {
			t.Fatalf("%q is %q", prefix+release+label, got)
		}
	})
}
