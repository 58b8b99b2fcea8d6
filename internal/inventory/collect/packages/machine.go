package packages

import (
	"fmt"
	"io"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Machine is one package manager's view of a Linux machine.
type Machine struct {
	*disk.Tree
	Release Release
}

// Release is a Linux distribution's release: ID and VERSION_ID of os-release(5). Base is the distribution and release
// whose packages a derivative takes ("ubuntu-22.04"), if it says so.
type Release struct{ ID, Version, Base string }

// distro returns a release as the qualifier of a package URL: "debian-12".
func (r Release) distro() string {
	if r.ID == "" || r.Version == "" {
		return r.ID
	}
	return r.ID + "-" + r.Version
}

// readDatabase passes a file of a package database to read. A file larger than disk.MaxDatabase is
// not read, and one that grows beyond it fails.
func (m *Machine) readDatabase(name string, read func(io.Reader) error) error {
	file, err := m.Open(name, disk.MaxDatabase)
	if err != nil {
		return err
	}
	defer file.Close()
	limited := &io.LimitedReader{R: file, N: disk.MaxDatabase + 1}
	if err := read(limited); err != nil {
		return err
	}
	if limited.N <= 0 {
		return fmt.Errorf("%q: %w: more than %d bytes", name, disk.ErrTooLarge, disk.MaxDatabase)
	}
	return nil
}

// qualifiers are those of a package URL; empty ones are left out.
type qualifiers map[string]string

// purl returns a package URL with the distribution among its qualifiers:
// pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.
func (m *Machine) purl(kind, namespace, name, version string, q qualifiers) string {
	q["distro"], q["base"] = m.Release.distro(), m.Release.Base
	for key, value := range q {
		if value == "" {
			delete(q, key)
		}
	}
	purl := packageurl.NewPackageURL(kind, namespace, name, version, packageurl.QualifiersFromMap(q), "")
	return purl.ToString()
}
