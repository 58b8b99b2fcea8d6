package policy

import (
	"cmp"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// starters are the units that load the rules of a firewall.
var starters = map[string]string{
	"ufw.service": "ufw", "firewalld.service": "firewalld", "nftables.service": "nftables",
	"netfilter-persistent.service": "iptables", "iptables.service": "iptables", "ip6tables.service": "iptables",
}

// firewall reads what each firewall that starts does with a packet from outside that no rule is about.
func firewall(m *facts.Machine) (*facts.Found, error) {
	services, err := facts.Services(m)
	if services == nil || err != nil {
		return nil, err
	}
	found := facts.NewFound()
	for unit, backend := range starters {
		switch reason := services.Unread[facts.Any]; {
		case services.Unread[unit] != "":
			found.Unread.Set(backend, services.Unread[unit])
		case services.Values[unit] == "" && reason != "":
			found.Unread.Set(backend, reason)
		case services.Values[unit] == "enabled":
			addFirewall(m, found, services, backend)
		}
	}
	for backend := range found.Values {
		delete(found.Unread, backend) // another unit starts it
	}
	return found, nil
}

// addFirewall adds what a firewall that starts does.
func addFirewall(m *facts.Machine, found, services *facts.Found, backend string) {
	switch backend {
	case "ufw":
		addUFW(m, found)
	case "firewalld":
		addFirewalld(m, found)
	case "iptables":
		addTables(m, found, services)
	case "nftables":
		addNft(m, found)
	}
}

// addNft adds what the rules of nftables do.
func addNft(m *facts.Machine, found *facts.Found) {
	file := m.First("etc/nftables.conf", "etc/sysconfig/nftables.conf")
	if file == "" {
		return // it starts, and has no rules
	}
	data, err := m.Read(file)
	if err != nil {
		m.Lose(found, "nftables", file, err)
		return
	}
	n := &nft{m: m, chains: ruleset{}}
	n.add(file, data, 0)
	if n.err != nil {
		m.Lose(found, "nftables", n.lost, n.err)
		return
	}
	if policy := together(m, n.chains.input("ip", "inet"), n.chains.input("ip6", "inet")); policy != "" {
		found.Set("nftables", policy, "/"+file)
	}
}

// tablesFiles are the rules of iptables and ip6tables, by the unit that loads them.
var tablesFiles = [...]struct{ unit, family, file string }{
	{"netfilter-persistent.service", "ip", "etc/iptables/rules.v4"}, {"netfilter-persistent.service", "ip6", "etc/iptables/rules.v6"},
	{"iptables.service", "ip", "etc/sysconfig/iptables"}, {"ip6tables.service", "ip6", "etc/sysconfig/ip6tables"},
}

// addTables adds what the rules of iptables and ip6tables do.
func addTables(m *facts.Machine, found, services *facts.Found) {
	all, origin := ruleset{}, ""
	for _, from := range tablesFiles {
		if services.Values[from.unit] != "enabled" || !m.Exists(from.file) {
			continue
		}
		data, err := m.Read(from.file)
		if err != nil {
			m.Lose(found, "iptables", from.file, err)
			return
		}
		all.iptables(from.family, data)
		origin = cmp.Or(origin, "/"+from.file)
	}
	if policy := together(m, all.input("ip"), all.input("ip6")); policy != "" {
		found.Set("iptables", policy, origin)
	}
}

// setting returns the last value of a name in a file of names and values.
func setting(m *facts.Machine, file, name string) (value, origin string, err error) {
	data, err := m.Read(file)
	if err != nil {
		return "", "", err
	}
	facts.ParseSettings(data, false, func(have, v string, line int) {
		if have == name {
			value, origin = v, facts.At(file, line)
		}
	})
	return value, origin, nil
}

// addUFW adds the policy of ufw, if it is on.
func addUFW(m *facts.Machine, found *facts.Found) {
	on, _, err := setting(m, "etc/ufw/ufw.conf", "ENABLED")
	if err != nil {
		m.Lose(found, "ufw", "etc/ufw/ufw.conf", err)
		return
	}
	if !strings.EqualFold(on, "yes") {
		return
	}
	policy, origin, err := setting(m, "etc/default/ufw", "DEFAULT_INPUT_POLICY")
	if err != nil {
		m.Lose(found, "ufw", "etc/default/ufw", err)
		return
	}
	if policy != "" {
		found.Set("ufw", strings.ToLower(policy), origin)
	}
}

// addFirewalld adds the target of firewalld's default zone.
func addFirewalld(m *facts.Machine, found *facts.Found) {
	const conf = "etc/firewalld/firewalld.conf"
	zone, origin, err := setting(m, conf, "DefaultZone")
	if err != nil {
		m.Lose(found, "firewalld", conf, err)
	}
	if found.Unread["firewalld"] != "" {
		return
	}
	zone = cmp.Or(zone, "public")
	file := m.First("etc/firewalld/zones/"+path.Base(zone)+".xml", "usr/lib/firewalld/zones/"+path.Base(zone)+".xml")
	if file == "" {
		if target := builtinZones[zone]; target != "" {
			found.Set("firewalld", target, origin)
		}
		return
	}
	data, err := m.Read(file)
	if err != nil {
		m.Lose(found, "firewalld", file, err)
		return
	}
	found.Set("firewalld", zoneTarget(string(data)), "/"+file)
}

// builtinZones are the targets of zones that come with firewalld.
var builtinZones = map[string]string{
	"block": "reject", "dmz": "reject", "drop": "drop", "external": "reject", "home": "reject", "internal": "reject",
	"public": "reject", "trusted": "accept", "work": "reject",
}

// zoneTarget returns what a zone does with other packets. Without a target it rejects them.
func zoneTarget(text string) string {
	_, rest, ok := strings.Cut(text, "<zone")
	tag, _, closed := strings.Cut(rest, ">")
	if !ok || !closed {
		return "reject"
	}
	_, value, _ := strings.Cut(strings.ReplaceAll(tag, "'", `"`), `target="`)
	value, _, _ = strings.Cut(value, `"`)
	switch strings.Trim(strings.ToUpper(value), "%") {
	case "ACCEPT":
		return "accept"
	case "DROP":
		return "drop"
	}
	return "reject"
}
