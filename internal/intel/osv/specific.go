package osv

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// specific is an object whose fields each ecosystem or database defines for itself:
// ecosystem_specific or database_specific. What has another shape than expected is not read.
type specific struct {
	// severity is the publisher's word: "severity" (GitHub, RustSec, Bitnami, openEuler), "urgency"
	// (Debian), "priority" or "ubuntu_priority" (Ubuntu).
	severity intel.Severity
	// binaries are the packages that were built from the source package.
	binaries []string
}

// UnmarshalJSON implements json.Unmarshaler. It refuses nothing.
func (s *specific) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if !bytes.HasPrefix(data, []byte("{")) || json.Unmarshal(data, &fields) != nil {
		return nil
	}
	for _, name := range [...]string{"severity", "urgency", "priority", "ubuntu_priority"} {
		var word string
		if json.Unmarshal(fields[name], &word) == nil {
			s.severity = max(s.severity, intel.ParseSeverity(word))
		}
	}
	for name, value := range fields {
		switch name {
		case "binaries":
			s.binaries = append(s.binaries, binaryNames(value)...)
		case "x86_64", "aarch64", "noarch", "loongarch64", "riscv64", "ppc64le", "sw_64": // openEuler
			s.binaries = append(s.binaries, rpmNames(value)...)
		}
	}
	slices.Sort(s.binaries)
	s.binaries = slices.Compact(s.binaries)
	return nil
}

// binaryNames reads lists of Ubuntu ({"binary_name": "libssl3", "binary_version": "3.0.2"}) and of SUSE
// ({"libopenssl3": "3.1.4"}).
func binaryNames(data []byte) []string {
	var list []map[string]json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	var names []string
	for _, one := range list {
		var name string
		if value, ok := one["binary_name"]; ok {
			if json.Unmarshal(value, &name) == nil && name != "" {
				names = append(names, name)
			}
			continue
		}
		for name := range one {
			names = append(names, name)
		}
	}
	return names
}

// rpmNames reads a list of rpm files: "openssl-libs-1.1.1wa-9.oe2403.x86_64.rpm".
func rpmNames(data []byte) []string {
	var files, names []string
	if json.Unmarshal(data, &files) != nil {
		return nil
	}
	for _, file := range files {
		name, ok := strings.CutSuffix(file, ".rpm")
		for range 2 { // release and version
			at := strings.LastIndexByte(name, '-')
			if ok = ok && at > 0; ok {
				name = name[:at]
			}
		}
		if ok {
			names = append(names, name)
		}
	}
	return names
}
