package main

import (
	"encoding/json"
	"slices"
)

// cve has the facts of an NVD record that the sample keeps.
type cve struct {
	ID             string            `json:"id,omitempty"`
	Published      string            `json:"published,omitempty"`
	Status         string            `json:"vulnStatus,omitempty"`
	ExploitAdded   string            `json:"cisaExploitAdd,omitempty"`
	Metrics        map[string][]cvss `json:"metrics,omitempty"`
	Configurations []configuration   `json:"configurations,omitempty"`
}

type cvss struct {
	Source string `json:"source"`
	Type   string `json:"type,omitempty"`
	Data   *score `json:"cvssData,omitempty"`
}

type configuration struct {
	Operator string `json:"operator,omitempty"`
	Negate   bool   `json:"negate,omitempty"`
	Nodes    []node `json:"nodes"`
}

type node struct {
	Operator string  `json:"operator,omitempty"`
	Negate   bool    `json:"negate,omitempty"`
	Matches  []match `json:"cpeMatch"`
}

type match struct {
	Vulnerable     bool   `json:"vulnerable"`
	Criteria       string `json:"criteria"`
	StartIncluding string `json:"versionStartIncluding,omitempty"`
	StartExcluding string `json:"versionStartExcluding,omitempty"`
	EndIncluding   string `json:"versionEndIncluding,omitempty"`
	EndExcluding   string `json:"versionEndExcluding,omitempty"`
}

// override is a record of anchore: a configuration and the CVE's id.
type override struct {
	Annotation struct {
		ID string `json:"cve_id"`
	} `json:"_annotation"`
	CVE cve `json:"cve"`
}

// overrides returns the configurations of chosen products whose CVE has a score.
func (s *cutter) overrides() ([]document, error) {
	var out documents
	err := s.read("nvd", "nvd-data-overrides-main.tar.gz/", func(_ string, data []byte) error {
		var o override
		if err := json.Unmarshal(data, &o); err != nil {
			return nil // a file of the repository that is not a record
		}
		if id := o.Annotation.ID; s.scored[id] && o.CVE.cut() {
			s.kept[id] = true
			out.add(id+".json", o)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.sorted()
}

// nvd returns the few records of NVD at hand about chosen products.
func (s *cutter) nvd() ([]document, error) {
	type member struct {
		CVE cve `json:"cve"`
	}
	var feed struct {
		Format  string   `json:"format"`
		Version string   `json:"version"`
		Members []member `json:"vulnerabilities"`
	}
	err := s.read("nvd", "nvdcve-2.0-sample.json.gz", func(_ string, data []byte) error {
		return json.Unmarshal(data, &feed)
	})
	if err != nil {
		return nil, err
	}
	feed.Members = slices.DeleteFunc(feed.Members, func(m member) bool { return len(m.CVE.Metrics) == 0 || !m.CVE.cut() })
	for _, m := range feed.Members {
		s.scored[m.CVE.ID], s.kept[m.CVE.ID] = true, true
	}
	var out documents
	out.add("nvd.json", feed)
	return out.sorted()
}

// cut keeps configurations of the chosen products, and reports whether there are any. It drops
// SSVC decisions, which have no CVSS data.
func (c *cve) cut() bool {
	for version, list := range c.Metrics {
		c.Metrics[version] = slices.DeleteFunc(list, func(m cvss) bool { return m.Data == nil })
		if len(c.Metrics[version]) == 0 {
			delete(c.Metrics, version)
		}
	}
	c.Configurations = slices.DeleteFunc(c.Configurations, func(c configuration) bool { return !c.cut() })
	return len(c.Configurations) > 0
}

// cut drops vulnerable products that were not chosen, except in ANDed nodes, since they may be
// each other's conditions.
func (c *configuration) cut() bool {
	vulnerable := 0
	for i := range c.Nodes {
		n := &c.Nodes[i]
		for _, m := range n.Matches {
			if m.Vulnerable && isChosenCPE(m.Criteria) {
				vulnerable++
			}
		}
		if c.Operator != "AND" && n.Operator != "AND" {
			n.Matches = slices.DeleteFunc(n.Matches, func(m match) bool { return m.Vulnerable && !isChosenCPE(m.Criteria) })
		}
	}
	return vulnerable > 0
}
