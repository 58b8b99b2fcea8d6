package hosts

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// wazuhItem is an agent, or a package, system or update of one, as the manager's API says it.
type wazuhItem struct {
	// agentID is absent in /agents, which has id; agent is the agent's name, in the indexer.
	agentID, id, agent string
	// of packages
	format, name, version, architecture, vendor, source, location, description string
	// of updates, of networks
	hotfix, address string
	// of systems
	hostname string
	os       wazuhOS
}

// wazuhOS is a system. arch is of the machine, where the item has an architecture of its own or none.
type wazuhOS struct{ name, platform, version, arch string }

// wazuhState is a document of the indexer, below wazuh-states-inventory-*. The agent is a member of wazuh since
// version 5.
type wazuhState struct {
	agent, newer wazuhAgent
	// isPackage says that there is a package, which may be an update.
	isPackage bool
	item      wazuhItem
	host      wazuhHost
	// isFinding says that it is of wazuh-states-vulnerabilities.
	isFinding bool
}

type wazuhAgent struct {
	id, name string
	host     wazuhHost
}

type wazuhHost struct {
	hostname, architecture string
	os                     wazuhOS
}

// as returns what the manager's API would have said; nothing for a document of another kind.
func (s *wazuhState) as() wazuhItem {
	agent, i := &s.agent, s.item
	if s.newer.id != "" {
		agent = &s.newer
	}
	switch {
	case s.host.os.name != "":
		i = wazuhItem{hostname: s.host.hostname, architecture: s.host.architecture, os: s.host.os}
	case s.isPackage:
		i.hostname, i.os = agent.host.hostname, agent.host.os
		i.os.arch = agent.host.architecture
	default:
		return wazuhItem{}
	}
	i.agentID, i.agent = agent.id, agent.name
	return i
}

// The kinds of items; others, such as processes, are passed over.
const (
	wazuhPackages = "packages"
	wazuhHotfixes = "hotfixes"
	wazuhSystems  = "systems"
	wazuhAgents   = "agents"
	wazuhNetworks = "addresses"
)

func (i *wazuhItem) kind() string {
	switch {
	case i.hotfix != "":
		return wazuhHotfixes
	case i.format != "" && i.name != "":
		return wazuhPackages
	case i.agentID != "" && i.os.name != "":
		return wazuhSystems
	case i.id != "" && i.name != "":
		return wazuhAgents
	case i.address != "":
		return wazuhNetworks
	}
	return ""
}

// wazuh collects the hosts, by the ids of their agents, and how much of each list there is.
type wazuh struct {
	hosts map[string]*host
	pages map[page]*counts
}

// page tells lists apart, of which a reply may be a part: lists of one kind that are equally long.
type page struct {
	kind  string
	total int64
}

// counts has how many items there are of a list: of each agent, and together. mixed says that one reply had
// items of several agents.
type counts struct {
	agents map[string]int64
	sum    int64
	mixed  bool
}

// add adds an item of a list.
func (w *wazuh) add(l *wazuhList, i *wazuhItem) error {
	kind, id := i.kind(), cmp.Or(i.agentID, i.id)
	if kind == "" || id == "" {
		return nil
	}
	l.count(kind, id)
	if w.hosts[id] == nil && len(w.hosts) == maxHosts {
		return parse.Invalid("", "is of host number %d: send fewer at a time", maxHosts+1)
	}
	w.put(id, kind, i)
	return nil
}

// wazuhList has how many items of each kind one text has.
type wazuhList map[string]*counts

func (l *wazuhList) count(kind, id string) {
	if *l == nil {
		*l = wazuhList{}
	}
	seen := (*l)[kind]
	if seen == nil {
		seen = &counts{agents: map[string]int64{}}
		(*l)[kind] = seen
	}
	seen.agents[id]++
	seen.sum++
	seen.mixed = len(seen.agents) > 1
}

// close adds what one text has to what there is of lists of that length.
func (w *wazuh) close(l wazuhList, total int64) {
	for kind, has := range l {
		seen := w.pages[page{kind, total}]
		if seen == nil {
			w.pages[page{kind, total}] = has
			continue
		}
		for id, n := range has.agents {
			seen.agents[id] += n
		}
		seen.sum += has.sum
		seen.mixed = seen.mixed || has.mixed
	}
}

