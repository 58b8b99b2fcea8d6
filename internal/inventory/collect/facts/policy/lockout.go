package policy

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// loginServices are the services by which people log in; sharedServices stand for them where there are none.
var (
	loginServices = [...]string{"gdm-password", "kde", "lightdm", "login", "remote", "sddm", "sshd", "xdm"}
	authServices  = [...]string{"common-auth", "password-auth", "system-auth"}
)

// faillockOptions are those that say when an account is locked, and for how long.
var faillockOptions = [...]string{"deny", "even_deny_root", "fail_interval", "root_unlock_time", "unlock_time"}

// lockout reads for each service by which people log in whether failures lock the account.
func lockout(m *facts.Machine) (*facts.Found, error) {
	services := existing(m, loginServices[:])
	if len(services) == 0 {
		services = existing(m, authServices[:])
	}
	if len(services) == 0 {
		return nil, nil
	}
	found := facts.NewFound()
	for _, service := range services {
		stack, lost, err := pamStack(m, service, "auth")
		if err != nil {
			m.Lose(found, facts.Any, lost, err)
			continue
		}
		addLockout(m, found, service, stack)
	}
	return found, nil
}

// existing returns the services that have a file.
func existing(m *facts.Machine, services []string) []string {
	return slices.DeleteFunc(slices.Clone(services), func(name string) bool { return pamFile(m, name) == "" })
}

// addLockout adds what a stack does about failures.
func addLockout(m *facts.Machine, found *facts.Found, service string, stack []pamModule) {
	for _, module := range []string{"pam_faillock.so", "pam_tally2.so", "pam_tally.so"} {
		lock, ok := lockOf(stack, module)
		if !ok {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(module, "pam_"), ".so")
		found.Set(service, name, lock.origin)
		options := optionsOf(lock, faillockOptions[:])
		if name == "faillock" {
			addFile(m, found, service, lock, options)
		}
		for option, value := range options {
			found.Set(service+" "+option, value, lock.origin)
		}
		return
	}
	origin := ""
	if len(stack) > 0 {
		origin = stack[0].origin
	}
	found.Set(service, "no", origin)
}

// addFile adds the options of the file of pam_faillock.so that the module's own arguments do not set.
func addFile(m *facts.Machine, found *facts.Found, service string, lock pamModule, options map[string]string) {
	file := m.First("etc/security/faillock.conf", "usr/etc/security/faillock.conf", "usr/lib/security/faillock.conf")
	if named := optionsOf(lock, []string{"conf"})["conf"]; named != "" {
		file = strings.TrimPrefix(named, "/")
	}
	if file == "" {
		return
	}
	data, err := m.Read(file)
	if err != nil {
		for _, option := range faillockOptions {
			if _, set := options[option]; !set {
				m.Lose(found, service+" "+option, file, err)
			}
		}
		return
	}
	facts.ParseSettings(data, true, func(name, value string, line int) {
		if _, set := options[name]; !set && slices.Contains(faillockOptions[:], name) {
			found.Set(service+" "+name, value, facts.At(file, line))
		}
	})
}

// optionsOf returns the arguments of a module that are among names; the last one wins.
func optionsOf(m pamModule, names []string) map[string]string {
	options := map[string]string{}
	for _, argument := range m.arguments {
		if name, value, _ := strings.Cut(argument, "="); slices.Contains(names, name) {
			options[name] = value
		}
	}
	return options
}

// lockOf returns the module that locks accounts, if failures are counted and a locked account is refused: the stack is
// run with a wrong password, and with the right one of a locked account.
func lockOf(stack []pamModule, module string) (lock pamModule, ok bool) {
	counts := false
	runStack(stack, func(m pamModule) answer {
		switch {
		case m.module != module:
			return usual(m, fails)
		case module != "pam_faillock.so":
			counts = counts || module == "pam_tally.so" || optionsOf(m, []string{"deny"})["deny"] != ""
		case slices.Contains(m.arguments, "authfail"):
			counts = true
			return ignores
		}
		return succeeds
	})
	refused, asked := true, false
	refused = !runStack(stack, func(m pamModule) answer {
		if m.module != module {
			return usual(m, succeeds)
		}
		if !asked {
			lock, asked = m, true
		}
		return fails
	})
	return lock, counts && asked && refused
}

// credentials are modules whose answer depends on what the person who logs in knows or has.
var credentials = [...]string{
	"pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so", "pam_winbind.so", "pam_systemd_home.so", "pam_userdb.so",
	"pam_google_authenticator.so", "pam_pkcs11.so", "pam_u2f.so", "pam_radius_auth.so",
}

// local are modules that succeed for the people of this machine, whatever depends on it.
var local = [...]string{"pam_localuser.so", "pam_usertype.so", "pam_permit.so", "pam_faildelay.so"}

// usual is the answer of a module for an ordinary account of this machine: password is that of modules which ask for
// it. A module whose success would decide, such as one for groups without a password, does not succeed.
func usual(m pamModule, password answer) answer {
	switch {
	case m.module == "pam_unix.so":
		return password
	case m.module == "pam_deny.so", slices.Contains(credentials[:], m.module):
		return fails
	case slices.Contains(local[:], m.module):
		return succeeds
	}
	switch actionOf(m.control, succeeds) {
	case "ok", "ignore":
		return succeeds
	}
	return fails
}
