package subject_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// TestPackage: the ecosystem is read back from a package's key, whatever characters both have.
func TestPackage(t *testing.T) {
	for _, test := range []struct {
		ecosystem, name, key string
		scheme               version.Scheme
	}{
		{"Debian:12", "openssl", "pkg:Debian:12/openssl", version.Debian},
		{"Go", "github.com/docker/docker", "pkg:Go/github.com/docker/docker", version.SemVer},
		{"Maven:https://maven.google.com", "androidx.core:core",
			"pkg:Maven:https:%2F%2Fmaven.google.com/androidx.core:core", version.Maven},
		{"Packagist:https://packages.drupal.org/8", "Drupal/X",
			"pkg:Packagist:https:%2F%2Fpackages.drupal.org%2F8/drupal/x", version.Packagist},
	} {
		key := subject.Package(test.ecosystem, test.name)
		ecosystem, ok := subject.Ecosystem(key)
		scheme, known := subject.SchemeOf(key)
		if key != test.key || ecosystem != test.ecosystem || !ok || scheme != test.scheme || !known {
			t.Errorf("%q %q: key %q, of %q %v, order %v %v", test.ecosystem, test.name, key, ecosystem, ok, scheme, known)
		}
	}
}
