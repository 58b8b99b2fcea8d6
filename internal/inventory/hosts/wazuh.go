package hosts

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// wazuhDocument is one JSON text of Wazuh: a reply of the manager's API (/agents,
// /syscollector/{agent_id}/packages, os and hotfixes, and the same below /experimental/syscollector), a reply
// of the indexer to a search in wazuh-states-inventory-*, a line of a dump of such an index, or the source of a
// document alone.
type wazuhDocument struct {
	Data *struct {
		Items []wazuhItem `json:"affected_items"`
		Total int64       `json:"total_affected_items"`
	} `json:"data"`
	Message json.RawMessage `json:"message"`
	Error   json.RawMessage `json:"error"` // 1 if nothing was answered
	Hits    *struct {
		Total json.RawMessage `json:"total"`
		Hits  []struct {
			Source wazuhState `json:"_source"`
		} `json:"hits"`
	} `json:"hits"`
	Source *wazuhState `json:"_source"`
	wazuhState
}

// wazuhItem is an agent, or a package, system or update of one.
type wazuhItem struct {
	AgentID string `json:"agent_id"`
	// of /agents
	ID string `json:"id"`
	// agent is the agent's name, in the indexer.
	agent string
	// of packages
	Format       string `json:"format"`
	Name         string `json:"name"`
	Version      string `json:"version"`
	Architecture string `json:"architecture"`
	Vendor       string `json:"vendor"`
	Source       string `json:"source"`
	Location     string `json:"location"`
	Description  string `json:"description"`
	// of updates
	Hotfix string `json:"hotfix"`
	// of systems
	Hostname string  `json:"hostname"`
	OS       wazuhOS `json:"os"`
}

// wazuhOS is a system. Arch is of the machine, where the item has an architecture of its own or none.
type wazuhOS struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Version  string `json:"version"`
	Arch     string `json:"arch"`
}

// wazuhState is a document of the indexer. The agent is below wazuh since version 5.
type wazuhState struct {
	Agent wazuhAgent `json:"agent"`
	Wazuh struct {
		Agent wazuhAgent `json:"agent"`
	} `json:"wazuh"`
	Package *struct {
		Type         string `json:"type"`
		Name         string `json:"name"`
		Version      string `json:"version"`
		Architecture string `json:"architecture"`
		Vendor       string `json:"vendor"`
		Source       string `json:"source"`
		Path         string `json:"path"`
		Description  string `json:"description"`
		Hotfix       struct {
			Name string `json:"name"`
		} `json:"hotfix"`
	} `json:"package"`
	Host          *wazuhHost      `json:"host"`
	Vulnerability json.RawMessage `json:"vulnerability"`
}

type wazuhAgent struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Host wazuhHost `json:"host"`
}

type wazuhHost struct {
	Hostname     string  `json:"hostname"`
	Architecture string  `json:"architecture"`
	OS           wazuhOS `json:"os"`
}

// item returns what the manager's API would have said; nothing for a document of another kind.
func (s *wazuhState) item() (i wazuhItem) {
	agent := s.Agent
	if s.Wazuh.Agent.ID != "" {
		agent = s.Wazuh.Agent
	}
	switch {
	case s.Host != nil && s.Host.OS.Name != "":
		i.Hostname, i.Architecture, i.OS = s.Host.Hostname, s.Host.Architecture, s.Host.OS
	case s.Package != nil:
		p := s.Package
		i.Format, i.Name, i.Version, i.Architecture, i.Hotfix = p.Type, p.Name, p.Version, p.Architecture, p.Hotfix.Name
		i.Vendor, i.Source, i.Location, i.Description = p.Vendor, p.Source, p.Path, p.Description
		i.Hostname, i.OS = agent.Host.Hostname, agent.Host.OS
		i.OS.Arch = agent.Host.Architecture
	default:
		return i
	}
	i.AgentID, i.agent = agent.ID, agent.Name
	return i
}

// The kinds of items; others, such as processes, are passed over.
const (
	wazuhPackages = "packages"
	wazuhHotfixes = "hotfixes"
	wazuhSystems  = "systems"
	wazuhAgents   = "agents"
)

