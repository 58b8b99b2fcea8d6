package language

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of an executable's sections.
const (
	maxSections = 10_000
	maxNames    = 1 << 20 // bytes of their names
	maxGo       = 4 << 20 // bytes of what Go records
	maxPacked   = 4 << 20 // bytes of what cargo-auditable records, compressed
	maxRust     = 16 << 20
	maxModules  = 20_000
)

var (
	errNoELF   = errors.New("not an ELF executable")
	errDamaged = errors.New("damaged executable")
	errOldGo   = errors.New("built with Go before 1.18, whose record is not read")
)

// ReadExecutable returns the modules that the compiler recorded in an ELF executable: none if it recorded nothing.
// What is no ELF file has none either.
func ReadExecutable(file io.ReaderAt) ([]Package, error) {
	found, err := sectionsOf(file, ".go.buildinfo", ".dep-v0")
	if errors.Is(err, errNoELF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Package
	if s, ok := found[".go.buildinfo"]; ok {
		if all, err = readGo(io.NewSectionReader(file, s.offset, min(s.size, maxGo))); err != nil {
			return nil, err
		}
	}
	if s, ok := found[".dep-v0"]; ok {
		crates, err := readRust(io.NewSectionReader(file, s.offset, min(s.size, maxPacked)))
		if err != nil {
			return nil, err
		}
		all = append(all, crates...)
	}
	return all, nil
}

// section is where a section lies in its file.
type section struct{ offset, size int64 }

// sectionsOf finds sections of an ELF file by name (System V ABI, "Object Files").
func sectionsOf(file io.ReaderAt, wanted ...string) (map[string]section, error) {
	head := make([]byte, 64)
	if n, err := file.ReadAt(head, 0); n < len(head) {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, errNoELF
	}
	e := elf{file: file, wide: head[4] == 2, order: binary.LittleEndian}
	if string(head[:4]) != "\x7fELF" || head[4] != 1 && head[4] != 2 {
		return nil, errNoELF
	}
	if head[5] == 2 {
		e.order = binary.BigEndian
	}
	at, count, size, names := e.header(head)
	if count == 0 || at == 0 {
		return nil, nil // stripped of its sections
	}
	if count > maxSections || names >= count || size < e.entrySize() {
		return nil, fmt.Errorf("%w: %d sections of %d bytes", errDamaged, count, size)
	}
	table := make([]byte, count*size)
	if _, err := file.ReadAt(table, at); err != nil {
		return nil, fmt.Errorf("%w: its table of sections: %w", errDamaged, err)
	}
	return e.find(table, size, names, wanted)
}

// elf reads numbers of a file in its own width and order.
type elf struct {
	file  io.ReaderAt
	wide  bool
	order binary.ByteOrder
}

func (e *elf) entrySize() int {
	if e.wide {
		return 64
	}
	return 40
}

// header returns where the table of sections is, how many there are, the size of an entry, and which has the names.
func (e *elf) header(head []byte) (at int64, count, size, names int) {
	rest := head[46:]
	if e.wide {
		at, rest = int64(e.order.Uint64(head[40:])), head[58:]
	} else {
		at = int64(e.order.Uint32(head[32:]))
	}
	return max(at, 0), int(e.order.Uint16(rest[2:])), int(e.order.Uint16(rest)), int(e.order.Uint16(rest[4:]))
}

// place returns the place of an entry's section, and where its name begins.
func (e *elf) place(entry []byte) (name int, s section) {
	if e.wide {
		s = section{int64(e.order.Uint64(entry[24:])), int64(e.order.Uint64(entry[32:]))}
	} else {
		s = section{int64(e.order.Uint32(entry[16:])), int64(e.order.Uint32(entry[20:]))}
	}
	return int(e.order.Uint32(entry)), section{max(s.offset, 0), max(s.size, 0)}
}

// find returns the wanted sections of a table.
func (e *elf) find(table []byte, size, names int, wanted []string) (map[string]section, error) {
	_, s := e.place(table[names*size:])
	text := make([]byte, min(s.size, maxNames))
	if _, err := e.file.ReadAt(text, s.offset); err != nil {
		return nil, fmt.Errorf("%w: the names of its sections: %w", errDamaged, err)
	}
	found := map[string]section{}
	for at := 0; at < len(table); at += size {
		begin, s := e.place(table[at:])
		if begin >= len(text) {
			continue
		}
		name, _, _ := bytes.Cut(text[begin:min(len(text), begin+len(".go.buildinfo")+1)], []byte{0})
		for _, want := range wanted {
			if string(name) == want {
				found[want] = s
			}
		}
	}
	return found, nil
}

// readGo reads what Go records of a build: a head of 32 bytes, and two texts with their lengths before them, the
// version of Go and the modules (debug/buildinfo). Programs by Go before 1.18 have addresses in their place.
func readGo(section io.Reader) ([]Package, error) {
	data, err := io.ReadAll(section)
	if err != nil {
		return nil, err
	}
	const head, magic = 32, "\xff Go buildinf:"
	start := bytes.Index(data, []byte(magic))
	if start < 0 || len(data) < start+head {
		return nil, nil
	}
	const isInline = 2
	if data[start+len(magic)+1]&isInline == 0 {
		return nil, errOldGo
	}
	version, rest, ok := text(data[start+head:])
	modules, _, also := text(rest)
	if !ok || !also {
		return nil, fmt.Errorf("%w: the record of Go is cut off", errDamaged)
	}
	const sentinel = 16 // bytes before and after the modules
	if len(modules) < 2*sentinel {
		modules = nil
	} else {
		modules = modules[sentinel : len(modules)-sentinel]
	}
	return goModules(string(version), string(modules))
}

// text splits off a text with its length before it.
func text(data []byte) (text, rest []byte, ok bool) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length > uint64(len(data)-n) {
		return nil, nil, false
	}
	return data[n:][:length], data[n:][length:], true
}

