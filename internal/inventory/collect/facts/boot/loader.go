package boot

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// entry is a kernel that the boot loader offers, with its command line.
type entry struct{ line, origin string }

// loader is what the files of a boot loader say.
type loader struct {
	m         *facts.Machine
	found     *facts.Found
	known     bool // there is one
	entries   []entry
	variables map[string]string // of GRUB
}

// Limits of a boot loader.
const (
	maxEntries = 500      // kernels
	maxLine    = 16 << 10 // bytes of the command line of one
)

var errEntries = errors.New("the boot loader has too many entries")

// Where boot loaders keep their files.
var (
	grubFiles    = [...]string{"boot/grub/grub.cfg", "boot/grub2/grub.cfg"}
	entryFolders = [...]string{"boot/loader/entries", "efi/loader/entries", "boot/efi/loader/entries"}
	plainFiles   = [...]string{"boot/firmware/cmdline.txt", "boot/cmdline.txt"} // of Raspberry Pi
)

const extlinux = "boot/extlinux/extlinux.conf"

// readLoader reads the entries of the boot loader.
func readLoader(m *facts.Machine) *loader {
	l := &loader{m: m, found: facts.NewFound(), variables: map[string]string{}}
	folders := false
	if file := m.First(grubFiles[:]...); file != "" {
		if data, ok := l.read(path.Dir(file) + "/grubenv"); ok {
			facts.ParseSettings(data, false, func(name, value string, _ int) { l.variables[name] = value })
		}
		if data, ok := l.read(file); ok {
			folders = l.addGrub(file, data)
		}
	} else {
		folders = true
	}
	if folders {
		for _, folder := range entryFolders {
			l.addFolder(folder)
		}
	}
	for _, file := range plainFiles {
		if data, ok := l.read(file); ok {
			l.add(string(data), "/"+file)
		}
	}
	if data, ok := l.read(extlinux); ok {
		l.eachLine(extlinux, data, func(word, rest, origin string) {
			if strings.EqualFold(word, "append") {
				l.add(rest, origin)
			}
		})
	}
	return l
}

// read reads a file, if it exists.
func (l *loader) read(file string) ([]byte, bool) {
	data, err := l.m.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	l.known = true
	if err != nil {
		l.m.Lose(l.found, facts.Any, file, err)
	}
	return data, err == nil
}

// add adds an entry.
func (l *loader) add(line, origin string) {
	if len(l.entries) == maxEntries {
		l.m.Lose(l.found, facts.Any, strings.TrimPrefix(origin, "/"), errEntries)
		return
	}
	l.entries = append(l.entries, entry{line, origin})
}

// eachLine calls do with the first word of each line, and with the rest.
func (l *loader) eachLine(file string, data []byte, do func(word, rest, origin string)) {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		end := strings.IndexAny(line, " \t")
		if line == "" || line[0] == '#' && !strings.HasPrefix(line, "### ") {
			continue
		}
		if end < 0 {
			end = len(line)
		}
		do(line[:end], strings.TrimSpace(line[end:]), facts.At(file, number))
	}
}

// addGrub adds the kernels of grub.cfg that a start takes: not those for recovery, of other systems, and of tests of
// memory. It reports whether GRUB also reads a folder of entries.
func (l *loader) addGrub(file string, data []byte) (folders bool) {
	other, recovery := false, false
	l.eachLine(file, data, func(word, rest, origin string) {
		switch word {
		case "###":
			other = strings.HasPrefix(rest, "BEGIN") && strings.Contains(rest, "os-prober")
		case "menuentry":
			recovery = strings.Contains(strings.ToLower(rest), "recovery") || strings.Contains(rest, "rescue")
		case "blscfg":
			folders = true
		case "set":
			if name, value, ok := strings.Cut(rest, "="); ok && !strings.ContainsRune(value, '$') {
				l.variables[name] = facts.Unquote(value)
			}
		case "linux", "linux16", "linuxefi":
			kernel, line, _ := strings.Cut(rest, " ")
			if !other && !recovery && !strings.Contains(kernel, "memtest") {
				l.add(l.expand(line), origin)
			}
		}
	})
	return folders
}

// expand replaces variables of GRUB, which are words of their own; one that is not set is nothing.
func (l *loader) expand(line string) string {
	if !strings.Contains(line, "$") {
		return line
	}
	var all strings.Builder
	for word := range strings.FieldsSeq(line) {
		name, variable := strings.CutPrefix(word, "$")
		if variable {
			word = l.variables[strings.Trim(name, "{}")]
		}
		if all.Len()+len(word) > maxLine { // as the kernel, which cuts it earlier
			break
		}
		all.WriteString(word + " ")
	}
	return all.String()
}

// addFolder adds the entries of a folder (Boot Loader Specification), but those for rescue.
func (l *loader) addFolder(folder string) {
	files, err := l.m.DropIns(".conf", folder)
	if err != nil {
		l.known = true
		l.m.Lose(l.found, facts.Any, folder, err)
	}
	for _, file := range files {
		if strings.Contains(path.Base(file), "rescue") {
			continue
		}
		data, ok := l.read(file)
		if !ok {
			continue
		}
		var options []string
		at := "/" + file
		l.eachLine(file, data, func(word, rest, origin string) {
			if word == "options" {
				options, at = append(options, rest), origin
			}
		})
		l.add(l.expand(strings.Join(options, " ")), at)
	}
}

// boot reads whether GRUB asks for a password before its entries are changed.
func boot(m *facts.Machine) (*facts.Found, error) {
	file := m.First(grubFiles[:]...)
	if file == "" {
		return nil, nil
	}
	data, err := m.Read(file)
	if err != nil {
		return nil, err
	}
	found, l := facts.NewFound(), &loader{m: m}
	password, origin, asks := "no", "", false
	l.eachLine(file, data, func(word, rest, at string) {
		switch {
		case word != "password_pbkdf2" && word != "password":
		case strings.Contains(rest, "$"):
			asks = true // what user.cfg sets
		case rest != "":
			password, origin = "yes", at
		}
	})
	if asks && password == "no" {
		user := path.Dir(file) + "/user.cfg"
		data, err := m.Read(user)
		if err != nil {
			m.Lose(found, "password", user, err)
		}
		facts.ParseSettings(data, false, func(name, value string, line int) {
			if name == "GRUB2_PASSWORD" && value != "" {
				password, origin = "yes", facts.At(user, line)
			}
		})
	}
	if found.Unread["password"] == "" {
		found.Set("password", password, origin)
	}
	return found, nil
}
