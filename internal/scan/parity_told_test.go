package scan_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// tool is another tool that tells of a machine, and how: what its sources or its documentation say of it.
type tool struct {
	name  string
	kinds []string
	tell  func(*linux) string
	// loses reports whether the tool loses what tells whether a package is affected; nil if it loses nothing.
	loses func(*linux, *pack) bool
}

type object = map[string]any

// nameSuffix is what findings have behind names of packages of Debian and Ubuntu.
func nameSuffix(m *linux) string {
	if m.kind == "deb" {
		return "_for_linux"
	}
	return ""
}

func tools() []tool {
	losesSource := func(m *linux, p *pack) bool {
		return m.id != "almalinux" && (p.source != p.name || p.sourceVersion != p.full())
	}
	// what waits for a trigger or its configuration is not listed
	losesState := func(p *pack) bool { return p.installed() && !strings.HasSuffix(p.status, " ok installed") }
	return []tool{
		{"osquery", []string{"deb", "rpm"}, osqueryTells, nil},
		{"Fleet", []string{"deb", "rpm"}, fleetTells, func(m *linux, p *pack) bool {
			return losesSource(m, p) || losesState(p)
		}},
		{"Wazuh", []string{"deb", "rpm", "apk", "alpm"}, wazuhTells, func(m *linux, p *pack) bool {
			return m.kind != "deb" && losesSource(m, p) || losesState(p)
		}},
		{"Wazuh's indexer", []string{"deb", "rpm", "apk", "alpm"}, indexerTells, func(m *linux, p *pack) bool {
			return m.kind != "deb" && losesSource(m, p) || losesState(p)
		}},
		{"Syft", []string{"deb", "rpm", "apk", "alpm"}, syftTells, nil},
		{"CycloneDX", []string{"deb", "rpm", "apk", "alpm"}, cycloneTells, nil},
		{"SPDX", []string{"deb", "rpm", "apk", "alpm"}, spdxTells, nil},
		{"SPDX in tags", []string{"deb", "rpm", "apk", "alpm"}, tagsTell, nil},
		{"SPDX 3", []string{"deb", "rpm", "apk", "alpm"}, spdx3Tells, nil},
		{"Trivy", []string{"deb", "rpm", "apk"}, trivyTells, nil},
	}
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// cut returns the parts of an rpm's version.
func (p *pack) cut() (version, release string) {
	version, release, _ = strings.Cut(p.version, "-")
	return version, release
}

// osqueryTells has the columns of osquery's tables (specs/linux/deb_packages.table, rpm_packages.table,
// os_version.table): VERSION of os-release, or else VERSION_ID; epoch is a number or empty.
func osqueryTells(m *linux) string {
	rows, table := []object{}, m.kind+"_packages"
	for i := range m.packages {
		p := &m.packages[i]
		row := object{"name": p.name, "version": p.full(), "source": p.debSource("", ""), "arch": p.arch, "status": p.status, "size": "1", "revision": "1"}
		if m.kind == "rpm" {
			version, release := p.cut()
			row = object{"name": p.name, "version": version, "release": release, "epoch": p.epoch, "source": p.rpmFile(), "arch": p.arch}
		}
		rows = append(rows, row)
	}
	system := []object{{"name": m.name, "version": m.told(), "platform": m.id, "arch": "x86_64"}}
	line := func(query string, rows []object) string {
		return text(object{"snapshot": rows, "action": "snapshot", "name": "pack_muster_" + query, "hostIdentifier": "A1",
			"decorations": object{"hostname": "web1.example.com"}}) + "\n"
	}
	return line(table, rows) + line("os_version", system)
}

// told is the version that tools take from os-release.
func (m *linux) told() string {
	if m.version == "" {
		return m.versionID
	}
	return m.version
}

// fleetTells has the fields of Fleet's REST API. Its osquery query asks for packages that are installed.
func fleetTells(m *linux) string {
	software := []object{}
	for i := range m.packages {
		p := &m.packages[i]
		if m.kind == "deb" && !strings.HasSuffix(p.status, " ok installed") {
			continue
		}
		row := object{"name": p.name, "version": p.full(), "source": "deb_packages", "arch": p.arch}
		if m.kind == "rpm" {
			version, release := p.cut()
			row = object{"name": p.name, "version": version, "release": release, "source": "rpm_packages", "arch": p.arch}
		}
		software = append(software, row)
	}
	number, _, _ := strings.Cut(m.told(), " ")
	if strings.Contains(number, "-SP") { // Fleet builds it of major and minor
		number = m.versionID + ".0"
	}
	return text(object{"host": object{"hostname": "web1.example.com", "platform": m.id, "os_version": m.name + " " + number, "cpu_type": "x86_64",
		"software": software}})
}

// wazuhItems has what Wazuh's agent reads (src/data_provider/src/packages): of dpkg what is "ok installed", of
// rpm an epoch that is not 0, and no source but dpkg's.
func wazuhItems(m *linux) (all []object) {
	for i := range m.packages {
		p := &m.packages[i]
		if m.kind == "deb" && !strings.Contains(p.status, "ok installed") {
			continue
		}
		source := " "
		if m.kind == "deb" && p.debSource("", "") != "" {
			source = p.debSource("", "")
		}
		format := m.kind
		if format == "alpm" {
			format = "pacman"
		}
		all = append(all, object{"name": p.name, "version": p.full(), "architecture": p.arch, "format": format, "source": source, "vendor": " ", "location": " ",
			"agent_id": "001", "scan": object{"id": 0}})
	}
	// something that is never affected, since a list without items has no agent
	return append(all, object{"name": "zzz", "version": "1-1", "architecture": "all", "format": "snap", "agent_id": "001"})
}

func wazuhTells(m *linux) string {
	reply := func(items ...object) string {
		return text(object{"data": object{"affected_items": items, "total_affected_items": len(items)}, "error": 0})
	}
	return reply(wazuhItems(m)...) + reply(object{"os": object{"name": m.name, "platform": m.id, "version": m.told()}, "hostname": "web1.example.com",
		"architecture": "x86_64", "agent_id": "001"})
}

func indexerTells(m *linux) string {
	hits := []object{}
	for _, i := range wazuhItems(m) {
		hits = append(hits, object{"_index": "wazuh-states-inventory-packages", "_source": object{"package": object{"name": i["name"], "version": i["version"],
			"architecture": i["architecture"], "type": i["format"], "source": i["source"]}, "wazuh": object{"agent": object{"id": "001", "name": "agent",
			"host": object{"hostname": "web1.example.com", "architecture": "x86_64", "os": object{"name": m.name, "platform": m.id, "version": m.told()}}}}}})
	}
	return text(object{"took": 1, "hits": object{"total": object{"value": len(hits), "relation": "eq"}, "hits": hits}})
}

// purl is the package URL as Syft writes it (syft/pkg/cataloger): of dpkg the version with its epoch, of rpm without.
func (m *linux) purl(p *pack) string {
	namespace, version, q := m.id, p.full(), url.Values{"arch": {p.arch}, "distro": {m.distro()}}
	if m.kind == "rpm" {
		version = p.version
		if p.epoch != "" {
			q.Set("epoch", p.epoch)
		}
		if p.module() != "" {
			q.Set("rpmmod", p.module())
		}
		q.Set("upstream", p.rpmFile())
	} else if p.source != p.name || p.sourceVersion != p.full() {
		q.Set("upstream", p.source)
		if p.sourceVersion != p.full() {
			q.Set("upstream", p.source+"@"+p.sourceVersion)
		}
	}
	return fmt.Sprintf("pkg:%s/%s/%s@%s?%s", m.kind, namespace, p.name, url.QueryEscape(version), q.Encode())
}

func (m *linux) distro() string { return strings.TrimSuffix(m.id+"-"+m.versionID, "-") }

// whole are the packages that a tool has that leaves out what dpkg only remembers.
func (m *linux) whole() (all []*pack) {
	for i := range m.packages {
		if m.packages[i].installed() {
			all = append(all, &m.packages[i])
		}
	}
	return all
}

func syftTells(m *linux) string {
	artifacts := []object{}
	for i, p := range m.whole() {
		artifacts = append(artifacts, object{"id": fmt.Sprint(i), "name": p.name, "version": p.full(), "type": m.kind, "purl": m.purl(p)})
	}
	return text(object{"artifacts": artifacts, "distro": object{"id": m.id, "name": m.name, "version": m.version, "versionID": m.versionID}})
}

func cycloneTells(m *linux) string {
	components := []object{{"type": "operating-system", "name": m.id, "version": m.versionID}}
	for _, p := range m.whole() {
		components = append(components, object{"type": "library", "name": p.name, "version": p.full(), "purl": m.purl(p)})
	}
	return text(object{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components})
}

func spdxTells(m *linux) string {
	packages := []object{}
	for _, p := range m.whole() {
		packages = append(packages, object{"name": p.name, "versionInfo": p.full(), "externalRefs": []object{
			{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": m.purl(p)}}})
	}
	return text(object{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": packages})
}

func tagsTell(m *linux) string {
	var b strings.Builder
	b.WriteString("SPDXVersion: SPDX-2.3\n")
	for i, p := range m.whole() {
		fmt.Fprintf(&b, "\nPackageName: %s\nSPDXID: SPDXRef-%d\nPackageVersion: %s\nExternalRef: PACKAGE-MANAGER purl %s\n", p.name, i, p.full(), m.purl(p))
	}
	return b.String()
}

func spdx3Tells(m *linux) string {
	graph := []object{}
	for i, p := range m.whole() {
		graph = append(graph, object{"type": "software_Package", "spdxId": fmt.Sprint("urn:", i), "name": p.name, "software_packageVersion": p.full(),
			"software_packageUrl": m.purl(p)})
	}
	return text(object{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph})
}

// trivyTells has the fields of Trivy's report (pkg/fanal/types, pkg/purl): the parts of versions by themselves,
// the source beside the package URL, and names of its own for families.
func trivyTells(m *linux) string {
	family := m.id
	if known := map[string]string{"almalinux": "alma", "sles": "suse linux enterprise server"}[m.id]; known != "" {
		family = known
	}
	packages := []object{}
	for _, p := range m.whole() {
		version, release, _ := strings.Cut(p.version, "-")
		epoch, sourceEpoch := 0, 0
		fmt.Sscan(p.epoch, &epoch)
		source := p.sourceVersion
		if before, after, ok := strings.Cut(source, ":"); ok {
			fmt.Sscan(before, &sourceEpoch)
			source = after
		}
		sourceVersion, sourceRelease, _ := strings.Cut(source, "-")
		namespace, q := strings.ReplaceAll(family, " ", "%20"), url.Values{"arch": {p.arch}, "distro": {family + "-" + m.versionID}}
		if m.kind == "apk" {
			q.Set("distro", m.versionID)
			version, release, sourceVersion, sourceRelease = p.version, "", source, ""
		}
		if epoch != 0 {
			q.Set("epoch", p.epoch)
		}
		packages = append(packages, object{"Name": p.name, "Version": version, "Release": release, "Epoch": epoch, "Arch": p.arch,
			"SrcName": p.source, "SrcVersion": sourceVersion, "SrcRelease": sourceRelease, "SrcEpoch": sourceEpoch,
			"Identifier": object{"PURL": fmt.Sprintf("pkg:%s/%s/%s@%s?%s", m.kind, namespace, p.name, url.QueryEscape(p.version), q.Encode())}})
	}
	return text(object{"SchemaVersion": 2, "ArtifactName": "/", "Metadata": object{"OS": object{"Family": family, "Name": m.versionID}},
		"Results": []object{{"Class": "os-pkgs", "Type": family, "Packages": packages}}})
}
