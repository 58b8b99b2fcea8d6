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

func oneFile(name, text string) iter.Seq2[library.RawFile, error] {
	return library.FilesOf(fstest.MapFS{name: {Data: []byte(text)}})
}
