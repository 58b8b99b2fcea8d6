package generation_test

import (
	"iter"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
)

// learn imports weaknesses as the only NVD feed. The next generation knows no others.
func (l *lab) learn(known ...inteltest.Weakness) {
	l.Helper()
	err := l.imported(library.Import{
		Kind: intel.NVD, Name: "lab", Files: oneFile("nvd.json", inteltest.NVD(known)), AllowShrink: true,
	})
	if err != nil {
		l.Fatal(err)
	}
}

// learnAdvisories imports an advisory of Debian 12.
func (l *lab) learnAdvisories() {
	l.Helper()
	const advisory = `{"id":"DSA-1-1","modified":"2026-11-20T00:00:00Z","aliases":["CVE-2024-0005"],"affected":[{
		"package":{"ecosystem":"Debian:12","name":"openssl"},
		"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"99.2"}]}]}]}`
	if err := l.imported(library.Import{Kind: intel.OSV, Name: "debian", Files: oneFile("DSA-1-1.json", advisory)}); err != nil {
		l.Fatal(err)
	}
}

func oneFile(name, text string) iter.Seq2[library.RawFile, error] {
	return library.FilesOf(fstest.MapFS{name: {Data: []byte(text)}})
}
