package settings

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/effective"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

// setting is a fact and the places that can set it. The first one that has a value wins.
type setting struct {
	family, fact string
	places       []place
}

// place is a value in a property list.
type place struct {
	root              byte
	domain, key       string
	inverted, present bool
	least             int // above 0: the value is a number, and whether it is at least that is told
}

// perUser reports whether the place is another one for each user.
func (p *place) perUser() bool { return strings.Contains(roots[p.root], "*") }

// unset stands in a fact for the users for whom no place sets it, if one does for others.
const unset = "-"

// maxPreference is the most bytes of a value that is told.
const maxPreference = 1 << 10

var errHosts = errors.New("there are settings of several machines, and it is not known which this is")

// preferences reads property lists once each.
type preferences struct {
	*Machine
	lists map[string]list
	users []string
	err   error // of the list of users
}

// list has the values of a property list, and why it has none. One that does not exist has neither.
type list struct {
	values map[string]plist.Value
	err    error
}

// families returns the families of the table in order, with their settings.
func families() (names []string, all map[string][]setting) {
	all = map[string][]setting{}
	for _, s := range settings() {
		if len(all[s.family]) == 0 {
			names = append(names, s.family)
		}
		all[s.family] = append(all[s.family], s)
	}
	return names, all
}

func newPreferences(m *Machine) *preferences {
	p := &preferences{Machine: m, lists: map[string]list{}}
	p.users, p.err = m.users()
	return p
}

// users returns the names of folders of users.
func (m *Machine) users() ([]string, error) {
	names, err := m.List("Users")
	return slices.DeleteFunc(names, func(name string) bool {
		if strings.HasPrefix(name, ".") || name == "Shared" || name == "Guest" {
			return true
		}
		info, err := m.Lstat("Users/" + name)
		return err == nil && !info.IsDir()
	}), err
}

// read reads the settings of a family.
func (p *preferences) read(all []setting) *facts.Found {
	found := facts.NewFound()
	for _, s := range all {
		if !slices.ContainsFunc(s.places, func(o place) bool { return o.perUser() }) {
			value, origin, set := p.find(found, s, "")
			if set {
				found.Set(s.fact, value, origin)
			}
			continue
		}
		p.each(found, s)
	}
	return found
}

// each reads a setting that may differ between users: the values in order, each once.
func (p *preferences) each(found *facts.Found, s setting) {
	var values, origins []string
	users := p.users
	if len(users) == 0 && p.err == nil {
		users = []string{""}
	}
	if p.err != nil {
		p.Lose(found, s.fact, "Users", p.err)
	}
	for _, user := range users {
		value, origin, set := p.find(found, s, user)
		if !set {
			value = unset
		}
		values, origins = append(values, value), append(origins, origin)
	}
	slices.Sort(origins)
	slices.Sort(values)
	values, origins = slices.Compact(values), slices.Compact(origins)
	if _, lost := found.Unread[s.fact]; lost || len(values) == 0 || len(values) == 1 && values[0] == unset {
		return
	}
	origins = slices.DeleteFunc(origins, func(text string) bool { return text == "" })
	found.Set(s.fact, strings.Join(values, " "), strings.Join(origins, ", "))
}

// find returns the value of a setting for a user. A place that cannot be read makes it unknown.
func (p *preferences) find(found *facts.Found, s setting, user string) (value, origin string, set bool) {
	for _, place := range s.places {
		if place.perUser() && user == "" {
			continue
		}
		file := strings.Replace(roots[place.root], "*", user, 1) + place.domain
		told := roots[place.root] + place.domain
		if place.root == 'F' {
			if p.Exists(file) {
				return "1", "/" + file, true
			}
			continue
		}
		read, err := p.list(file, place.root)
		if err != nil {
			p.Lose(found, s.fact, told+".plist", err)
			return "", "", false
		}
		if value, set = place.value(read); set {
			return value, "/" + told + ".plist: " + place.key, true
		}
	}
	return "", "", false
}

// list returns the values of a property list. The name of one that is "ByHost" goes on with that of the machine.
func (p *preferences) list(name string, root byte) (map[string]plist.Value, error) {
	if known, have := p.lists[name]; have {
		return known.values, known.err
	}
	file := name + ".plist"
	var err error
	if root == 'H' || strings.Contains(name, "/ByHost/") && !p.Exists(file) {
		file, err = p.ofHost(name)
	}
	known := list{err: err}
	if err == nil && file != "" {
		known = p.open(file)
	}
	p.lists[name] = known
	return known.values, known.err
}

// ofHost returns the property list that is named by this machine; "" if there is none.
func (p *preferences) ofHost(name string) (string, error) {
	if p.Host != "" {
		return name + "." + p.Host + ".plist", nil
	}
	names, err := p.List(path.Dir(name))
	if err != nil {
		return "", err
	}
	var files []string
	for _, other := range names {
		host, ok := strings.CutPrefix(other, path.Base(name)+".")
		if host, isList := strings.CutSuffix(host, ".plist"); ok && isList && len(host) == len("9C1B6A3E-0D1F-5B7A-8E44-2F6D1C9B0A11") {
			files = append(files, path.Dir(name)+"/"+other)
		}
	}
	if len(files) > 1 {
		return "", errHosts
	}
	return strings.Join(files, ""), nil
}

// open reads a property list.
func (p *preferences) open(file string) list {
	data, err := p.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return list{}
	}
	if err != nil {
		return list{err: err}
	}
	values, err := plist.Parse(data)
	return list{values, err}
}

// value returns the value of a place. An empty text sets nothing.
func (p *place) value(values map[string]plist.Value) (string, bool) {
	text := truth(values[p.key])
	if strings.Contains(p.key, "*") {
		text = each(values, p.key)
	}
	switch {
	case text == "" || len(text) > maxPreference:
		return "", false
	case p.present:
		return "1", true
	case p.inverted:
		return "0", text == "1"
	case p.least > 0:
		n, err := strconv.Atoi(text)
		if n >= p.least {
			return "1", err == nil
		}
		return "0", err == nil
	}
	return text, true
}

// truth returns the text of a value. What was written as a text for a truth value is one, as macOS takes it.
func truth(v plist.Value) string {
	switch text := strings.TrimSpace(v.Text); strings.ToLower(text) {
	case "yes", "true":
		return "1"
	case "no", "false":
		return "0"
	default:
		return text
	}
}

// each returns the values of the members of lists, each once, joined by a blank.
func each(values map[string]plist.Value, pattern string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if match, err := path.Match(pattern, name); match && err == nil {
			all = append(all, truth(values[name]))
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// settings reads the table.
func settings() []setting {
	var all []setting
	for _, s := range effective.Table(table) {
		all = append(all, setting{s.Family, s.Fact, placesOf(s)})
	}
	return all
}

// placesOf reads the places of a setting.
func placesOf(s effective.Setting) []place {
	var all []place
	for _, entry := range s.Places {
		domain, key, _ := strings.Cut(entry[1:], ":")
		p := place{root: entry[0], domain: domain}
		key, p.inverted = strings.CutPrefix(key, "!")
		key, p.present = strings.CutPrefix(key, "?")
		if number, isLeast := strings.CutPrefix(key, "#"); isLeast {
			p.least, key = int(number[0]-'0'), number[1:]
		}
		p.key = cmp.Or(key, s.Word())
		all = append(all, p)
	}
	return all
}
