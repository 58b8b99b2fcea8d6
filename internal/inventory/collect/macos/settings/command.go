package settings

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// errOutput says that a tool printed something else than is known of it.
var errOutput = errors.New("its output is not understood")

// tool is one of macOS's own tools, and the facts that it tells.
type tool struct {
	family string
	line   string // program and arguments
	keys   []string
	// read finds facts in what the tool printed.
	read func(text string, set func(key, value string))
}

const socketfilter = "/usr/libexec/ApplicationFirewall/socketfilterfw "

// tools returns the tools whose facts no file tells.
func tools() []tool {
	return []tool{
		{"protection_running", "/usr/bin/fdesetup status", []string{"FileVault"}, fileVault},
		{"protection_running", "/usr/bin/csrutil status", []string{"SystemIntegrityProtection"}, integrity},
		{"protection_running", "/usr/bin/csrutil authenticated-root status", []string{"AuthenticatedRoot"}, integrity},
		{"protection_running", "/usr/sbin/nvram boot-args", []string{"MobileFileIntegrity"}, bootArguments},
		{"gatekeeper_running", "/usr/sbin/spctl --status --verbose", []string{"EnableAssessment", "AllowIdentifiedDevelopers"}, assessments},
		{"firewall_macos_running", socketfilter + "--getglobalstate", []string{"EnableFirewall"}, firewallState},
		{"firewall_macos_running", socketfilter + "--getblockall", []string{"BlockAllIncoming"}, firewallSwitch},
		{"firewall_macos_running", socketfilter + "--getstealthmode", []string{"EnableStealthMode"}, firewallSwitch},
		{"firewall_macos_running", socketfilter + "--getloggingmode", []string{"EnableLogging"}, firewallSwitch},
		{"firewall_macos_running", socketfilter + "--getallowsigned", []string{"AllowSigned", "AllowSignedApp"}, firewallSwitch},
		{"network_time", "/usr/sbin/systemsetup -getusingnetworktime", []string{"UsingNetworkTime"}, networkTime},
		{"network_time", "/usr/sbin/systemsetup -getnetworktimeserver", []string{"NetworkTimeServer"}, networkTime},
		{"power_macos", "/usr/bin/pmset -g custom", nil, power},
		{"enrollment", "/usr/bin/profiles status -type enrollment", []string{"DEP", "MDM"}, enrollment},
		{"passwords_macos", "/usr/bin/pwpolicy -getaccountpolicies", nil, passwordPolicy},
	}
}

// toolFamilies are the families that tools tell. Of a copy they are not asked.
func toolFamilies() []Family {
	var all []Family
	for i, t := range tools() {
		if i > 0 && tools()[i-1].family == t.family {
			continue
		}
		all = append(all, Family{t.family, func(m *Machine) (*facts.Found, error) { return m.ask(t.family), nil }})
	}
	return all
}

// ask runs the tools of a family.
func (m *Machine) ask(family string) *facts.Found {
	if m.Run == nil {
		return nil
	}
	found := facts.NewFound()
	for _, t := range tools() {
		if t.family == family {
			m.run(found, t)
		}
	}
	return found
}

// run runs a tool. A fact that it must tell and does not is unknown. Some tools fail and print an answer.
func (m *Machine) run(found *facts.Found, t tool) {
	words := strings.Fields(t.line)
	text, err := m.Run(words[0], words[1:]...)
	told := false
	t.read(text, func(key, value string) {
		told = true
		if key != "" {
			found.Set(key, value, t.line)
		}
	})
	switch {
	case isRefusal(text):
		err = fs.ErrPermission
	case err == nil:
		err = errOutput
	}
	source := path.Base(words[0]) + strings.TrimPrefix(t.line, words[0])
	for _, key := range t.keys {
		if _, have := found.Values[key]; !have {
			m.unknown(found, key, source, err)
		}
	}
	if t.keys == nil && !told {
		m.unknown(found, facts.Any, source, err)
	}
}

