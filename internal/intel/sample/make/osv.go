package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// advisory has the facts of an OSV record that the sample keeps.
type advisory struct {
	SchemaVersion string        `json:"schema_version,omitempty"`
	ID            string        `json:"id"`
	Published     string        `json:"published,omitempty"`
	Modified      string        `json:"modified,omitempty"`
	Withdrawn     string        `json:"withdrawn,omitempty"`
	Aliases       []string      `json:"aliases,omitempty"`
	Upstream      []string      `json:"upstream,omitempty"`
	Related       []string      `json:"related,omitempty"`
	Severity      []osvSeverity `json:"severity,omitempty"`
	Affected      []osvAffected `json:"affected"`
}

type osvSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type osvAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
		PURL      string `json:"purl,omitempty"`
	} `json:"package"`
	Ranges   []osvRange `json:"ranges,omitempty"`
	Versions []string   `json:"versions,omitempty"`
}

type osvRange struct {
	Type   string              `json:"type"`
	Events []map[string]string `json:"events"`
}

// debian returns advisories for Debian 11 to 13.
func (s *cutter) debian() ([]document, error) {
	return s.advisories("Debian/dsa-dla.zip", func(a *osvAffected) bool {
		switch a.Package.Ecosystem {
		case "Debian:11", "Debian:12", "Debian:13":
			return debianPackages[a.Package.Name]
		}
		return false
	})
}

// almaLinux returns advisories for a release of AlmaLinux, without those for modules: only their titles name
// the stream.
func (s *cutter) almaLinux(release string) func() ([]document, error) {
	return func() ([]document, error) {
		return s.advisories("AlmaLinux-"+release+"/all.zip", func(a *osvAffected) bool {
			return almaLinuxPackages[a.Package.Name] && !slices.ContainsFunc(a.Ranges, osvRange.isOfModule)
		})
	}
}

// ubuntu returns the few records for Ubuntu 22.04 at hand.
func (s *cutter) ubuntu() ([]document, error) {
	return s.advisories("Ubuntu/sample.zip", func(a *osvAffected) bool {
		return a.Package.Ecosystem == "Ubuntu:22.04:LTS"
	})
}

func (r osvRange) isOfModule() bool {
	return slices.ContainsFunc(r.Events, func(event map[string]string) bool {
		return strings.Contains(event["fixed"], ".module")
	})
}

// advisories returns those of an archive that affect chosen packages by a CVE with a score. They
// name no other CVE.
func (s *cutter) advisories(file string, chosen func(*osvAffected) bool) ([]document, error) {
	var out documents
	err := s.read("osv", file+"/", func(_ string, data []byte) error {
		var a advisory
		if err := json.Unmarshal(data, &a); err != nil {
			return err
		}
		a.Affected = slices.DeleteFunc(a.Affected, func(p osvAffected) bool { return !chosen(&p) })
		if a.Withdrawn == "" && len(a.Affected) > 0 && s.keepScored(&a) {
			out.add(a.ID+".json", a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.sorted()
}

// keepScored reduces an advisory's CVEs to those with a score, including its own id, and reports
// whether any is left.
func (s *cutter) keepScored(a *advisory) bool {
	own := slices.ContainsFunc(a.Severity, func(v osvSeverity) bool { return strings.HasPrefix(v.Type, "CVSS_") })
	kept := 0
	for _, list := range []*[]string{&a.Aliases, &a.Upstream, &a.Related} {
		*list = slices.DeleteFunc(*list, func(id string) bool {
			return !s.scored[id] &&
				!(own && strings.HasPrefix(id, "CVE-"))
		})
		for _, id := range *list {
			s.kept[id] = true
			kept++
		}
	}
	return kept > 0
}
