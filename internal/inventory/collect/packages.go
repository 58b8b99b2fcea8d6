package collect

import (
	"fmt"
	"io"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// Limits of a package database.
const (
	maxPackages = inventory.MaxSoftware
	maxDatabase = 1 << 30 // bytes
)

var errTooMany = fmt.Errorf("more than %d packages are installed", maxPackages)

// readDatabase hands the file to read, and fails when it holds more than
// maxDatabase bytes.
func (m *machine) readDatabase(name string, read func(io.Reader) error) error {
	file, err := m.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	limited := &io.LimitedReader{R: file, N: maxDatabase + 1}
	if err := read(limited); err != nil {
		return err
	}
	if limited.N <= 0 {
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, maxDatabase)
	}
	return nil
}

// qualifiers are a package URL's; empty ones are left out.
type qualifiers map[string]string

// purl writes a package URL with the distribution among its qualifiers:
// pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.
func (m *machine) purl(kind, namespace, name, version string, q qualifiers) string {
	q["distro"] = m.release.distro()
	for key, value := range q {
		if value == "" {
			delete(q, key)
		}
	}
	purl := packageurl.NewPackageURL(kind, namespace, name, version, packageurl.QualifiersFromMap(q), "")
	return purl.ToString()
}
