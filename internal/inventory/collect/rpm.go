package collect

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	rpmdb "github.com/knqyf263/go-rpmdb/pkg"

	"github.com/muster-project/muster/internal/inventory"
)

// rpmPlaces are where rpm's database lies, in order of age: SQLite, SUSE's ndb,
// Berkeley DB. Only the first that exists is read: what an upgrade left behind
// lists what was installed then.
var rpmPlaces = [...]string{
	"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/share/rpm/rpmdb.sqlite",
	"var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db",
	"var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages",
}

// rpmTimeout ends the reading of a damaged database that leads in a circle.
const rpmTimeout = 2 * time.Minute

// rpmDriver is the database/sql driver that rpmdb opens an SQLite file with.
const rpmDriver = "sqlite"

var errNoDriver = fmt.Errorf("this program registered no database/sql driver %q", rpmDriver)

// rpm lists the packages of rpm's database. It returns the name of the file that
// an error is about, and fs.ErrNotExist when there is none.
func (m *machine) rpm(ctx context.Context) ([]inventory.Software, string, error) {
	name := m.first(rpmPlaces[:]...)
	if name == "" {
		return nil, rpmPlaces[0], fs.ErrNotExist
	}
	if path.Ext(name) == ".sqlite" && !slices.Contains(sql.Drivers(), rpmDriver) {
		return nil, name, errNoDriver
	}
	packages, err := m.rpmPackages(ctx, name)
	if err != nil {
		return nil, name, err
	}
	all := []inventory.Software{}
	for _, p := range packages {
		if p.Name != "gpg-pubkey" { // a key, not software
			all = append(all, m.rpmPackage(p))
		}
	}
	if len(all) > maxPackages {
		return nil, name, errTooMany
	}
	return all, name, nil
}

// rpmPackages reads a copy of the database: the library wants a path, which a
// symbolic link could lead out of the root, and must neither lock nor write to
// the machine's own.
func (m *machine) rpmPackages(ctx context.Context, name string) ([]*rpmdb.PackageInfo, error) {
	dir, err := os.MkdirTemp("", "muster-rpm-")
	if err != nil {
		return nil, fmt.Errorf("copying it to read it: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, suffix := range []string{"", "-wal"} { // SQLite's log holds the newest changes
		if suffix != "" && !m.exists(name+suffix) {
			continue
		}
		if err := m.copyDatabase(filepath.Join(dir, path.Base(name)+suffix), name+suffix); err != nil {
			return nil, fmt.Errorf("copying it to read it: %w", err)
		}
	}
	file := filepath.Join(dir, path.Base(name))
	packages, err := listRPM(ctx, file)
	if err == nil && path.Ext(file) == ".sqlite" {
		err = checkRPMCount(ctx, file, len(packages))
	}
	return packages, err
}

// checkRPMCount refuses a list that a damaged SQLite file has cut short: the
// library takes a failure to read on for the end.
func checkRPMCount(ctx context.Context, file string, got int) error {
	db, err := sql.Open(rpmDriver, file)
	if err != nil {
		return err
	}
	defer db.Close()
	var want int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM Packages").Scan(&want); err != nil {
		return fmt.Errorf("counting its packages: %w", err)
	}
	if got != want {
		return fmt.Errorf("%d of its %d packages could be read", got, want)
	}
	return nil
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

// listRPM reads the database at a path, for rpmTimeout at most: the library
// follows whatever page a damaged database names.
func listRPM(ctx context.Context, file string) ([]*rpmdb.PackageInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, rpmTimeout)
	defer cancel()
	type result struct {
		packages []*rpmdb.PackageInfo
		err      error
	}
	done := make(chan result, 1)
	go func() {
		db, err := rpmdb.Open(file)
		if err != nil {
			done <- result{err: err}
			return
		}
		defer db.Close()
		packages, err := db.ListPackages()
		done <- result{packages, err}
	}()
	select {
	case r := <-done:
		return r.packages, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rpmPackage makes a report's entry of a package. Its version carries the epoch,
// "0:" when there is none (contract.md section 4).
func (m *machine) rpmPackage(p *rpmdb.PackageInfo) inventory.Software {
	release := p.Version + "-" + p.Release
	epoch := "0"
	q := qualifiers{"arch": p.Arch, "upstream": p.SourceRpm, "rpmmod": p.Modularitylabel}
	if p.Epoch != nil {
		epoch = strconv.Itoa(*p.Epoch)
		q["epoch"] = epoch
	}
	source, sourceVersion := rpmSource(p.SourceRpm)
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
