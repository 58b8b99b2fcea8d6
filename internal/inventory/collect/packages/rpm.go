package packages

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strconv"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/rpmdb"
)

// rpmPlaces are the possible places of rpm's database: SQLite, SUSE's ndb, Berkeley DB. Only the
// first that exists is read: an upgrade may leave an old database behind.
var rpmPlaces = [...]string{
	"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/share/rpm/rpmdb.sqlite",
	"var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db",
	"var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages",
}

// rpmTries is how often a database is read if it changes meanwhile, for example while packages are
// installed.
const rpmTries = 3

var (
	errChanging   = fmt.Errorf("it changed while it was read, %d times", rpmTries)
	errUnfinished = errors.New("it has an unfinished transaction: run rpm once on that machine to roll it back")
)

// rpm lists the packages of rpm's database. It returns the file that an error is about, and
// fs.ErrNotExist if there is none.
func (m *Machine) rpm() (*List, string, error) {
	name := m.First(rpmPlaces[:]...)
	if name == "" {
		return nil, rpmPlaces[0], fs.ErrNotExist
	}
	for range rpmTries {
		all, changed, err := m.rpmOnce(name)
		if !changed {
			return all, name, err
		}
	}
	return nil, name, errChanging
}

// rpmOnce reads the database in place. If it has changed meanwhile, list and error are not valid.
func (m *Machine) rpmOnce(name string) (all *List, changed bool, err error) {
	database, err := m.openRPM(name)
	if err != nil {
		return nil, false, err
	}
	defer database.close()
	all = &List{}
	for blob, err := range database.headers {
		if err == nil {
			err = m.addRPM(all, blob)
		}
		if err != nil {
			return nil, database.changed(), err
		}
	}
	return all, database.changed(), nil
}

// addRPM adds the package of a header.
func (m *Machine) addRPM(all *List, blob []byte) error {
	p, err := rpmdb.ParseHeader(blob)
	if err != nil || p.Name == "gpg-pubkey" { // a key, not software
		return err
	}
	return all.Add(m.rpmPackage(p))
}

// rpmDatabase is rpm's database: one file, or an SQLite file and its log.
type rpmDatabase struct {
	headers iter.Seq2[[]byte, error]
	files   []*disk.File
}

func (d *rpmDatabase) close() {
	for _, file := range d.files {
		file.Close()
	}
}

// changed reports whether one of its files was written to since it was opened.
func (d *rpmDatabase) changed() bool {
	return slices.ContainsFunc(d.files, (*disk.File).Changed)
}

// openRPM opens the database with that name. The caller closes it.
func (m *Machine) openRPM(name string) (*rpmDatabase, error) {
	real, err := m.Resolve(name) // SQLite keeps its other files beside the real one
	if err != nil {
		return nil, err
	}
	d := &rpmDatabase{}
	main, err := m.section(d, real)
	if err != nil {
		return nil, err
	}
	switch path.Base(name) {
	case "rpmdb.sqlite":
		var log *io.SectionReader
		if log, err = m.beside(d, real); err != nil {
			d.close()
			return nil, err
		}
		d.headers = rpmdb.SQLite(main, log)
	case "Packages.db":
		d.headers = rpmdb.NDB(main)
	default:
		d.headers = rpmdb.Berkeley(main)
	}
	return d, nil
}

// section opens one file of a database.
func (m *Machine) section(d *rpmDatabase, name string) (*io.SectionReader, error) {
	file, err := m.Open(name, disk.MaxDatabase)
	if err != nil {
		return nil, err
	}
	d.files = append(d.files, file)
	return file.Section(), nil
}

// beside opens SQLite's log, which contains the newest changes; nil if there is none. The journal
// of an unfinished transaction is an error.
func (m *Machine) beside(d *rpmDatabase, name string) (log *io.SectionReader, err error) {
	if m.Exists(name + "-journal") {
		journal, err := m.section(d, name+"-journal")
		if err != nil {
			return nil, err
		}
		hot, err := rpmdb.HotJournal(journal)
		if hot {
			err = errUnfinished
		}
		if err != nil {
			return nil, err
		}
	}
	if !m.Exists(name + "-wal") {
		return nil, nil
	}
	return m.section(d, name+"-wal")
}

// rpmPackage makes the report's entry of a package. Its version includes the epoch, "0:" if there
// is none (contract.md section 4).
func (m *Machine) rpmPackage(p rpmdb.Package) inventory.Software {
	release := p.Version + "-" + p.Release
	epoch := "0"
	q := qualifiers{"arch": p.Arch, "upstream": p.SourceRPM, "rpmmod": p.Module}
	if p.HasEpoch {
		epoch = strconv.Itoa(p.Epoch)
		q["epoch"] = epoch
	}
	source, sourceVersion := inventory.SourceOfRPM(p.SourceRPM)
	return inventory.Software{
		Kind:          "rpm",
		Vendor:        inventory.PackageVendor(m.Release.ID),
		Name:          p.Name,
		Version:       epoch + ":" + release,
		PURL:          m.purl("rpm", inventory.RPMNamespace(m.Release.ID), p.Name, release, q),
		SourcePackage: source,
		SourceVersion: sourceVersion,
	}
}
