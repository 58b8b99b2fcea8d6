package windows

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/effective"
)

// Settings are the facts of one family of settings (doc/facts.md).
type Settings struct {
	Values map[string]string
	// Origins says where values were set: the path of the key and the name of the value.
	Origins map[string]string
	// Unread says why a fact is not known.
	Unread map[string]string
}

// setting is a fact and the places that can set it. The first one that has a value wins.
type setting struct {
	family, fact string
	places       []place
}

// place is a value in the registry.
type place struct {
	key, value string
	inverted   bool // 1 means 0: the setting allows what the fact disables
	listed     bool // the value is a list "fact=value|fact=value"
}

// maxSetting is the most bytes of a value that is told.
const maxSetting = 1 << 10

// SettingFamilies returns the names of the families of settings, in order.
func SettingFamilies() []string {
	var names []string
	for _, s := range settings() {
		names = append(names, s.family)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ReadSettings reads all families of settings. A place that cannot be read makes those facts unread that no place
// before it sets.
func ReadSettings(r *Reader) map[string]Settings {
	all, keys := map[string]Settings{}, map[string]settingKey{}
	for _, s := range settings() {
		if all[s.family].Values == nil {
			all[s.family] = Settings{map[string]string{}, map[string]string{}, map[string]string{}}
		}
		for _, p := range s.places {
			key, have := keys[p.key]
			if !have {
				key = r.settingKey(p.key)
				keys[p.key] = key
			}
			value, set := p.find(key.values, s.fact)
			if set {
				all[s.family].Values[s.fact], all[s.family].Origins[s.fact] = value, p.key+`\`+p.value
			} else if key.err != nil {
				all[s.family].Unread[s.fact] = fmt.Sprintf("%s: %.300v", p.key, key.err)
			}
			if set || key.err != nil {
				break
			}
		}
	}
	return all
}

// settingKey has the values of a key, and why it has not all of them.
type settingKey struct {
	values map[string]string
	err    error
}

// settingKey reads a key. One that does not exist has no values.
func (r *Reader) settingKey(path string) settingKey {
	if !r.goesOn(path) {
		return settingKey{err: errors.New("there was no time left, or too much was read")}
	}
	values, err := r.registry.Values(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	case errors.Is(err, fs.ErrPermission):
		r.complain(path, err)
		err = errors.New("permission denied")
	case err != nil:
		r.complain(path, err)
	}
	for name, value := range values {
		r.bytes += len(name) + len(value)
	}
	return settingKey{values, err}
}

// find returns the value of a fact in a key. Windows ignores case in names. An empty text sets nothing.
func (p *place) find(values map[string]string, fact string) (string, bool) {
	text := ""
	for name, value := range values {
		if strings.EqualFold(name, p.value) {
			text = strings.TrimSpace(value)
		}
	}
	if p.listed {
		text = listed(text, fact)
	}
	switch {
	case text == "" || len(text) > maxSetting:
		return "", false
	case p.inverted && text == "0":
		text = "1"
	case p.inverted:
		text = "0"
	}
	return text, true
}

// listed returns the value of a fact in a list "fact=value|fact=value".
func listed(list, fact string) string {
	for entry := range strings.SplitSeq(list, "|") {
		name, value, _ := strings.Cut(entry, "=")
		if strings.EqualFold(strings.Trim(strings.TrimSpace(name), "{}"), fact) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// settings reads the table of settings.
func settings() []setting {
	var all []setting
	for _, s := range effective.Table(settingsTable) {
		all = append(all, setting{s.Family, s.Fact, placesOf(s)})
	}
	return all
}

// placesOf reads the places of a setting.
func placesOf(s effective.Setting) []place {
	var all []place
	for _, entry := range s.Places {
		key, value, _ := strings.Cut(entry, ":")
		p := place{key: settingRoots[key[0]] + key[1:]}
		value, p.inverted = strings.CutPrefix(value, "!")
		value, p.listed = strings.CutSuffix(value, "|")
		p.value = cmp.Or(value, s.Word())
		all = append(all, p)
	}
	return all
}