// complete checks that no list is a part of a longer one. The lists of one agent each have all items; a list of
// several agents has them together.
func (w *wazuh) complete() error {
	byLength := func(a, b page) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.total, b.total)) }
	for _, p := range slices.SortedFunc(maps.Keys(w.pages), byLength) {
		seen := w.pages[p]
		if seen.mixed {
			if seen.sum != p.total {
				return partial(p, seen.sum, "")
			}
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(seen.agents)) {
			if seen.agents[id] != p.total {
				return partial(p, seen.agents[id], " of agent "+parse.Clip(id, 40))
			}
		}
	}
	return nil
}

// partial says that a list is not all that there is.
func partial(p page, have int64, of string) error {
	return parse.Invalid(p.kind, "are not the whole list%s: the replies have %d, and Wazuh has %d. Ask with limit=100000, or send each page once, all in "+
		"one file", of, have, p.total)
}

// put fills the host of an agent.
func (w *wazuh) put(id, kind string, i *wazuhItem) {
	h := w.hosts[id]
	if h == nil {
		h = &host{}
		w.hosts[id] = h
	}
	switch kind {
	case wazuhHotfixes:
		h.patches = append(h.patches, strings.TrimSpace(i.hotfix))
	case wazuhNetworks:
		h.addresses = append(h.addresses, inventory.Address{IP: i.address})
	case wazuhPackages:
		h.read = true
		if r, ok := i.row(); ok {
			h.software = append(h.software, r)
		}
	}
	h.describe(kind, i)
}

// describe takes what an item says of the machine. What the machine says of itself counts more than what Wazuh
// knows of its agent.
func (h *host) describe(kind string, i *wazuhItem) {
	arch := i.os.arch
	if kind == wazuhSystems {
		arch = i.architecture
	}
	h.arch = cmp.Or(h.arch, arch)
	if i.os.name != "" && (kind == wazuhSystems || h.system.name == "") {
		h.system = system{platform: i.os.platform, name: i.os.name, version: i.os.version}
		if h.system.platform == "" && strings.Contains(i.os.name, "Windows") {
			h.system.platform = "windows"
		}
	}
	known := i.agent
	if kind == wazuhAgents {
		known = i.name
	}
	h.name = cmp.Or(i.hostname, h.name, known)
}

// row returns the row of a package: what Wazuh has no value for is a blank. Packages of languages, snaps and those of
// Homebrew and MacPorts are left out.
func (i *wazuhItem) row() (row, bool) {
	c := map[string]string{"name": i.name, "version": i.version, "arch": i.architecture, "source": i.source}
	table := ""
	switch i.format {
	case "deb":
		table = debPackages
	case "rpm":
		table, c["epoch"] = rpmPackages, ""
		rest := strings.TrimSpace(i.version)
		if epoch, after, ok := strings.Cut(rest, ":"); ok {
			c["epoch"], rest = epoch, after
		}
		at := strings.LastIndexByte(rest, '-')
		c["version"], c["release"] = rest[:max(at, 0)], rest[at+1:]
	case "apk":
		table = apkPackages
	case "pacman":
		table = pacmanPackages
	case "win":
		table, c["publisher"] = programs, i.vendor
	case "pkg":
		table = apps
		if folder, _, ok := strings.Cut(i.location, ".app/"); ok {
			c["name"] = path.Base(folder)
		}
		c["bundle_identifier"] = i.description
		if strings.Contains(strings.TrimSpace(i.description), " ") || i.source == "homebrew" {
			return row{}, false
		}
	default:
		return row{}, false
	}
	for key, value := range c {
		c[key] = strings.TrimSpace(value)
	}
	return row{table, c}, true
}

// all makes the hosts of which software is known, in order of their agents.
func (w *wazuh) all() (all []*host, err error) {
	for _, id := range slices.Sorted(maps.Keys(w.hosts)) {
		if h := w.hosts[id]; h.read {
			all = append(all, h)
		}
	}
	if len(all) == 0 {
		return nil, parse.Invalid("", "no reply has packages: ask for /syscollector/{agent_id}/packages, or search wazuh-states-inventory-packages-*")
	}
	return all, nil
}
