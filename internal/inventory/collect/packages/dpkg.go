package packages

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// dpkgStatus and dpkgFolder are where dpkg keeps its database; images without a package manager
// (distroless) have one file per package in the folder.
const (
	dpkgStatus = "var/lib/dpkg/status"
	dpkgFolder = "var/lib/dpkg/status.d"
)

// dpkg lists the installed packages of dpkg's database. It returns the file that an error is
// about, and fs.ErrNotExist if there is none.
func (m *Machine) dpkg() (*List, string, error) {
	files, err := m.dpkgFiles()
	if err != nil {
		return nil, dpkgFolder, err
	}
	all := &List{}
	for _, name := range files {
		if err := m.readDatabase(name, func(r io.Reader) error { return m.addDpkg(all, r) }); err != nil {
			return nil, name, err
		}
	}
	return all, "", nil
}

// dpkgFiles returns the files of the database, or fs.ErrNotExist.
func (m *Machine) dpkgFiles() ([]string, error) {
	var files []string
	if m.Exists(dpkgStatus) {
		files = append(files, dpkgStatus)
	}
	names, err := m.List(dpkgFolder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if path.Ext(name) != ".md5sums" {
			files = append(files, dpkgFolder+"/"+name)
		}
	}
	if len(files) == 0 {
		return nil, fs.ErrNotExist
	}
	return files, nil
}

// addDpkg adds the installed packages of one file.
func (m *Machine) addDpkg(all *List, r io.Reader) error {
	fields := []string{"Package", "Status", "Version", "Architecture", "Source"}
	for s, err := range stanzas(r, strings.EqualFold, fields...) {
		if err != nil {
			return err
		}
		if !inventory.DpkgInstalled(s["Status"]) {
			continue
		}
		if s["Package"] == "" || s["Version"] == "" {
			return errors.New("an installed package has no name or no version")
		}
		if err := all.Add(m.dpkgPackage(s)); err != nil {
			return err
		}
	}
	return nil
}

// dpkgPackage makes the report's entry from an installed package's stanza.
func (m *Machine) dpkgPackage(s stanza) inventory.Software {
	source, sourceVersion := dpkgSource(s)
	return inventory.Software{
		Kind:          "deb",
		Vendor:        inventory.PackageVendor(m.Release.ID),
		Name:          s["Package"],
		Version:       s["Version"],
		PURL:          m.purl("deb", m.Release.ID, s["Package"], s["Version"], qualifiers{"arch": s["Architecture"]}),
		SourcePackage: source,
		SourceVersion: sourceVersion,
	}
}

// dpkgSource parses "Source: name (version)". A missing part is that of the binary package
// (deb-control(5)).
func dpkgSource(s stanza) (name, version string) {
	name, version, _ = strings.Cut(s["Source"], "(")
	name = strings.TrimSpace(name)
	version = strings.TrimSpace(strings.TrimSuffix(version, ")"))
	if name == "" {
		name = s["Package"]
	}
	if version == "" {
		version = s["Version"]
	}
	return name, version
}
