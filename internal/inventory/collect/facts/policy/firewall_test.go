package policy

import (
	"maps"
	"strings"
	"testing"
)

func TestFirewalls(t *testing.T) {
	started := func(unit string, files map[string]string) map[string]string {
		all := map[string]string{"usr/lib/systemd/system/" + unit: "[Service]\n",
			"etc/systemd/system/multi-user.target.wants/" + unit: "-> /usr/lib/systemd/system/" + unit}
		maps.Copy(all, files)
		return all
	}
	nftables := func(rules string) map[string]string {
		return started("nftables.service", map[string]string{"etc/nftables.conf": rules, "etc/nftables.d/a.nft": "table inet a {\n" +
			"chain in { type filter hook input priority 0; policy drop; }\n}\n"})
	}
	ufw := func(on, policy string) map[string]string {
		return started("ufw.service", map[string]string{"etc/ufw/ufw.conf": "ENABLED=" + on + "\n",
			"etc/default/ufw": "DEFAULT_INPUT_POLICY=\"" + policy + "\"\n"})
	}
	firewalld := func(zone, file string) map[string]string {
		return started("firewalld.service", map[string]string{"etc/firewalld/firewalld.conf": "DefaultZone=" + zone + "\n",
			"etc/firewalld/zones/own.xml": file})
	}
	iptables := func(v4, v6 string) map[string]string {
		return started("netfilter-persistent.service", map[string]string{"etc/iptables/rules.v4": v4, "etc/iptables/rules.v6": v6})
	}
	without6 := func(files map[string]string) map[string]string {
		files["etc/sysctl.d/a.conf"] = "net.ipv6.conf.all.disable_ipv6=1\n"
		return files
	}
	off := map[string]string{"ufw": absentKey, "nftables": absentKey, "firewalld": absentKey, "iptables": absentKey}
	is := func(backend, policy string) map[string]string { return map[string]string{backend: policy} }
	const (
		dropping  = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n"
		accepting = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
	)
	const inet = "table inet filter {\nchain input {\n type filter hook input priority filter;"
	testFamilies(t, []familyTest{
		{"firewall", "no systemd", map[string]string{"etc/ufw/ufw.conf": "ENABLED=yes\n"}, nil},
		{"firewall", "ufw off", ufw("no", "DROP"), off},
		{"firewall", "ufw on", ufw("yes", "REJECT"), is("ufw", "reject")},
		{"firewall", "ufw that accepts", ufw("yes", "ACCEPT"), is("ufw", "accept")},
		{"firewall", "nftables without rules", nftables("flush ruleset\n"), off},
		{"firewall", "nftables of Debian", nftables("flush ruleset\n" + inet + "\n}\n}\n"), is("nftables", "accept")},
		{"firewall", "nftables with a policy", nftables(inet + " policy drop;\n tcp dport { 22, 80 } accept\n}\n}\n"),
			is("nftables", "drop")},
		{"firewall", "nftables with conditions in braces", nftables(inet + " policy drop;\n ct state { established, related } accept\n" +
			" limit rate 4/second tcp dport { 22 } accept\n meta l4proto { icmp, ipv6-icmp } accept\n" +
			" ct state vmap { invalid : drop, new : jump x } accept\n}\n}\n" +
			"table inet g {\n counter c { packets 0 bytes 0\n}\n ct helper h { type \"ftp\" protocol tcp; }\n" +
			" set s { type ipv4_addr; elements = { 192.0.2.1 } }\n}\n"), is("nftables", "drop")},
		{"firewall", "nftables whose rules are flushed", nftables(inet + " policy drop; }\n}\nflush ruleset\n"), off},
		{"firewall", "nftables with a last rule", nftables(inet + "\n iif lo accept\n counter reject with icmp type x\n}\n}\n"),
			is("nftables", "reject")},
		{"firewall", "nftables that accepts before", nftables(inet + " policy drop;\n counter accept # all\n}\n}\n"),
			is("nftables", "accept")},
		{"firewall", "nftables that includes", nftables("include \"/etc/nftables.d/*.nft\"\n"), is("nftables", "drop")},
		{"firewall", "nftables in commands", nftables("add table inet f\nadd chain inet f i { type filter hook input priority 0; policy drop; }\n" +
			"add rule inet f i tcp dport 22 accept\n"), is("nftables", "drop")},
		{"firewall", "nftables for other hooks", nftables("table ip n {\nchain f { type filter hook forward priority 0; policy drop; }\n}\n"), off},
		{"firewall", "nftables for addresses alone", nftables("table ip n {\nchain i { type nat hook input priority 0; policy accept; }\n}\n"), off},
		{"firewall", "nftables with two chains", nftables(inet + "\n reject\n}\n}\ninclude \"/etc/nftables.d/*.nft\"\n"), is("nftables", "drop")},
		{"firewall", "firewalld", firewalld("public", ""), is("firewalld", "reject")},
		{"firewall", "firewalld that trusts", firewalld("trusted", ""), is("firewalld", "accept")},
		{"firewall", "firewalld with a zone", firewalld("own", "<?xml version='1.0'?>\n<zone target=\"DROP\"><short>o</short></zone>\n"),
			is("firewalld", "drop")},
		{"firewall", "iptables", iptables(dropping, dropping), is("iptables", "drop")},
		{"firewall", "iptables with a last rule", iptables("*nat\n:INPUT DROP\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT\nCOMMIT\n",
			dropping), is("iptables", "reject")},
		{"firewall", "iptables that accepts", iptables(accepting, accepting), is("iptables", "accept")},
		{"firewall", "iptables of one family", iptables(dropping, accepting), is("iptables", "IPv4 drop, IPv6 accept")},
		{"firewall", "iptables without IPv6", without6(iptables(dropping, accepting)), is("iptables", "drop")},
		{"firewall", "iptables with a chain that drops", iptables(":L - [0:0]\n"+strings.Replace(dropping, "COMMIT", "", 1)+"*filter\n"+
			":INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -m comment --comment \"a -j \\\"b\" -j A\n-A INPUT -j ACCEPT\n"+
			"-A A -j LOG\n-A A -j RETURN\n-A A -j DROP\nCOMMIT\n", accepting), is("iptables", "accept")},
		{"firewall", "iptables with a chain that logs and drops", iptables("*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n"+
			"-A INPUT -j B\n-A INPUT -m comment --comment rest -g A\n-A A -j LOG --log-prefix x\n-A A -j A\n-A A -j DROP\nCOMMIT\n", dropping),
			is("iptables", "drop")},
		{"firewall", "iptables of Red Hat without ip6tables", started("iptables.service", map[string]string{
			"etc/sysconfig/iptables": dropping, "etc/sysconfig/ip6tables": dropping}), is("iptables", "IPv4 drop, IPv6 accept")},
		{"firewall", "nftables of one family", nftables("table ip f {\nchain i { type filter hook input priority 0; policy drop; }\n}\n"),
			is("nftables", "IPv4 drop, IPv6 accept")},
		{"firewall", "nftables of both families", nftables("table ip f {\nchain i { type filter hook input priority 0; policy drop; }\n}\n" +
			"table ip6 f {\nchain i { type filter hook input priority 0; jump o; }\nchain o { counter reject; }\n}\n"), is("nftables", "drop")},
	})
}
