package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// Limits of what becomes a fact; more than that is a warning and no family.
const (
	maxFact   = 4 << 10   // bytes of a key or a value
	maxKeys   = 2_000     // keys of a family
	maxFamily = 192 << 10 // bytes of a family in a report
)

// values is one family of facts.
type values map[string]string

// family is one family of facts and how it is read: nil when its source does not
// exist, an error when it could not be read.
type family struct {
	name string
	read func(*machine) (values, error)
}

// families are all that a Linux machine is asked for; the package comment says
// what each holds.
func families() []family {
	return append(settingFamilies(),
		family{"sshd", (*machine).sshd},
		family{"sysctl", (*machine).sysctl},
		family{"filemode", (*machine).fileModes},
		family{"services", (*machine).services},
		family{"mounts", (*machine).mounts},
		family{"modules", (*machine).modules},
		family{"pam", (*machine).pam},
		family{"accounts", (*machine).accounts},
	)
}

// facts reads every family. Nil means that there was nothing to ask.
func (m *machine) facts(ctx context.Context, config Config) inventory.Facts {
	var facts inventory.Facts
	for _, f := range families() {
		found, err := look(ctx, m, config, maxSettings, f.read)
		if err == nil {
			err = found.check()
		}
		if err != nil {
			m.warn("facts "+f.name, err)
			continue
		}
		if found == nil {
			continue
		}
		if facts == nil {
			facts = inventory.Facts{}
		}
		facts[f.name] = found
	}
	return facts
}

// set gives a key its value. A family that has more keys than its limit takes no
// more of them, and check will say so.
func (v values) set(key, value string) {
	if _, have := v[key]; have || len(v) <= maxKeys {
		v[key] = value
	}
}

// extend adds to the value of a key, if it has one. A value that is longer than
// its limit does not grow, and check will say so.
func (v values) extend(key, between, value string) {
	earlier, have := v[key]
	switch {
	case !have:
		v.set(key, value)
	case len(earlier) <= maxFact:
		v[key] = earlier + between + value
	}
}

// check holds a family to the limits of what becomes of it.
func (v values) check() error {
	if len(v) > maxKeys {
		return fmt.Errorf("more than %d keys", maxKeys)
	}
	bytes := 0
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if len(key) > maxFact || len(v[key]) > maxFact {
			return fmt.Errorf("%.40q is longer than %d bytes", key, maxFact)
		}
		text, err := json.Marshal([]string{key, v[key]})
		if err != nil {
			return err
		}
		bytes += len(text)
	}
	if bytes > maxFamily {
		return fmt.Errorf("more than %d bytes", maxFamily)
	}
	return nil
}

// settings is a family that is a file of names and values.
type settings struct {
	family string
	file   string // below etc or usr/etc
	inline bool   // "#" begins a comment within a line, too
	first  string // a folder of files that are read before it, below etc
	later  string // the suffix of folders of files that are read after it
}

// settingFamilies are the families that are files of names and values.
func settingFamilies() []family {
	var all []family
	for _, s := range []settings{
		{family: "login.defs", file: "login.defs"},
		{family: "pwquality", file: "security/pwquality.conf", inline: true, first: "security/pwquality.conf.d"},
		{family: "faillock", file: "security/faillock.conf", inline: true},
		{family: "auditd", file: "audit/auditd.conf"},
		{family: "journald", file: "systemd/journald.conf", later: "systemd/journald.conf.d"},
		{family: "selinux", file: "selinux/config"},
		{family: "ufw", file: "ufw/ufw.conf"},
	} {
		all = append(all, family{s.family, func(m *machine) (values, error) { return m.settings(s) }})
	}
	return all
}

// settings reads a file of names and values and the folders that go with it; a
// later value replaces an earlier one.
func (m *machine) settings(s settings) (values, error) {
	file := m.etc(s.file)
	if file == "" {
		return nil, nil
	}
	files, err := m.settingFiles(s, file)
	if err != nil {
		return nil, err
	}
	found := values{}
	for _, name := range files {
		data, err := m.read(name)
		if err != nil {
			return nil, err
		}
		for name, value := range parseSettings(data, s.inline) {
			found.set(name, value)
		}
	}
	return found, nil
}

// settingFiles returns the files of a family in the order they are read.
func (m *machine) settingFiles(s settings, file string) ([]string, error) {
	var before, after []string
	var err error
	if s.first != "" {
		before, err = m.dropIns(".conf", "etc/"+s.first)
	}
	if s.later != "" && err == nil {
		after, err = m.dropIns(".conf", "etc/"+s.later, "run/"+s.later, "usr/local/lib/"+s.later, "usr/lib/"+s.later)
	}
	return slices.Concat(before, []string{file}, after), err
}

// etc returns the file of that name below /etc, else below /usr/etc, else "".
func (m *machine) etc(name string) string {
	return m.first("etc/"+name, "usr/etc/"+name)
}

// parseSettings reads lines of "NAME VALUE", "name = value" or a name alone. A
// line that begins with "#" or ";" is a comment, "[" a section's heading.
func parseSettings(data []byte, inline bool) values {
	found := values{}
	for line := range strings.Lines(string(data)) {
		if inline {
			line, _, _ = strings.Cut(line, "#")
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.ContainsRune("#;[", rune(line[0])) {
			continue
		}
		name, value := line, ""
		if end := strings.IndexAny(line, "= \t"); end >= 0 {
			name = line[:end]
			value = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line[end:]), "="))
		}
		if name != "" {
			found.set(name, unquote(value))
		}
	}
	return found
}

// absent turns "does not exist" into "nothing to ask".
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