// goModules reads the lines of modules: "mod" or "dep", path, version, hash; "=>" has what replaces the one before.
// Code of a working folder ("(devel)") has no version and is left out.
func goModules(version, lines string) ([]Package, error) {
	var all []Package
	add := func(path, version string) {
		if p, ok := newPackage("golang", path, version); ok && version != "(devel)" {
			all = append(all, p)
		}
	}
	if number, ok := strings.CutPrefix(strings.Fields(version + " -")[0], "go"); ok {
		add("stdlib", number)
	}
	path, release, count := "", "", 0
	for line := range strings.SplitSeq(lines, "\n") {
		words := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if count++; count > maxModules {
			return nil, fmt.Errorf("%w: more than %d modules", errDamaged, maxModules)
		}
		if words[0] != "=>" {
			add(path, release)
			path, release = "", ""
		}
		switch words[0] {
		case "mod", "dep", "=>":
			path, release = "", ""
			if len(words) > 2 {
				path, release = words[1], words[2]
			}
		}
	}
	add(path, release)
	return all, nil
}

// readRust reads what cargo-auditable records: JSON that zlib compressed. What was needed for building alone is not in
// the program. (The schema of rust-secure-code/cargo-auditable, and how to parse it, lie in its repository.)
func readRust(section io.Reader) ([]Package, error) {
	unpacked, err := zlib.NewReader(section)
	if err != nil {
		return nil, fmt.Errorf("%w: the record of cargo-auditable: %w", errDamaged, err)
	}
	data, err := io.ReadAll(io.LimitReader(unpacked, maxRust+1))
	if err == nil && len(data) > maxRust {
		err = fmt.Errorf("more than %d bytes", maxRust)
	}
	var record struct {
		Packages []struct{ Name, Version, Source, Kind string }
	}
	if err == nil {
		err = json.Unmarshal(data, &record)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the record of cargo-auditable: %w", errDamaged, err)
	}
	var all []Package
	for _, crate := range record.Packages[:min(len(record.Packages), maxModules)] {
		isPublic := crate.Source == "crates.io" // others have crates of the same names
		if p, ok := newPackage("cargo", crate.Name, crate.Version); ok && isPublic && crate.Kind != "build" {
			all = append(all, p)
		}
	}
	return all, nil
}
