package settings

import (
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

// localNode has a property list for each account and group of the machine. Only root may read it.
const localNode = "private/var/db/dslocal/nodes/Default/"

// accountKeys are the facts of accounts.
var accountKeys = [...]string{"admins", "hints", "root", "uid0"}

// accounts reads what the machine's own directory says of accounts. Passwords and hints stay on the machine.
func accounts(m *Machine) (*facts.Found, error) {
	found := facts.NewFound()
	lose := func(file string, err error) (*facts.Found, error) {
		found = facts.NewFound()
		m.Lose(found, facts.Any, file, err)
		return found, nil
	}
	names, err := m.List(localNode + "users")
	if err != nil {
		return lose(localNode+"users", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	var hints, superusers []string
	root := "disabled"
	for _, name := range names {
		user, isList := strings.CutSuffix(name, ".plist")
		if !isList {
			continue
		}
		values, err := m.open(localNode + "users/" + name)
		if err != nil {
			return lose(localNode+"users/"+name, err)
		}
		if members(values, "hint") != nil {
			hints = append(hints, user)
		}
		if values["uid:0"].Text == "0" {
			superusers = append(superusers, user)
		}
		if authorities := members(values, "authentication_authority"); user == "root" && authorities != nil &&
			!strings.Contains(strings.Join(authorities, " "), "DisabledUser") {
			root = "enabled"
		}
	}
	admins, err := m.open(localNode + "groups/admin.plist")
	if err != nil {
		return lose(localNode+"groups/admin.plist", err)
	}
	for key, value := range map[string]string{"hints": strings.Join(hints, " "), "uid0": strings.Join(superusers, " "),
		"admins": strings.Join(members(admins, "users"), " "), "root": root} {
		found.Set(key, value, "/"+strings.TrimSuffix(localNode, "/"))
	}
	return found, nil
}

// members returns the texts of a list that are not empty.
func members(values map[string]plist.Value, key string) (texts []string) {
	for i := 0; ; i++ {
		v, have := values[fmt.Sprintf("%s:%d", key, i)]
		if !have {
			return texts
		}
		if v.Text != "" {
			texts = append(texts, v.Text)
		}
	}
}

// homeMode is what others may do with the folder of a user: go through it, as to its folder Public.
const homeMode = 0o711

// homes reads which folders of users others may read.
func homes(m *Machine) (*facts.Found, error) {
	users, err := m.users()
	if err != nil {
		return nil, err
	}
	found, wide := facts.NewFound(), []string{}
	for _, user := range users {
		info, err := m.Lstat("Users/" + user)
		if err != nil {
			return nil, err
		}
		if info.Mode().Perm()&^homeMode != 0 {
			wide = append(wide, user)
		}
	}
	found.Set("open", strings.Join(wide, " "), "")
	guest := "no"
	if m.Exists("Users/Guest") {
		guest = "yes"
	}
	found.Set("guest", guest, "")
	return found, nil
}
