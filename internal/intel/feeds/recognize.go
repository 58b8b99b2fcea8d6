package feeds

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/bodhi"
	"github.com/muster-project/muster/internal/intel/checks"
	"github.com/muster-project/muster/internal/intel/csaf"
	"github.com/muster-project/muster/internal/intel/debian"
	"github.com/muster-project/muster/internal/intel/epss"
	"github.com/muster-project/muster/internal/intel/exploitdb"
	"github.com/muster-project/muster/internal/intel/msrc"
	"github.com/muster-project/muster/internal/intel/oval"
	"github.com/muster-project/muster/internal/intel/secdb"
	"github.com/muster-project/muster/internal/intel/titles"
	"github.com/muster-project/muster/internal/intel/ubuntu"
	"github.com/muster-project/muster/internal/intel/updateinfo"
)

const (
	// lookedAt is how many documents of a file are looked at.
	lookedAt = 100
	// beginning is how much of each, in bytes.
	beginning = 256 << 10
)

// Recognize returns the kind of feed that the files in fsys are, by the members of their first
// documents; false if none is of a kind.
func Recognize(fsys fs.FS) (kind intel.Kind, ok bool) {
	looked := 0
	for doc, err := range intel.DefaultLimits().Beginnings(fsys, beginning) {
		if err != nil {
			return "", false
		}
		if kind, ok = beginningOf(doc.Data); ok {
			return kind, true
		}
		has := members(doc.Data)
		switch {
		case msrc.IsBeginning(doc.Data), msrc.IsDocument(doc.Data, has):
			return intel.MSRC, true
		case bodhi.IsDocument(has):
			return intel.Bodhi, true
		case csaf.IsDocument(doc.Data, has):
			return intel.CSAF, true
		case ubuntu.IsDocument(doc.Data, has):
			return intel.Ubuntu, true
		}
		if kind, ok = kindOf(has); ok {
			return kind, true
		}
		if looked++; looked == lookedAt {
			break
		}
	}
	return "", false
}

// beginningOf tells the kind of a text that is no JSON, or too large to be read to its end, by how it begins.
func beginningOf(text []byte) (intel.Kind, bool) {
	switch {
	case epss.IsBeginning(text):
		return intel.EPSS, true
	case exploitdb.IsBeginning(text):
		return intel.ExploitDB, true
	case debian.IsBeginning(text):
		return intel.Debian, true
	case updateinfo.IsBeginning(text):
		return intel.UpdateInfo, true
	case oval.IsBeginning(text):
		return intel.OVAL, true
	case secdb.IsBeginning(text):
		return intel.SecDB, true
	case titles.IsBeginning(text):
		return intel.Titles, true
	case checks.IsBeginning(text):
		return intel.Checks, true
	}
	return "", false
}

// kindOf tells a kind by the paths of a document's members.
func kindOf(has map[string]bool) (intel.Kind, bool) {
	switch {
	case has["cveMetadata.cveId"]:
		return intel.CVE5, true
	case has["vulnerabilities.cve"], has["_annotation.cve_id"]:
		return intel.NVD, true
	case has["vulnerabilities.cveID"]:
		return intel.KEV, true
	case has["result.releases"]:
		return intel.EOL, true
	case has["packages"] && has["affected"] && has["issues"] && has["status"]:
		return intel.Arch, true
	case has["cve_id"] && has["aff_ver"] && has["res_ver"]:
		return intel.Photon, true
	case has["reponame"] && (has["packages.pkg"] || has["urlprefix"]):
		return intel.SecDB, true
	case has["OSVersions.SecurityReleases"]:
		return intel.SOFA, true
	case has["CveIDs"] && has["References"], isModules(has):
		return intel.Metasploit, true
	case has["ID"] && has["Info.Name"] && has["file_path"]:
		return intel.Nuclei, true
	case has["id"] && (has["affected.package"] || has["affected.ranges"] || has["modified"] && has["schema_version"]):
		return intel.OSV, true
	}
	return "", false
}

// isModules reports whether a document has Metasploit's modules by their names.
func isModules(has map[string]bool) bool {
	for path := range has {
		if name, ok := strings.CutSuffix(path, ".fullname"); ok && has[name+".mod_time"] && has[name+".references"] {
			return true
		}
	}
	return false
}

// members returns the paths of the first two levels of members of a JSON object, of which the end
// may be missing. Lists count for nothing: "vulnerabilities.cve" is a member of one of a list.
func members(text []byte) map[string]bool {
	has := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(text))
	var path []string
	var inObject, isKey []bool // of each open object or list
	for {
		token, err := d.Token()
		if err != nil {
			return has
		}
		top := len(inObject) - 1
		switch {
		case token == json.Delim('}') || token == json.Delim(']'):
			inObject, isKey = inObject[:top], isKey[:top]
			top--
			if top >= 0 && inObject[top] {
				path, isKey[top] = path[:len(path)-1], true
			}
		case top >= 0 && inObject[top] && isKey[top]:
			path, isKey[top] = append(path, token.(string)), false
			if len(path) <= 2 {
				has[strings.Join(path, ".")] = true
			}
		case token == json.Delim('{') || token == json.Delim('['):
			inObject, isKey = append(inObject, token == json.Delim('{')), append(isKey, true)
		case top >= 0 && inObject[top]: // a value
			path, isKey[top] = path[:len(path)-1], true
		}
	}
}
