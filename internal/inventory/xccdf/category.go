package xccdf

import (
	"strings"
)

// categories are the words of configurationCategory (contract.md, section 4), by words in the titles of groups of
// the SCAP Security Guide, CIS and DISA. The first that fits counts, of the innermost group that has one.
var categories = [...]struct {
	name  string
	words []string
}{
	{"Security controls", []string{"audit", "record ", "records ", "log file", "logs", "selinux", "apparmor", "integrity", "aide", "antivirus", "malware", "endpoint", "fips", "crypto",
		"logging", "syslog", "journald", "intrusion", "exploit guard", "defender"}},
	{"Accounts", []string{"account", "password", "pam", "login", "log in", "logon", "authentication", "sudo", "banner", "session", "shadow",
		"umask", "user rights", "privilege"}},
	{"Network", []string{"network", "firewall", "iptables", "nftables", "ufw", "ipv6", "ipv4", "wireless", "tcp", "protocol", "ipsec", "vpn"}},
	{"Application", []string{"services", "server", "ssh", "mail", "dns", "ftp", "http", "ldap", "nfs", "nis", "samba", "snmp", "docker",
		"container", "kubernetes", "cron", "gnome", "dconf", "browser", "firefox", "chrom", "java", "office", "application", "printing", "x window"}},
	{"OS", []string{"system settings", "kernel", "boot", "grub", "partition", "file", "permission", "mount", "software", "updat", "memory",
		"operating system", "disk"}},
}

// categoryOf returns the category that the title of a group tells; "" if it tells none.
func categoryOf(title string) string {
	title = strings.ToLower(title)
	for _, c := range categories {
		for _, word := range c.words {
			if hasWord(title, word) {
				return c.name
			}
		}
	}
	return ""
}

// hasWord reports whether a word begins somewhere in a text.
func hasWord(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		if at += i; at == 0 || !isLetter(text[at-1]) {
			return true
		}
		at++
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// group is a group of rules, in others.
type group struct {
	outer *group
	// category is what the title tells, once: a group has many rules, and its title may be long.
	title, category string
}

// called gives a group its title.
func (g *group) called(title string) { g.title, g.category = title, categoryOf(title) }

// ofRules returns the category of the rules of a group; "" if no title tells it.
func (g *group) ofRules() string {
	for ; g != nil; g = g.outer {
		if g.category != "" {
			return g.category
		}
	}
	return ""
}
