package packages

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// pacmanFolder is where pacman keeps a folder for each installed package, with its description.
const pacmanFolder = "var/lib/pacman/local"

// pacman lists the packages of pacman's database. It returns the file that an error is about, and fs.ErrNotExist
// if there is none.
func (m *Machine) pacman() (*List, string, error) {
	names, err := m.List(pacmanFolder)
	if err != nil {
		return nil, pacmanFolder, err
	}
	if len(names) == 0 {
		return nil, pacmanFolder, fs.ErrNotExist
	}
	all := &List{}
	for _, name := range names {
		if name == "ALPM_DB_VERSION" {
			continue
		}
		file := pacmanFolder + "/" + name + "/desc"
		if err := m.readDatabase(file, func(r io.Reader) error { return m.addPacman(all, r) }); err != nil {
			return nil, file, err
		}
	}
	return all, "", nil
}

// addPacman adds the package that a description is of: names of fields between percent signs, each followed by
// lines with its values up to an empty one.
func (m *Machine) addPacman(all *List, r io.Reader) error {
	fields, field := map[string]string{}, ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch name, isField := strings.CutSuffix(strings.TrimPrefix(line, "%"), "%"); {
		case line == "":
			field = ""
		case field == "" && isField && line != name:
			field = name
		case field != "" && fields[field] == "":
			fields[field] = line
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	name, version := fields["NAME"], fields["VERSION"]
	if name == "" || version == "" {
		return errors.New("an installed package has no name or no version")
	}
	return all.Add(inventory.Software{
		Kind: "alpm", Vendor: inventory.PackageVendor(m.Release.ID), Name: name, Version: version,
		PURL:          m.purl("alpm", m.Release.ID, name, version, qualifiers{"arch": fields["ARCH"]}),
		SourcePackage: cmp.Or(fields["BASE"], name), SourceVersion: version,
	})
}
