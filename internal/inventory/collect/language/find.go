package language

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Bounds of what is looked for. What lies beyond is left out, and told.
const (
	maxRecords  = 20_000 // records of packages, and executables
	maxPackages = 8_000  // packages at a version
	maxNested   = 8      // folders node_modules in each other
	maxDepth    = 8      // folders below one in which archives of Java are looked for
	maxProgram  = 1 << 30
)

// What was left out, and why; the words for people.
const (
	CutMany   = "what comes after 20000 records, or 8000 packages"
	CutDeep   = "packages of npm more than 8 in each other"
	CutBelow  = "folders more than 8 below those in which archives of Java are looked for"
	CutFolder = "folders that cannot be read"
	CutRecord = "records that cannot be read"
	CutOldGo  = "programs built with Go before 1.18"
)

// Found is what was found.
type Found struct {
	// Packages are in order, each with the files that told of it, below "/".
	Packages []Listed
	// Cut says what was left out.
	Cut []string
}

// Listed is a package and the files that told of it.
type Listed struct {
	Package
	Files []string
}

// record is a file that tells of packages.
type record struct {
	file string
	read func(f *finder, file string) ([]Package, error)
}

// finder looks through a machine.
type finder struct {
	tree    *disk.Tree
	records map[string]record
	seen    map[string]bool // folders
	cut     map[string]bool
}

// Find lists the packages of languages on a machine. owned marks those of some files, by their names below "/", that
// packages of the distribution own. It fails if ctx ends, or if owned does: without knowing who owns a file nothing can
// be said of it.
func Find(ctx context.Context, tree *disk.Tree, owned func(files map[string]bool) error) (Found, error) {
	f := &finder{tree: tree, records: map[string]record{}, seen: map[string]bool{}, cut: map[string]bool{}}
	for _, p := range places() {
		for _, folder := range f.expand(p.folder) {
			f.look(p.of, folder)
		}
		if err := context.Cause(ctx); err != nil {
			return Found{}, err
		}
	}
	files := make(map[string]bool, len(f.records))
	for file := range f.records {
		files[file] = false
	}
	if len(files) > 0 {
		if err := owned(files); err != nil {
			return Found{}, err
		}
	}
	all := map[Package][]string{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if files[file] {
			continue
		}
		f.read(f.records[file], all)
		if err := context.Cause(ctx); err != nil {
			return Found{}, err
		}
	}
	return f.result(all), nil
}

// look notes the records of a folder.
func (f *finder) look(of manager, folder string) {
	switch of {
	case pip:
		f.python(folder)
	case npm:
		f.node(folder, 0)
	case rubyGems:
		f.gems(folder)
	case anybody:
		f.programs(folder)
	case java:
		f.archives(folder, 0)
	}
}

// expand returns the real folders of a name in which "*" stands for any name, those that were not seen before.
func (f *finder) expand(name string) []string {
	folders, unread := f.tree.Folders(name)
	f.cut[CutFolder] = f.cut[CutFolder] || unread
	return slices.DeleteFunc(folders, func(folder string) bool {
		again := f.seen[folder]
		f.seen[folder] = true
		return again
	})
}

// entries lists a folder.
func (f *finder) entries(folder string) []fs.DirEntry {
	entries, err := f.tree.Entries(folder)
	switch {
	case errors.Is(err, disk.ErrMany):
		f.cut[CutMany] = true
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		f.cut[CutFolder] = true
	}
	return entries
}

// note keeps a file that may tell of packages.
func (f *finder) note(file string, read func(*finder, string) ([]Package, error)) {
	if _, known := f.records[file]; !known && len(f.records) == maxRecords {
		f.cut[CutMany] = true
		return
	}
	f.records[file] = record{file, read}
}

// python notes the records of pip: METADATA of a wheel, PKG-INFO of an egg, or a file that is one.
func (f *finder) python(folder string) {
	for _, entry := range f.entries(folder) {
		name := path.Join(folder, entry.Name())
		switch ext := path.Ext(entry.Name()); {
		case ext == ".dist-info" && entry.IsDir():
			f.note(name+"/METADATA", (*finder).metadata)
		case ext == ".egg-info" && entry.IsDir():
			f.note(name+"/PKG-INFO", (*finder).metadata)
		case ext == ".egg-info" && entry.Type().IsRegular():
			f.note(name, (*finder).metadata)
		}
	}
}