// isRefusal reports whether a tool says that its caller may not ask it.
func isRefusal(text string) bool {
	text = strings.ToLower(text)
	for _, words := range []string{"need administrator access", "operation not permitted", "permission denied", "must be root",
		"requires root", "must be run as root"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// fileVault reads `fdesetup status`.
func fileVault(text string, set func(key, value string)) {
	switch {
	case strings.Contains(text, "Encryption in progress"):
		set("FileVault", "encrypting")
	case strings.Contains(text, "Decryption in progress"):
		set("FileVault", "decrypting")
	case strings.Contains(text, "FileVault is On"):
		set("FileVault", "on")
	case strings.Contains(text, "FileVault is Off"):
		set("FileVault", "off")
	}
}

// integrityLine is what csrutil prints: "System Integrity Protection status: enabled."
var integrityLine = regexp.MustCompile(`(?m)^(System Integrity Protection|Authenticated Root) status: (\w+)\.?(?: \((Custom Configuration)\))?`)

// integrity reads `csrutil status` and `csrutil authenticated-root status`.
func integrity(text string, set func(key, value string)) {
	for _, parts := range integrityLine.FindAllStringSubmatch(text, -1) {
		key := strings.ReplaceAll(parts[1], " ", "")
		switch {
		case parts[3] != "":
			set(key, "custom")
		case parts[2] == "enabled" || parts[2] == "disabled":
			set(key, parts[2])
		}
	}
}

// noAMFI is the boot argument that turns off Apple's check of signatures of code.
var noAMFI = regexp.MustCompile(`\bamfi_get_out_of_my_way=(?:0x)?0*[1-9a-fA-F]`)

// bootArguments reads `nvram boot-args`, which fails if there are none.
func bootArguments(text string, set func(key, value string)) {
	switch {
	case noAMFI.MatchString(text):
		set("MobileFileIntegrity", "disabled")
	case strings.HasPrefix(text, "boot-args\t"), strings.Contains(text, "data was not found"):
		set("MobileFileIntegrity", "enabled")
	}
}

// assessments reads `spctl --status --verbose`.
func assessments(text string, set func(key, value string)) {
	for line := range strings.Lines(text) {
		for words, key := range map[string]string{"assessments": "EnableAssessment", "developer id": "AllowIdentifiedDevelopers"} {
			switch strings.TrimSpace(line) {
			case words + " enabled":
				set(key, "1")
			case words + " disabled":
				set(key, "0")
			}
		}
	}
}

// firewallState reads `socketfilterfw --getglobalstate`: 2 is that all connections but the system's own are refused.
func firewallState(text string, set func(key, value string)) {
	switch {
	case strings.Contains(text, "(State = 0)"):
		set("EnableFirewall", "0")
	case strings.Contains(text, "(State = 1)"), strings.Contains(text, "(State = 2)"):
		set("EnableFirewall", "1")
	}
}

// firewallSentences are what the other questions to socketfilterfw are answered with, in lower case, without the state.
var firewallSentences = []struct{ key, begin string }{
	{"BlockAllIncoming", "firewall has block all state set to "},
	{"BlockAllIncoming", "block all "},
	{"EnableStealthMode", "firewall stealth mode is "},
	{"EnableStealthMode", "stealth mode "},
	{"EnableLogging", "log mode is "},
	{"AllowSigned", "automatically allow built-in signed software "},
	{"AllowSigned", "automatically allow signed built-in software "},
	{"AllowSignedApp", "automatically allow downloaded signed software "},
}

// firewallSwitch reads an answer of socketfilterfw: "Firewall stealth mode is on".
func firewallSwitch(text string, set func(key, value string)) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(strings.ToLower(strings.TrimSpace(line)), ".! ")
		for _, s := range firewallSentences {
			switch state, ok := strings.CutPrefix(line, s.begin); {
			case ok && (state == "on" || state == "enabled"):
				set(s.key, "1")
			case ok && (state == "off" || state == "disabled"):
				set(s.key, "0")
			}
		}
	}
}

// networkTime reads two answers of systemsetup.
func networkTime(text string, set func(key, value string)) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case name == "Network Time" && (value == "On" || value == "Off"):
			set("UsingNetworkTime", strings.ToLower(value))
		case name == "Network Time Server" && value != "" && len(value) < maxPreference:
			set("NetworkTimeServer", value)
		}
	}
}

// enrollment reads `profiles status -type enrollment`.
func enrollment(text string, set func(key, value string)) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		key := map[string]string{"Enrolled via DEP": "DEP", "MDM enrollment": "MDM"}[name]
		switch {
		case key == "":
		case value == "Yes (User Approved)":
			set(key, "approved")
		case strings.HasPrefix(value, "Yes"):
			set(key, "yes")
		case value == "No":
			set(key, "no")
		}
	}
}

// powerNames are the settings of pmset(1) that are told.
var powerNames = map[string]bool{"womp": true, "powernap": true, "standby": true, "hibernatemode": true,
	"destroyfvkeyonstandby": true, "tcpkeepalive": true, "autorestart": true}

// powerSources are what a Mac draws its power from.
var powerSources = map[string]string{"AC Power:": "AC", "Battery Power:": "Battery", "UPS Power:": "UPS"}

// power reads `pmset -g custom`: settings for each source of power.
func power(text string, set func(key, value string)) {
	source := ""
	for line := range strings.Lines(text) {
		if name, isSource := powerSources[strings.TrimSpace(line)]; isSource {
			source = name
			set("", "")
			continue
		}
		words := strings.Fields(line)
		if source != "" && len(words) == 2 && powerNames[words[0]] && len(words[1]) < maxPreference {
			set(source+" "+words[0], words[1])
		}
	}
}
