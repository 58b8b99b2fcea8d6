package facts

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/testneed"
)

// sshdValues are options with values, as sshd -T shows them.
var sshdValues = map[string][]string{
	"PermitRootLogin": {"yes", "no", "prohibit-password"},
	"X11Forwarding":   {"yes", "no"},
	"MaxAuthTries":    {"2", "3"},
	"LogLevel":        {"VERBOSE", "INFO", "DEBUG"},
	"Banner":          {"/etc/issue", "/etc/issue net"},
}

// sshdLines draws a line of sshd_config, spelled in any way.
func sshdLines() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		option := rapid.SampledFrom([]string{"PermitRootLogin", "PermitRootLogin", "X11Forwarding", "MaxAuthTries", "LogLevel",
			"Banner"}).Draw(t, "option")
		value := rapid.SampledFrom(sshdValues[option]).Draw(t, "value")
		quoted := strings.Contains(value, " ")
		switch form := rapid.IntRange(0, 5).Draw(t, "quotes"); {
		case form == 0 || quoted && form < 3:
			value = `"` + value + `"`
		case form == 1 || quoted && form < 5:
			value = "'" + value + "'"
		case quoted:
			value = strings.ReplaceAll(value, " ", `\ `)
		case form == 2:
			value = value[:1] + `"` + value[1:] + `"`
		}
		switch rapid.IntRange(0, 4).Draw(t, "case") {
		case 0:
			option = strings.ToLower(option)
		case 1:
			option = " \t" + option
		}
		equals := rapid.SampledFrom([]string{" ", "=", " = ", "\t"}).Draw(t, "equals")
		return option + equals + value + rapid.SampledFrom([]string{"", " ", " # no", "\t", "\r"}).Draw(t, "end")
	})
}

// sshdFile draws a file: lines, Match blocks and, at the top, includes.
func sshdFile(includes []string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		lines := rapid.SliceOfN(sshdLines(), 0, 4).Draw(t, "lines")
		if len(includes) > 0 && rapid.Bool().Draw(t, "includes") {
			include := "Include " + rapid.SampledFrom(includes).Draw(t, "include")
			lines = slices.Insert(lines, rapid.IntRange(0, len(lines)).Draw(t, "place"), include)
		}
		for range rapid.IntRange(0, 2).Draw(t, "blocks") {
			lines = append(lines, "Match "+rapid.SampledFrom([]string{"User root", "User ann", "User !root,*", "user r*",
				"Group root", "Group staff", "Address 192.0.2.0/24", "Address 0.0.0.0/0,::/0", "all", "User root Address 192.0.2.0/24",
				"Address !192.0.2.0/24,*", "Host *"}).Draw(t, "condition"))
			lines = append(lines, rapid.SliceOfN(sshdLines(), 1, 3).Draw(t, "inner")...)
			if len(includes) > 0 && rapid.IntRange(0, 3).Draw(t, "inner include") == 0 {
				lines = append(lines, "Include "+rapid.SampledFrom(includes).Draw(t, "included"))
			}
		}
		return strings.Join(lines, "\n") + "\n"
	})
}

// For every connection sshd has one of the values that facts tell; for a connection that no condition is about, the
// common one.
func TestOptionsAsSSHD(t *testing.T) {
	o := newOracle(t, "/usr/sbin/sshd")
	key := filepath.Join(o.root, "key")
	if out, err := exec.Command(testneed.Command(t, "ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	base := map[string]string{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\nann:x:1000:1000::/:/bin/sh\n",
		"etc/group":  "root:x:0:\nstaff:x:50:root\nann:x:1000:\n",
		"run/sshd/x": "", "etc/issue": "", "dev/null": "",
	}
	for name, content := range base {
		if err := o.write(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		command := ""
		if rapid.Bool().Draw(t, "command line") {
			for _, line := range rapid.SliceOfN(sshdLines(), 1, 2).Draw(t, "options") {
				option, arguments := sshdLine(line)
				command += " -o '" + option + "=\"" + strings.Join(arguments, " ") + "\"'"
			}
		}
		files := map[string]string{
			"etc/ssh/sshd_config": sshdFile([]string{"/etc/ssh/*.d/*.conf", "sshd_config.d/1*", "/etc/*/more.conf", "none.conf",
				"/etc/ssh/sshd_config.d/*"}).Draw(t, "sshd_config"),
			"etc/ssh/sshd_config.d/10.conf": sshdFile(nil).Draw(t, "10.conf"),
			"etc/ssh/sshd_config.d/.a.conf": sshdFile(nil).Draw(t, ".a.conf"),
			"etc/ssh/more.conf":             sshdFile(nil).Draw(t, "more.conf"),
			"etc/ssh/more.d/1/x":            "",
			"etc/default/ssh":               "# options\nSSHD_OPTS=\"" + strings.ReplaceAll(command, `"`, `\"`) + "\"\n",
			"usr/lib/systemd/system/ssh.service": "[Service]\nEnvironmentFile=-/etc/default/ssh\n" +
				"ExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n",
		}
		o.lay(t, files)
		found := o.read(t, sshd).Values
		var arguments []string
		words, _ := splitCommand(command)
		for _, word := range words {
			arguments = append(arguments, word.text)
		}
		for _, user := range []string{"root", "ann"} {
			for _, address := range []string{"192.0.2.1", "203.0.113.1", "2001:db8::1"} {
				shown, err := o.run(append(arguments, "-T", "-h", "/key", "-C", "user="+user+",addr="+address+",host=h")...)
				if err != nil {
					t.Fatal(err)
				}
				checkOptions(t, found, shown, user, files)
			}
		}
	})
}

// checkOptions compares the options of a connection with the facts.
func checkOptions(t *rapid.T, found Values, shown, user string, files map[string]string) {
	defaults := map[string]string{"PermitRootLogin": "prohibit-password", "X11Forwarding": "no", "MaxAuthTries": "6",
		"LogLevel": "INFO", "Banner": "none"}
	for option := range sshdValues {
		if option == "PermitRootLogin" && user != "root" {
			continue
		}
		_, rest, _ := strings.Cut(shown, "\n"+strings.ToLower(option)+" ")
		got, _, _ := strings.Cut(rest, "\n")
		if got == "without-password" {
			got = "prohibit-password"
		}
		value, set := found[option]
		if !set {
			value = defaults[option]
		}
		may := []string{value}
		if more, ok := found[matchKey+option]; ok {
			may = append(may, strings.Split(more, "; ")...)
		}
		sure := !slices.ContainsFunc(slices.Collect(maps.Values(files)), func(text string) bool {
			return strings.Contains(text, "192.0.2")
		})
		if option == "PermitRootLogin" && sure && len(may) > 1 {
			t.Fatalf("root may have %s %q, of %q", option, may, files)
		}
		if !slices.ContainsFunc(may, func(v string) bool { return strings.EqualFold(v, got) }) {
			t.Fatalf("%s has %s %q, facts have %q, of %q", user, option, got, may, files)
		}
	}
}