// node notes the manifests of a folder node_modules, and of those within its packages.
func (f *finder) node(folder string, depth int) {
	if depth == maxNested {
		f.cut[CutDeep] = true
		return
	}
	for _, entry := range f.entries(folder) {
		name := path.Join(folder, entry.Name())
		switch {
		case !entry.IsDir() || strings.HasPrefix(entry.Name(), "."):
		case strings.HasPrefix(entry.Name(), "@"):
			for _, scoped := range f.entries(name) {
				if scoped.IsDir() {
					f.nodePackage(path.Join(name, scoped.Name()), depth)
				}
			}
		default:
			f.nodePackage(name, depth)
		}
	}
}

func (f *finder) nodePackage(folder string, depth int) {
	if f.isRegular(folder + "/package.json") {
		f.note(folder+"/package.json", (*finder).manifest)
	}
	if info, err := f.tree.Lstat(folder + "/node_modules"); err == nil && info.IsDir() {
		f.node(folder+"/node_modules", depth+1)
	}
}

func (f *finder) isRegular(name string) bool {
	info, err := f.tree.Lstat(name)
	return err == nil && info.Mode().IsRegular()
}

// gems notes the specifications of gem.
func (f *finder) gems(folder string) {
	for _, entry := range f.entries(folder) {
		if entry.Type().IsRegular() && path.Ext(entry.Name()) == ".gemspec" {
			f.note(path.Join(folder, entry.Name()), (*finder).gem)
		}
	}
}

// programs notes executables.
func (f *finder) programs(folder string) {
	for _, entry := range f.entries(folder) {
		if !entry.Type().IsRegular() {
			continue
		}
		const anybody = 0o111
		info, err := f.tree.Lstat(path.Join(folder, entry.Name()))
		if err == nil && info.Mode()&anybody != 0 {
			f.note(path.Join(folder, entry.Name()), (*finder).program)
		}
	}
}

// archives notes archives of Java in a folder and below it, but for folders of other languages.
func (f *finder) archives(folder string, depth int) {
	for _, entry := range f.entries(folder) {
		name := path.Join(folder, entry.Name())
		switch {
		case entry.Type().IsRegular() && isArchive(name):
			f.note(name, (*finder).archive)
		case !entry.IsDir() || strings.HasSuffix(name, "-packages") || entry.Name() == "node_modules":
		case depth == maxDepth:
			f.cut[CutBelow] = true
		default:
			f.archives(name, depth+1)
		}
	}
}

// one is a list of a package, if there is one.
func one(p Package, ok bool) []Package {
	if !ok {
		return nil
	}
	return []Package{p}
}

// metadata reads the head of a file of pip.
func (f *finder) metadata(name string) ([]Package, error) {
	file, err := f.tree.Open(name, disk.MaxSetting)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const head = 64 << 10 // a long description follows
	text, err := io.ReadAll(io.LimitReader(file, head))
	if err != nil {
		return nil, err
	}
	return one(ReadMetadata(text)), nil
}

func (f *finder) manifest(name string) ([]Package, error) {
	text, err := f.tree.Read(name)
	if err != nil {
		return nil, err
	}
	return one(ReadManifest(text)), nil
}

func (f *finder) gem(name string) ([]Package, error) { return one(GemOf(name)), nil }

func (f *finder) program(name string) ([]Package, error) {
	file, err := f.tree.Open(name, maxProgram)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadExecutable(file)
}

func (f *finder) archive(name string) ([]Package, error) {
	file, err := f.tree.Open(name, maxProgram)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadArchive(file, file.Size())
}

// read reads a record. One that is gone tells nothing, and one that cannot be read is told.
func (f *finder) read(r record, all map[Package][]string) {
	packages, err := r.read(f, r.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errOldGo):
		f.cut[CutOldGo] = true
	case err != nil:
		f.cut[CutRecord] = true
	}
	for _, p := range packages {
		if _, known := all[p]; !known && len(all) == maxPackages {
			f.cut[CutMany] = true
			continue
		}
		if files := all[p]; len(files) == 0 || files[len(files)-1] != r.file {
			all[p] = append(files, r.file)
		}
	}
}

func (f *finder) result(all map[Package][]string) (found Found) {
	for p, files := range all {
		found.Packages = append(found.Packages, Listed{p, files})
	}
	slices.SortFunc(found.Packages, func(a, b Listed) int { return a.compare(b.Package) })
	maps.DeleteFunc(f.cut, func(_ string, is bool) bool { return !is })
	found.Cut = slices.SortedFunc(maps.Keys(f.cut), cmp.Compare)
	return found
}
