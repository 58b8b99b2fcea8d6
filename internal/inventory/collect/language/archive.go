package language

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Bounds of an archive of Java.
const (
	maxDirectory = 16 << 20 // bytes of its list of files
	maxMember    = 64 << 20 // bytes of an archive in it, inflated
	maxPom       = 64 << 10 // bytes of what Maven records
	maxInside    = 3        // archives in each other
	maxInflated  = 512 << 20
)

var errNoArchive = errors.New("not an archive")

// ReadArchive returns the packages of Maven that an archive of Java has (a jar, war or ear), also in archives within
// it: META-INF/maven/GROUP/ARTIFACT/pom.properties names each. Without that file nothing tells the group, and so
// nothing is said. (PKWARE, APPNOTE, "4.3 General Format of a .ZIP file".)
func ReadArchive(file io.ReaderAt, size int64) ([]Package, error) {
	a := archive{left: maxInflated}
	err := a.read(file, size, 0)
	if errors.Is(err, errNoArchive) {
		return nil, nil
	}
	return a.packages, err
}

// archive is an archive that is read with those in it.
type archive struct {
	packages []Package
	left     int64 // bytes that may still be inflated
}

// member is a file in an archive.
type member struct {
	name             string
	method           uint16
	packed, size, at int64
}

func (a *archive) read(file io.ReaderAt, size int64, depth int) error {
	list, base, err := directoryOf(file, size)
	if err != nil {
		return err
	}
	var first error
	for len(list) > 0 {
		var m member
		if m, list, err = nextMember(list); err != nil {
			return err
		}
		m.at += base
		switch {
		case isPom(m.name):
			var text []byte
			if text, err = a.inflate(file, &m, maxPom); err == nil {
				if p, ok := readPom(text); ok && len(a.packages) < maxModules {
					a.packages = append(a.packages, p)
				}
			}
		case isArchive(m.name):
			err = a.inner(file, &m, depth+1)
		}
		if err != nil && !errors.Is(err, errNoArchive) && first == nil {
			first = err // the others are read
		}
	}
	return first
}

// inner reads an archive within one. Those that are stored as they are need no memory.
func (a *archive) inner(file io.ReaderAt, m *member, depth int) error {
	if depth > maxInside {
		return fmt.Errorf("%w: archives more than %d in each other", errDamaged, maxInside)
	}
	const stored = 0
	if m.method == stored {
		at, err := m.data(file)
		if err != nil {
			return err
		}
		return a.read(io.NewSectionReader(file, at, m.size), m.size, depth)
	}
	text, err := a.inflate(file, m, maxMember)
	if err != nil {
		return err
	}
	return a.read(bytes.NewReader(text), int64(len(text)), depth)
}

func isPom(name string) bool {
	return strings.HasPrefix(name, "META-INF/maven/") && path.Base(name) == "pom.properties"
}

func isArchive(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jar", ".war", ".ear":
		return true
	}
	return false
}

// readPom reads lines "key=value".
func readPom(text []byte) (Package, bool) {
	values := map[string]string{}
	for line := range bytes.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(string(line)), "="); ok {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	group, artifact, version := values["groupId"], values["artifactId"], values["version"]
	const variable, slash = "$", "/"
	if group == "" || artifact == "" || strings.ContainsAny(group+artifact+version, variable+slash) {
		return Package{}, false
	}
	return newPackage("maven", group+"/"+artifact, version)
}

// directoryOf returns an archive's list of files, and what to add to the places in it: scripts may precede an archive.
func directoryOf(file io.ReaderAt, size int64) (list []byte, base int64, err error) {
	const end, comment = 22, 1<<16 - 1
	tail := make([]byte, min(size, end+comment))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < end {
		return nil, 0, errNoArchive
	}
	length, offset := int64(little(tail[at+12:])), int64(little(tail[at+16:]))
	start := size - int64(len(tail)) + int64(at) - length
	if length > maxDirectory || start < 0 || offset > start {
		return nil, 0, fmt.Errorf("%w: a list of %d bytes at %d", errDamaged, length, offset)
	}
	list = make([]byte, length)
	if _, err := file.ReadAt(list, start); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	return list, start - offset, nil
}

func little(data []byte) uint32 { return binary.LittleEndian.Uint32(data) }

// nextMember splits off the first file of a list.
func nextMember(list []byte) (m member, rest []byte, err error) {
	const head = 46
	if len(list) < head || string(list[:4]) != "PK\x01\x02" {
		return m, nil, fmt.Errorf("%w: its list of files", errDamaged)
	}
	short := func(at int) int { return int(binary.LittleEndian.Uint16(list[at:])) }
	length := head + short(28) + short(30) + short(32)
	if length > len(list) {
		return m, nil, fmt.Errorf("%w: its list of files is cut off", errDamaged)
	}
	m = member{name: string(list[head : head+short(28)]), method: uint16(short(10)), packed: int64(little(list[20:])),
		size: int64(little(list[24:])), at: int64(little(list[42:]))}
	return m, list[length:], nil
}

// data returns where a file's content begins.
func (m *member) data(file io.ReaderAt) (int64, error) {
	head := make([]byte, 30)
	if _, err := file.ReadAt(head, m.at); err != nil || string(head[:4]) != "PK\x03\x04" {
		return 0, fmt.Errorf("%w: file %.40q: %w", errDamaged, m.name, err)
	}
	return m.at + 30 + int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:])), nil
}

// inflate returns the content of a file, of at most so many bytes.
func (a *archive) inflate(file io.ReaderAt, m *member, most int64) ([]byte, error) {
	at, err := m.data(file)
	if err != nil {
		return nil, err
	}
	var content io.Reader = io.NewSectionReader(file, at, m.packed)
	switch m.method {
	case 0:
	case 8:
		content = flate.NewReader(content)
	default:
		return nil, fmt.Errorf("%w: file %.40q is packed by method %d", errDamaged, m.name, m.method)
	}
	text, err := io.ReadAll(io.LimitReader(content, most+1))
	switch a.left -= int64(len(text)); {
	case err != nil:
		return nil, fmt.Errorf("%w: file %.40q: %w", errDamaged, m.name, err)
	case int64(len(text)) > most || a.left < 0:
		return nil, fmt.Errorf("%w: file %.40q is too large", errDamaged, m.name)
	}
	return text, nil
}
