package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// passwordServices are those by which people change their passwords, in the order in which one stands for all.
var passwordServices = [...]string{"passwd", "system-auth", "common-password", "password-auth"}

// qualityOptions are those that say which passwords are refused (pwquality.conf(5), pam_cracklib(8)).
var qualityOptions = [...]string{
	"dcredit", "dictcheck", "difok", "enforce_for_root", "enforcing", "gecoscheck", "lcredit", "maxclassrepeat", "maxrepeat",
	"maxsequence", "minclass", "minlen", "ocredit", "retry", "ucredit", "usercheck",
}

// hashes are the arguments of pam_unix.so that choose an algorithm.
var hashes = [...]string{"bigcrypt", "blowfish", "gost_yescrypt", "md5", "sha256", "sha512", "yescrypt"}

// passwords reads what a new password must be, and how it is kept.
func passwords(m *facts.Machine) (*facts.Found, error) {
	services, found := existing(m, passwordServices[:]), facts.NewFound()
	if len(services) == 0 {
		if m.First("etc/login.defs", "usr/etc/login.defs") == "" {
			return nil, nil
		}
		addHash(m, found, nil)
		return found, nil
	}
	stack, lost, err := pamStack(m, services[0], "password")
	if err != nil {
		m.Lose(found, facts.Any, lost, err)
		return found, nil
	}
	addQuality(m, found, stack)
	addHistory(m, found, stack)
	addHash(m, found, stack)
	return found, nil
}

// decisive returns the first of some modules that can refuse a new password.
func decisive(stack []pamModule, modules ...string) (one pamModule, ok bool) {
	for _, module := range modules {
		asked := false
		if !runStack(stack, func(m pamModule) answer {
			if m.module != module {
				return newPassword(m)
			}
			if !asked {
				one, asked = m, true
			}
			return fails
		}) && asked {
			return one, true
		}
	}
	return one, false
}

// reached returns the first of a module that sees a new password to which nothing objects.
func reached(stack []pamModule, module string) (one pamModule, ok bool) {
	runStack(stack, func(m pamModule) answer {
		if m.module == module && !ok {
			one, ok = m, true
		}
		return newPassword(m)
	})
	return one, ok
}

// newPassword is the answer of a module that has nothing against a new password.
func newPassword(m pamModule) answer {
	if m.module == "pam_unix.so" || strings.Contains(m.module, "pwhistory") {
		return succeeds
	}
	return usual(m, succeeds)
}

// addQuality adds the module that may refuse a weak password, and its options: arguments replace those of the file.
func addQuality(m *facts.Machine, found *facts.Found, stack []pamModule) {
	one, ok := decisive(stack, "pam_pwquality.so", "pam_cracklib.so", "pam_passwdqc.so")
	if !ok {
		found.Set("quality", "no", "")
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(one.module, "pam_"), ".so")
	found.Set("quality", name, one.origin)
	options := optionsOf(one, qualityOptions[:])
	if name == "pwquality" {
		addOptions(m, found, options, pwqualityFiles(m, found), qualityOptions[:])
	}
	for option, value := range options {
		found.Set(option, value, one.origin)
	}
}

// pwqualityFiles returns the files of libpwquality in the order in which they are read.
func pwqualityFiles(m *facts.Machine, found *facts.Found) []string {
	files, err := m.DropIns(".conf", "etc/security/pwquality.conf.d")
	if err != nil {
		m.Lose(found, facts.Any, "etc/security/pwquality.conf.d", err)
	}
	if file := m.First("etc/security/pwquality.conf", "usr/etc/security/pwquality.conf"); file != "" {
		files = append(files, file)
	}
	return files
}

// addOptions adds those of files of names and values that are among names and not among the arguments; the last one
// wins.
func addOptions(m *facts.Machine, found *facts.Found, arguments map[string]string, files, names []string) {
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			for _, name := range names {
				if _, set := arguments[name]; !set {
					delete(found.Values, name)
					delete(found.Origins, name)
					m.Lose(found, name, file, err)
				}
			}
			continue
		}
		facts.ParseSettings(data, true, func(name, value string, line int) {
			if _, set := arguments[name]; !set && slices.Contains(names, name) {
				found.Set(name, value, facts.At(file, line))
			}
		})
	}
}

// addHistory adds how many earlier passwords are refused, and by which module.
func addHistory(m *facts.Machine, found *facts.Found, stack []pamModule) {
	names := []string{"remember"}
	if one, ok := decisive(stack, "pam_pwhistory.so"); ok {
		found.Set("history", "pwhistory", one.origin)
		options := optionsOf(one, names)
		if file := m.First("etc/security/pwhistory.conf", "usr/etc/security/pwhistory.conf"); file != "" {
			addOptions(m, found, options, []string{file}, names)
		}
		if value, set := options["remember"]; set {
			found.Set("remember", value, one.origin)
		}
		return
	}
	one, ok := reached(stack, "pam_unix.so")
	if value, set := optionsOf(one, names)["remember"]; ok && set {
		found.Set("history", "unix", one.origin)
		found.Set("remember", value, one.origin)
		return
	}
	found.Set("history", "no", "")
}

// addHash adds the algorithm by which new passwords are hashed: that of pam_unix.so, else that of login.defs.
func addHash(m *facts.Machine, found *facts.Found, stack []pamModule) {
	if one, ok := reached(stack, "pam_unix.so"); ok {
		for _, argument := range slices.Backward(one.arguments) {
			if slices.Contains(hashes[:], argument) {
				found.Set("hash", argument, one.origin)
				return
			}
		}
	}
	if value, origin, ok := loginDef(m, found, "hash", "ENCRYPT_METHOD"); ok {
		found.Set("hash", strings.ToLower(value), origin)
	}
}

// loginDef returns a setting of login.defs that gives a key its value.
func loginDef(m *facts.Machine, found *facts.Found, key, name string) (value, origin string, ok bool) {
	file := cmp.Or(m.First("etc/login.defs", "usr/etc/login.defs"), "etc/login.defs")
	data, err := m.Read(file)
	if err != nil {
		m.Lose(found, key, file, err)
		return "", "", false
	}
	facts.ParseSettings(data, false, func(have, v string, line int) {
		if have == name {
			value, origin, ok = v, facts.At(file, line), true
		}
	})
	return value, origin, ok
}
