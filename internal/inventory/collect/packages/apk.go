package packages

import (
	"errors"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// apk lists the packages of Alpine's database. It returns the file that an error is about, and
// fs.ErrNotExist if there is none.
func (m *Machine) apk() (*List, string, error) {
	name := m.First("lib/apk/db/installed", "usr/lib/apk/db/installed")
	if name == "" {
		name = "lib/apk/db/installed"
	}
	all := &List{}
	err := m.readDatabase(name, func(r io.Reader) error { return m.addApk(all, r) })
	return all, name, err
}

// addApk adds the packages of the database. Fields are single letters, and case matters: P
// package, V version, A architecture, o origin (the source package, which has the same version).
func (m *Machine) addApk(all *List, r io.Reader) error {
	same := func(a, b string) bool { return a == b }
	for s, err := range stanzas(r, same, "P", "V", "A", "o") {
		if err != nil {
			return err
		}
		if s["P"] == "" || s["V"] == "" {
			return errors.New("an installed package has no name or no version")
		}
		if strings.HasPrefix(s["P"], ".") {
			continue // a virtual package, made by apk add --virtual
		}
		if err := all.Add(m.apkPackage(s)); err != nil {
			return err
		}
	}
	return nil
}

// apkPackage makes the report's entry from a package's stanza.
func (m *Machine) apkPackage(s stanza) inventory.Software {
	source := s["o"]
	if source == "" {
		source = s["P"]
	}
	return inventory.Software{
		Kind:          "apk",
		Vendor:        inventory.PackageVendor(m.Release.ID),
		Name:          s["P"],
		Version:       s["V"],
		PURL:          m.purl("apk", m.Release.ID, s["P"], s["V"], qualifiers{"arch": s["A"]}),
		SourcePackage: source,
		SourceVersion: s["V"],
	}
}
