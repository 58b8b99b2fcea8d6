package collect

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// Limits of what is installed.
const (
	maxPackages = inventory.MaxSoftware
	maxListed   = 12 << 20 // bytes of it in a report, which with the facts stays below inventory.MaxReport
)

var (
	errTooMany = fmt.Errorf("more than %d packages are installed", maxPackages)
	errTooLong = fmt.Errorf("the list of packages is longer than %d bytes", maxListed)
)

// packages is a list of what is installed, within the limits of a report.
type packages struct {
	list  []inventory.Software
	bytes int // in JSON
}

// add appends an entry.
func (p *packages) add(s inventory.Software) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return p.join(&packages{[]inventory.Software{s}, len(text) + len(",")})
}

// join appends another list.
func (p *packages) join(more *packages) error {
	if p.list == nil {
		p.list = []inventory.Software{} // a database that was read lists something, if it is nothing
	}
	switch {
	case len(p.list)+len(more.list) > maxPackages:
		return errTooMany
	case p.bytes+more.bytes > maxListed:
		return errTooLong
	}
	p.list = append(p.list, more.list...)
	p.bytes += more.bytes
	return nil
}

// readDatabase hands a file of a package database to read. What is larger than
// maxDatabase is not read at all, and what grows beyond it fails.
func (m *machine) readDatabase(name string, read func(io.Reader) error) error {
	file, err := m.open(name, maxDatabase)
	if err != nil {
		return err
	}
	defer file.Close()
	limited := &io.LimitedReader{R: file, N: maxDatabase + 1}
	if err := read(limited); err != nil {
		return err
	}
	if limited.N <= 0 {
		return fmt.Errorf("%q: %w: more than %d bytes", name, errTooLarge, maxDatabase)
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
