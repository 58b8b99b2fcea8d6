package collect

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/rpmdb"
)

// rpmPlaces are where rpm's database lies, in order of age: SQLite, SUSE's ndb,
// Berkeley DB. Only the first that exists is read: what an upgrade left behind
// lists what was installed then.
var rpmPlaces = [...]string{
	"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/share/rpm/rpmdb.sqlite",
	"var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db",
	"var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages",
}

// rpmDriver is the database/sql driver that an SQLite file is opened with.
const rpmDriver = "sqlite"

var errNoDriver = fmt.Errorf("this program registered no database/sql driver %q", rpmDriver)

// rpm lists the packages of rpm's database. It returns the name of the file that
// an error is about, and fs.ErrNotExist when there is none.
func (m *machine) rpm(ctx context.Context) ([]inventory.Software, string, error) {
	name := m.first(rpmPlaces[:]...)
	if name == "" {
		return nil, rpmPlaces[0], fs.ErrNotExist
	}
	all := []inventory.Software{}
	err := m.rpmHeaders(ctx, name, func(blob []byte) error {
		p, err := rpmdb.ParseHeader(blob)
		if err != nil {
			return err
		}
		if len(all) == maxPackages {
			return errTooMany
		}
		if p.Name != "gpg-pubkey" { // a key, not software
			all = append(all, m.rpmPackage(p))
		}
		return ctx.Err()
	})
	return all, name, err
}

// rpmHeaders hands every header of the database to take.
func (m *machine) rpmHeaders(ctx context.Context, name string, take func([]byte) error) error {
	switch path.Base(name) {
	case "rpmdb.sqlite":
		return m.rpmSQLite(ctx, name, take)
	case "Packages.db":
		return m.rpmFile(name, rpmdb.NDB, take)
	default:
		return m.rpmFile(name, rpmdb.Berkeley, take)
	}
}

// rpmFile reads a database that is a container of rpm's own.
func (m *machine) rpmFile(name string, open func(*io.SectionReader) iter.Seq2[[]byte, error], take func([]byte) error) error {
	file, err := m.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > maxDatabase {
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, maxDatabase)
	}
	for blob, err := range open(io.NewSectionReader(file, 0, info.Size())) {
		if err != nil {
			return err
		}
		if err := take(blob); err != nil {
			return err
		}
	}
	return nil
}

// rpmSQLite reads a copy of an SQLite database: a driver wants a path, which a
// symbolic link could lead out of the root, and must neither lock nor write to
// the machine's own.
func (m *machine) rpmSQLite(ctx context.Context, name string, take func([]byte) error) error {
	if !slices.Contains(sql.Drivers(), rpmDriver) {
		return errNoDriver
	}
	dir, err := os.MkdirTemp("", "muster-rpm-")
	if err != nil {
		return fmt.Errorf("copying it to read it: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, path.Base(name))
	for _, suffix := range []string{"", "-wal"} { // SQLite's log holds the newest changes
		if suffix != "" && !m.exists(name+suffix) {
			continue
		}
		if err := m.copyDatabase(file+suffix, name+suffix); err != nil {
			return fmt.Errorf("copying it to read it: %w", err)
		}
	}
	return queryHeaders(ctx, file, take)
}

// copyDatabase copies a file of the tree to a new file.
func (m *machine) copyDatabase(to, name string) error {
	return m.readDatabase(name, func(r io.Reader) error {
		file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, r)
		return errors.Join(err, file.Close())
	})
}

// queryHeaders hands every header of the SQLite file at a path to take.
func queryHeaders(ctx context.Context, file string, take func([]byte) error) error {
	db, err := sql.Open(rpmDriver, file)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT blob FROM Packages ORDER BY hnum")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var blob sql.RawBytes
		if err := rows.Scan(&blob); err != nil {
			return err
		}
		if err := take(blob); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rpmPackage makes a report's entry of a package. Its version carries the epoch,
// "0:" when there is none (contract.md section 4).
func (m *machine) rpmPackage(p rpmdb.Package) inventory.Software {
	release := p.Version + "-" + p.Release
	epoch := "0"
	q := qualifiers{"arch": p.Arch, "upstream": p.SourceRPM, "rpmmod": p.Module}
	if p.HasEpoch {
		epoch = strconv.Itoa(p.Epoch)
		q["epoch"] = epoch
	}
	source, sourceVersion := rpmSource(p.SourceRPM)
	return inventory.Software{
		Kind:          "rpm",
		Vendor:        inventory.PackageVendor(m.release.ID),
		Name:          p.Name,
		Version:       epoch + ":" + release,
		PURL:          m.purl("rpm", rpmNamespace(m.release.ID), p.Name, release, q),
		SourcePackage: source,
		SourceVersion: sourceVersion,
	}
}

// rpmNamespace is a distribution's namespace in package URLs: its id, two aside.
func rpmNamespace(id string) string {
	switch {
	case id == "rhel":
		return "redhat"
	case strings.HasPrefix(id, "opensuse"):
		return "opensuse"
	}
	return id
}

// rpmSource splits "openssl-3.0.7-27.el9.src.rpm" into name and version. The
// file's name does not tell the epoch.
func rpmSource(file string) (name, version string) {
	for _, suffix := range []string{".src.rpm", ".nosrc.rpm"} {
		file = strings.TrimSuffix(file, suffix)
	}
	end := strings.LastIndex(file, "-")
	if end < 0 {
		return "", ""
	}
	begin := strings.LastIndex(file[:end], "-")
	if begin < 0 {
		return "", ""
	}
	return file[:begin], file[begin+1:]
}
