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
	"netfilter-persistent.service": "iptables", "iptables.service": "iptables",
}

// ruleFiles are where firewalls keep their rules.
var ruleFiles = map[string][]string{
	"nftables": {"etc/nftables.conf", "etc/sysconfig/nftables.conf"},
	"iptables": {"etc/iptables/rules.v4", "etc/sysconfig/iptables"},
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
			addFirewall(m, found, backend)
		}
	}
	for backend := range found.Values {
		delete(found.Unread, backend) // another unit starts it
	}
	return found, nil
}

// addFirewall adds what a firewall that starts does.
func addFirewall(m *facts.Machine, found *facts.Found, backend string) {
	switch backend {
	case "ufw":
		addUFW(m, found)
	case "firewalld":
		addFirewalld(m, found)
	default:
		file := m.First(ruleFiles[backend]...)
		if file == "" {
			return // it starts, and has no rules
		}
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, backend, file, err)
			return
		}
		if backend == "iptables" {
			found.Set(backend, iptables(data), "/"+file)
			return
		}
		n := &nft{m: m, chains: map[string]*chain{}}
		n.add(file, data, 0)
		if n.err != nil {
			m.Lose(found, backend, n.lost, n.err)
			return
		}
		if policy := n.input(); policy != "" {
			found.Set(backend, policy, "/"+file)
		}
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

// iptables returns what the rules of iptables-save do with other packets: the policy of the chain INPUT, or its last
// rule without a condition.
func iptables(data []byte) string {
	policy, table, decided := "accept", "filter", false
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0][0] == '*':
			table = words[0][1:]
		case table != "filter":
		case words[0] == ":INPUT" && len(words) > 1 && !decided:
			policy = strings.ToLower(words[1])
		case len(words) >= 4 && words[0] == "-A" && words[1] == "INPUT" && words[2] == "-j" && !decided:
			switch target := strings.ToLower(words[3]); target {
			case "accept", "drop", "reject":
				policy, decided = target, true
			}
		}
	}
	return policy
}
