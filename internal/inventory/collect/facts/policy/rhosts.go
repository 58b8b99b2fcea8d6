package policy

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// maxHomes bounds the folders of accounts that are looked into.
const maxHomes = 500

var errHomes = errors.New("more folders of accounts than are looked into")

// rhosts reads which files let other hosts in without a password (hosts.equiv(5)), and which of them let in all.
func rhosts(m *facts.Machine) (*facts.Found, error) {
	passwd, err := m.Read("etc/passwd")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files := []string{"etc/hosts.equiv", "etc/ssh/shosts.equiv"}
	found, seen := facts.NewFound(), map[string]bool{}
	for _, f := range records(passwd, 7) {
		home := path.Join(".", path.Clean("/"+f[5]))
		if seen[home] {
			continue
		}
		if seen[home] = true; len(seen) > maxHomes {
			m.Lose(found, facts.Any, home, errHomes)
			break
		}
		if info, err := m.Stat(home); err == nil && !info.IsDir() {
			continue // such as /dev/null
		}
		files = append(files, path.Join(home, ".rhosts"), path.Join(home, ".shosts"))
	}
	var all, plus []string
	for _, file := range files {
		data, err := m.Read(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			m.Lose(found, facts.Any, file, err)
			continue
		}
		some, every := trusts(data)
		if some {
			all = append(all, "/"+file)
		}
		if every {
			plus = append(plus, "/"+file)
		}
	}
	found.Set("files", strings.Join(all, " "), "")
	found.Set("plus", strings.Join(plus, " "), "")
	for key, value := range found.Values {
		if value == "" && found.Unread[facts.Any] != "" {
			delete(found.Values, key)
		}
	}
	return found, nil
}

// trusts reports whether a file lets anybody in, and whether a line of it lets in every host, or every user of a host.
func trusts(data []byte) (some, every bool) {
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if line[0] == '#' || len(words) == 0 {
			continue
		}
		some = true
		every = every || slices.Contains(words[:min(2, len(words))], "+")
	}
	return some, every
}
