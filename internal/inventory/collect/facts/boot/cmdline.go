package boot

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// parameters are those of the kernel's command line that are read; others could name disks or hold secrets.
var parameters = [...]string{
	"amd_iommu", "apparmor", "audit", "audit_backlog_limit", "debugfs", "efi", "enforcing", "fips", "init", "init_on_alloc",
	"init_on_free", "intel_iommu", "iommu", "ipv6.disable", "l1tf", "lockdown", "lsm", "mds", "mitigations",
	"module.sig_enforce", "nokaslr", "nopti", "nosmap", "nosmep", "nospec_store_bypass_disable", "nospectre_v1",
	"nospectre_v2", "oops", "page_alloc.shuffle", "page_poison", "pti", "random.trust_cpu", "randomize_kstack_offset",
	"rd.break", "retbleed", "security", "selinux", "slab_nomerge", "slub_debug", "spec_store_bypass_disable",
	"spectre_v2", "srbds", "tsx", "tsx_async_abort", "vsyscall",
}

// arguments are the parameters of one start: the last of a name counts.
func arguments(line string) map[string]string {
	all := map[string]string{}
	for _, word := range words(line) {
		if word == "--" { // the rest is for init
			break
		}
		name, value, _ := strings.Cut(word, "=")
		if name = strings.ReplaceAll(name, "-", "_"); slices.Contains(parameters[:], name) {
			all[name] = value
		}
	}
	return all
}

// words splits a command line as the kernel does (next_arg): quotes keep blanks, and are not part of a word.
func words(line string) []string {
	quoted := false
	all := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\n')
	})
	for i, word := range all {
		all[i] = strings.ReplaceAll(word, `"`, "")
	}
	return all
}

// runningCommandLine reads with what the kernel was started.
func runningCommandLine(m *facts.Machine) (*facts.Found, error) {
	const file = "proc/cmdline"
	if !m.Live {
		return nil, nil
	}
	data, err := m.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := facts.NewFound()
	for name, value := range arguments(string(data)) {
		found.Set(name, value, "/"+file)
	}
	return found, nil
}

// commandLine reads with what the next start begins a kernel: where the entries of the boot loader differ the
// alternatives are joined, and "-" stands for one without the parameter.
func commandLine(m *facts.Machine) (*facts.Found, error) {
	l := readLoader(m)
	if !l.known {
		return nil, nil
	}
	if len(l.entries) > 0 || len(l.found.Unread) == 0 {
		l.addArguments()
	}
	return l.found, nil
}

// addArguments adds the parameters of all entries.
func (l *loader) addArguments() {
	type setting struct {
		alternatives []string
		origin       string
		entries      int
	}
	all := map[string]*setting{}
	for _, e := range l.entries {
		for name, value := range arguments(e.line) {
			s := all[name]
			if s == nil {
				s = &setting{origin: e.origin}
				all[name] = s
			}
			if s.entries++; !slices.Contains(s.alternatives, value) && len(s.alternatives) < maxAlternatives {
				s.alternatives = append(s.alternatives, value)
			}
		}
	}
	if len(l.found.Unread) > 0 {
		return // an entry that could not be read may differ
	}
	for name, s := range all {
		if s.entries < len(l.entries) {
			s.alternatives = append(s.alternatives, "-")
		}
		l.found.Set(name, strings.Join(s.alternatives, "; "), s.origin)
	}
}

// maxAlternatives bounds the values of a parameter that are told.
const maxAlternatives = 8
