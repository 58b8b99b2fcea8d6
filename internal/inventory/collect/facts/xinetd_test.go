package facts

import (
	"slices"
	"strings"
	"testing"
)

// A service is off by its own block, by the list of those that are off, and by not being in a list of those that are
// on (xinetd.conf(5)).
func TestXinetd(t *testing.T) {
	const services = "# off:\nservice tftp\n{\n\tserver = /usr/sbin/in.tftpd -s\n}\nservice telnet\n{\n disable = no\n id = remote\n server = /x/telnetd\n}\n" +
		"service ftp\n{\n disable = yes\n server = /x/ftpd\n}\n"
	for defaults, want := range map[string]string{
		"":                                    "telnet tftp",
		"defaults\n{\n disabled = tftp\n}\n":  "telnet",
		"defaults\n{\n disabled += remote\n}": "tftp",
		"defaults\n{\n disabled = telnet\n}":  "telnet tftp",
		"defaults\n{\n enabled = tftp ftp\n}": "tftp",
		"defaults\n{\n enabled =\n}":          "telnet tftp",
	} {
		x, found := &xinetd{}, NewFound()
		x.read("xinetd.d/all", []byte(services))
		x.read("xinetd.conf", []byte(defaults))
		x.addTo(found)
		var got []string
		for key := range found.Values {
			if name, is := strings.CutPrefix(key, inetdKey); is {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", defaults, got, want)
		}
	}
}
