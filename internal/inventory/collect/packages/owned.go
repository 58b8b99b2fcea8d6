package packages

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/rpmdb"
)

// MarkOwned marks those of some files, by their names below "/", that an installed package of dpkg, apk or rpm owns. It
// returns the file that an error is about: without all lists nobody knows who owns a file.
func (m *Machine) MarkOwned(files map[string]bool) (string, error) {
	o := owners{files: files, names: make(map[string]string, len(files))}
	for name := range files {
		o.names[merged(name)] = name
	}
	for _, mark := range [...]func(*owners) (string, error){m.markDpkg, m.markApk, m.markRPM} {
		if name, err := mark(&o); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return name, fmt.Errorf("who owns which file: %w", err)
		}
	}
	return "", nil
}

// owners marks files.
type owners struct {
	files map[string]bool
	names map[string]string // of files, by their merged names
}

// own marks a file that a package lists.
func (o *owners) own(listed string) {
	if name, ok := o.names[merged(listed)]; ok {
		o.files[name] = true
	}
}

// merged returns a name below "/" as on a machine whose /bin, /sbin and /lib are links into /usr, and whose /usr/sbin
// is /usr/bin: packages list files by names from before.
func merged(name string) string {
	name = strings.TrimLeft(strings.TrimPrefix(name, "."), "/")
	first, rest, _ := strings.Cut(name, "/")
	switch first {
	case "bin", "sbin", "lib", "lib32", "lib64":
		name = "usr/" + name
	case "usr":
		first, rest, _ = strings.Cut(rest, "/")
	}
	if first == "sbin" {
		name = "usr/bin/" + rest
	}
	return name
}

// markDpkg reads the list of files of each installed package of dpkg. Images without dpkg have sums in place of lists.
func (m *Machine) markDpkg(o *owners) (string, error) {
	databases, err := m.dpkgFiles()
	if err != nil {
		return dpkgFolder, err
	}
	for _, database := range databases {
		var names []string
		err := m.readDatabase(database, func(r io.Reader) error {
			for s, err := range stanzas(r, strings.EqualFold, "Package", "Status", "Architecture") {
				if err != nil {
					return err
				}
				if inventory.DpkgInstalled(s["Status"]) {
					names = append(names, s["Package"], s["Architecture"])
				}
			}
			return nil
		})
		if err != nil {
			return database, err
		}
		if database != dpkgStatus {
			if err := m.readLines(database+".md5sums", o.ownSum); err != nil {
				return database, missing(err, path.Base(database))
			}
			continue
		}
		for i := 0; i < len(names); i += 2 {
			if name, err := m.markList(o, names[i], names[i+1]); err != nil {
				return name, err
			}
		}
	}
	return "", nil
}

// markList reads the list of a package of dpkg; that of one which may be installed for several architectures has the
// architecture in its name.
func (m *Machine) markList(o *owners, name, architecture string) (string, error) {
	const folder = "var/lib/dpkg/info/"
	list := folder + name + ".list"
	err := m.readLines(list, o.ownLine)
	if errors.Is(err, fs.ErrNotExist) {
		list = folder + name + ":" + architecture + ".list"
		err = m.readLines(list, o.ownLine)
	}
	return list, missing(err, name)
}

// missing replaces fs.ErrNotExist, which would mean that there is no dpkg.
func missing(err error, name string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("package %q has no list of its files", name)
	}
	return err
}

func (o *owners) ownLine(line []byte) { o.own(string(line)) }

// ownSum marks the file of a line "sum  name".
func (o *owners) ownSum(line []byte) {
	if _, name, ok := bytes.Cut(line, []byte("  ")); ok {
		o.own(string(name))
	}
}

// readLines passes the lines of a file of a package database on. One that is too long for a name is none.
func (m *Machine) readLines(name string, use func([]byte)) error {
	return m.readDatabase(name, func(r io.Reader) error {
		lines := bufio.NewReaderSize(r, maxLine)
		for {
			line, err := shortLine(lines)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			use(bytes.TrimRight(line, "\r\n"))
		}
	})
}

// markApk reads Alpine's database: a line "F:folder" before the lines "R:name" of its files.
func (m *Machine) markApk(o *owners) (string, error) {
	name := m.First("lib/apk/db/installed", "usr/lib/apk/db/installed")
	if name == "" {
		return "", fs.ErrNotExist
	}
	folder := ""
	return name, m.readLines(name, func(line []byte) {
		switch {
		case bytes.HasPrefix(line, []byte("F:")):
			folder = string(line[2:])
		case bytes.HasPrefix(line, []byte("R:")):
			o.own(path.Join(folder, string(line[2:])))
		}
	})
}

// markRPM reads the lists of files in the headers of rpm's database.
func (m *Machine) markRPM(o *owners) (string, error) {
	name := m.First(rpmPlaces[:]...)
	if name == "" {
		return "", fs.ErrNotExist
	}
	for range rpmTries {
		changed, err := m.markRPMOnce(name, o)
		if !changed {
			return name, err
		}
	}
	return name, errChanging
}

func (m *Machine) markRPMOnce(name string, o *owners) (changed bool, err error) {
	database, err := m.openRPM(name)
	if err != nil {
		return false, err
	}
	defer database.close()
	for blob, err := range database.headers {
		if err == nil {
			err = rpmdb.EachFile(blob, o.own)
		}
		if err != nil {
			return database.changed(), err
		}
	}
	return database.changed(), nil
}
