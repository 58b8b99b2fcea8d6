package settings

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

const (
	// overridesFile has by label whether an administrator has disabled a job; it comes before what the job says itself.
	overridesFile = "private/var/db/com.apple.xpc.launchd/disabled.plist"
	// daemonsFolder has the system's own jobs.
	daemonsFolder = "System/Library/LaunchDaemons"
)

// labels are the jobs that are told.
var labels = [...]string{
	"com.apple.AEServer", "com.apple.AppleFileServer", "com.apple.ODSAgent", "com.apple.auditd", "com.apple.fingerd",
	"com.apple.ftpd", "com.apple.lockd", "com.apple.nfsd", "com.apple.rexecd", "com.apple.rlogind", "com.apple.rpcbind",
	"com.apple.rshd", "com.apple.screensharing", "com.apple.smbd", "com.apple.statd.notify", "com.apple.telnetd",
	"com.apple.tftpd", "com.apple.timed", "com.apple.uucp", "com.openssh.sshd", "org.apache.httpd", "org.cups.cupsd",
}

var errNoDaemons = errors.New("the system's own volume is not there")

// launchd reads which of the system's jobs start: what the list of overrides says, else what the job says.
func launchd(m *Machine) (*facts.Found, error) {
	found := facts.NewFound()
	set := func(label string, disabled bool, origin string) {
		value := "enabled"
		if disabled {
			value = "disabled"
		}
		if slices.Contains(labels[:], label) {
			found.Set(label, value, "/"+origin)
		}
	}
	overrides, err := m.open(overridesFile)
	if err != nil {
		m.Lose(found, facts.Any, overridesFile, err)
		return found, nil
	}
	for label, v := range overrides {
		if v.Kind == plist.Truth {
			set(label, v.Text == "1", overridesFile)
		}
	}
	m.addDaemons(found, set)
	return found, nil
}

// addDaemons adds the jobs that nobody has overridden.
func (m *Machine) addDaemons(found *facts.Found, set func(label string, disabled bool, origin string)) {
	names, err := m.List(daemonsFolder)
	if err == nil && len(names) == 0 {
		err = errNoDaemons
	}
	if err != nil {
		m.Lose(found, facts.Any, daemonsFolder, err)
		return
	}
	for _, name := range names {
		file := daemonsFolder + "/" + name
		values, err := m.open(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			continue
		}
		label := values["Label"].Text
		if _, overridden := found.Values[label]; !overridden && label != "" {
			set(label, values["Disabled"].Text == "1", file)
		}
	}
}

// open reads a property list; one that does not exist has no values.
func (m *Machine) open(file string) (map[string]plist.Value, error) {
	data, err := m.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return plist.Parse(data)
}
