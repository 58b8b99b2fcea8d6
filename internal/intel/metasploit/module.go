package metasploit

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// List is the name of the feed that is the list.
const List = "msfdb"

// rankNormal is Metasploit's NormalRanking: an exploit that works for one common version.
const rankNormal = 300

// sources begins the addresses of the sources of modules.
const sources = "https://github.com/rapid7/metasploit-framework/blob/master"

// entry has the members of a module in either form that are read.
type entry struct {
	// Of the metadata.
	FullName string `json:"fullname"`
	Type     string `json:"type"`
	Rank     *int   `json:"rank"`
	Path     string `json:"path"`
	Changed  string `json:"mod_time"`
	// Of the list.
	Name   string   `json:"Name"`
	CVEs   []string `json:"CveIDs"`
	EDBIDs []string `json:"EdbIDs"`
	// References are addresses in the list. In the metadata they are the ids of other lists ("CVE-2017-0143"), and
	// addresses after "URL-".
	References []string `json:"References"`
}

func decode(doc intel.Document) ([]intel.Record, error) {
	if !strings.Contains(doc.Name, "#") || len(doc.Data) == 0 || doc.Data[0] != '{' {
		return nil, intel.NotRecord(doc)
	}
	var e entry
	if err := intel.Unmarshal(doc, &e); err != nil {
		return nil, err
	}
	m := module{name: e.FullName, kind: e.Type, rank: e.Rank, ids: e.References, changed: timeOf(e.Changed)}
	switch {
	case e.FullName != "" && e.Type != "":
		if strings.HasPrefix(e.Path, "/modules/") {
			m.urls = append(m.urls, sources+e.Path)
		}
	case len(e.CVEs) > 0 && e.Name != "":
		m.publisher, m.ids = List, slices.Concat(e.CVEs, e.EDBIDs)
		m.locate(e.References)
		if m.kind == "" {
			return nil, doc.Odd("no reference is the address of the module's source")
		}
	default:
		return nil, intel.NotRecord(doc)
	}
	all := m.records()
	if len(all) == 0 {
		return nil, intel.ErrNotRecord // it uses no weakness, or one without a CVE
	}
	return all, nil
}

// module is a module of either form.
type module struct {
	publisher, name, kind string
	rank                  *int
	ids, urls             []string
	changed               time.Time
}

// locate finds the address of the source, which tells the kind and the name: ".../modules/exploits/linux/http/x.rb".
func (m *module) locate(addresses []string) {
	for _, address := range addresses {
		repository, file, ok := strings.Cut(address, "/modules/")
		folder, _, isFile := strings.Cut(file, "/")
		if !ok || !isFile || !strings.HasPrefix(repository, "https://github.com/rapid7/metasploit-framework/") {
			continue
		}
		m.kind = strings.TrimSuffix(folder, "s") // exploits, auxiliary
		m.name = strings.TrimSuffix(file, path.Ext(file))
		m.urls = []string{address}
	}
}

// level is how far the module shows an exploit: modules that only prepare or deliver show none.
func (m *module) level() intel.Exploit {
	switch m.kind {
	case "exploit":
		if m.rank == nil || *m.rank >= rankNormal {
			return intel.ExploitInKit
		}
		return intel.ExploitVerified
	case "auxiliary", "post":
		return intel.ExploitVerified
	}
	return intel.NoExploit
}

// records makes a record for each CVE. Modules without one have none.
func (m *module) records() (all []intel.Record) {
	level := m.level()
	if level == intel.NoExploit {
		return nil
	}
	urls, ids := m.urls, slices.Clone(m.ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		if number, ok := strings.CutPrefix(id, "EDB-"); ok && number != "" && strings.Trim(number, "0123456789") == "" {
			urls = append(urls, "https://www.exploit-db.com/exploits/"+number)
		}
	}
	for _, id := range ids {
		if intel.IsCVE(id) {
			all = append(all, intel.Record{Source: m.name, Publisher: m.publisher, Modified: m.changed,
				CVE: &intel.CVE{ID: id, Exploit: level, Words: intel.Words{By: intel.ByOther, ExploitURLs: urls}}})
		}
	}
	return all
}

// timeOf reads a mod_time: "2025-05-21 08:32:40 +0000".
func timeOf(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