func (i *wazuhItem) kind() string {
	switch {
	case i.Hotfix != "":
		return wazuhHotfixes
	case i.Format != "" && i.Name != "":
		return wazuhPackages
	case i.AgentID != "" && i.OS.Name != "":
		return wazuhSystems
	case i.ID != "" && i.Name != "":
		return wazuhAgents
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

// untold is the length of a list in a dump, which does not say it.
const untold = -1

// counts has how many items there are of a list: of each agent, and together. mixed says that one reply had
// items of several agents.
type counts struct {
	agents map[string]int64
	sum    int64
	mixed  bool
}

// readWazuh reads JSON texts, one after the other: the replies to several questions, or pages of one.
func readWazuh(text []byte) ([]*host, error) {
	w := &wazuh{hosts: map[string]*host{}, pages: map[page]*counts{}}
	in := json.NewDecoder(bytes.NewReader(text))
	for number := 1; ; number++ {
		var d wazuhDocument
		err := in.Decode(&d)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, parse.Invalid("", "reading reply %d of Wazuh: %s", number, parse.Clip(err.Error(), 200))
		}
		if err := w.take(&d); err != nil {
			return nil, parse.Within(err, fmt.Sprintf("reply %d", number))
		}
	}
	if err := w.complete(); err != nil {
		return nil, err
	}
	return w.all()
}

// take takes a text.
func (w *wazuh) take(d *wazuhDocument) error {
	var items []wazuhItem
	states := []wazuhState{d.wazuhState}
	switch {
	case d.Data != nil && string(d.Error) == "1":
		return parse.Invalid("", "Wazuh refused it: %s", parse.Clip(string(d.Message), 200))
	case d.Data != nil:
		return w.add(d.Data.Items, d.Data.Total)
	case d.Hits != nil:
		states = nil
		for i := range d.Hits.Hits {
			states = append(states, d.Hits.Hits[i].Source)
		}
	case d.Source != nil:
		states = []wazuhState{*d.Source}
	}
	for i := range states {
		if len(states[i].Vulnerability) > 0 {
			return parse.Invalid("vulnerability", "these are findings of Wazuh, and no software: send documents of wazuh-states-inventory-packages-*, "+
				"and muster finds what is vulnerable")
		}
		items = append(items, states[i].item())
	}
	total := int64(untold)
	if d.Hits != nil {
		var err error
		if total, err = hitsTotal(d.Hits.Total); err != nil {
			return err
		}
	}
	return w.add(items, total)
}

// hitsTotal returns how many documents a search finds: a number, or an object that says whether it is exact.
func hitsTotal(text json.RawMessage) (int64, error) {
	var number int64
	if json.Unmarshal(text, &number) == nil {
		return number, nil
	}
	var total struct {
		Value    int64  `json:"value"`
		Relation string `json:"relation"`
	}
	if json.Unmarshal(text, &total) != nil || total.Relation != "eq" {
		return 0, parse.Invalid("hits.total", "does not say how many documents there are: ask with \"track_total_hits\": true")
	}
	return total.Value, nil
}

// add adds the items of a text, of total that there are, which may be untold.
func (w *wazuh) add(items []wazuhItem, total int64) error {
	first := ""
	for n := range items {
		i := &items[n]
		kind, id := i.kind(), cmp.Or(i.AgentID, i.ID)
		if kind == "" || id == "" {
			continue
		}
		first = cmp.Or(first, id)
		w.count(page{kind, total}, id, id != first)
		if w.hosts[id] == nil && len(w.hosts) == maxHosts {
			return parse.Invalid("", "is of host number %d: send fewer at a time", maxHosts+1)
		}
		w.put(id, kind, i)
	}
	return nil
}

// count counts an item of a list, unless nobody said how long that is.
func (w *wazuh) count(p page, id string, mixed bool) {
	if p.total == untold {
		return
	}
	seen := w.pages[p]
	if seen == nil {
		seen = &counts{agents: map[string]int64{}}
		w.pages[p] = seen
	}
	seen.agents[id]++
	seen.sum++
	seen.mixed = seen.mixed || mixed
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
		h.patches = append(h.patches, strings.TrimSpace(i.Hotfix))
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
	arch := i.OS.Arch
	if kind == wazuhSystems {
		arch = i.Architecture
	}
	h.arch = cmp.Or(h.arch, arch)
	if i.OS.Name != "" && (kind == wazuhSystems || h.system.name == "") {
		h.system = system{platform: i.OS.Platform, name: i.OS.Name, version: i.OS.Version}
		if h.system.platform == "" && strings.Contains(i.OS.Name, "Windows") {
			h.system.platform = "windows"
		}
	}
	known := i.agent
	if kind == wazuhAgents {
		known = i.Name
	}
	h.name = cmp.Or(i.Hostname, h.name, known)
}

// row returns the row of a package: what Wazuh has no value for is a blank. Packages of languages, snaps and those of
// Homebrew and MacPorts are left out.
func (i *wazuhItem) row() (row, bool) {
	c := map[string]string{"name": i.Name, "version": i.Version, "arch": i.Architecture, "source": i.Source}
	table := ""
	switch i.Format {
	case "deb":
		table = debPackages
	case "rpm":
		table, c["epoch"] = rpmPackages, ""
		rest := strings.TrimSpace(i.Version)
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
		table, c["publisher"] = programs, i.Vendor
	case "pkg":
		table = apps
		if folder, _, ok := strings.Cut(i.Location, ".app/"); ok {
			c["name"] = path.Base(folder)
		}
		c["bundle_identifier"] = i.Description
		if strings.Contains(strings.TrimSpace(i.Description), " ") || i.Source == "homebrew" {
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
