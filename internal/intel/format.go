package intel

import (
	"compress/bzip2"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// format is what a raw file holds and how it is packed, by its name.
type format struct {
	content content
	pack    pack
}

// content is what a file holds when it is unpacked.
type content uint8

const (
	other content = iota
	jsonText
	lineList
	yamlText
	titleText
	xmlText
	tarArchive
	zipArchive
)

// pack is how a whole file is compressed.
type pack uint8

const (
	plain pack = iota
	gzipped
	zstandard
	bzipped
)

// packs are the ends of names of compressed files.
var packs = [...]struct {
	end  string
	pack pack
}{{".gz", gzipped}, {".zst", zstandard}, {".bz2", bzipped}}

// contents are the ends of names without that of the compression. A tar is always compressed, a zip never.
var contents = [...]struct {
	end     string
	content content
}{{".json", jsonText}, {".csv", lineList}, {".xml", xmlText}, {".yaml", yamlText}, {".titles", titleText}, {".tar", tarArchive}, {".zip", zipArchive}}

func formatOf(name string) format {
	name = strings.ToLower(name)
	if strings.HasSuffix(name, ".tgz") {
		return format{tarArchive, gzipped}
	}
	var f format
	for _, p := range packs {
		if rest, ok := strings.CutSuffix(name, p.end); ok {
			name, f.pack = rest, p.pack
			break
		}
	}
	for _, c := range contents {
		if strings.HasSuffix(name, c.end) {
			f.content = c.content
		}
	}
	if f.content == other || f.content == tarArchive && f.pack == plain || f.content == zipArchive && f.pack != plain {
		return format{}
	}
	return f
}

func (f format) isRaw() bool { return f.content != other }

// isArchive reports whether a file holds several documents.
func (f format) isArchive() bool { return f.content == tarArchive || f.content == zipArchive }

// isLines reports whether a file is a list of lines.
func (f format) isLines() bool { return f.content == lineList }

// isJSON reports whether a file has JSON texts.
func (f format) isJSON() bool { return f.content == jsonText || f.isArchive() }

// isYAML reports whether a file is a YAML text.
func (f format) isYAML() bool { return f.content == yamlText }

// isTitles reports whether a file has titles.
func (f format) isTitles() bool { return f.content == titleText || f.isArchive() }

// isXML reports whether a file is an XML text.
func (f format) isXML() bool { return f.content == xmlText }

// maxWindow bounds the memory that a compressed file may ask for, in bytes: the largest window that programs
// write without being told to (zstd --ultra) is 128 MiB.
const maxWindow = 128 << 20

// open returns the unpacked bytes. Reading to the end checks their checksum.
func (p pack) open(r io.Reader) (io.ReadCloser, error) {
	switch p {
	case gzipped:
		return gzip.NewReader(r)
	case zstandard:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	case bzipped:
		return io.NopCloser(bzip2.NewReader(r)), nil
	}
	return io.NopCloser(r), nil
}

// IsArchive reports whether a file holds several documents, by its name.
func IsArchive(name string) bool { return formatOf(name).isArchive() }

// IsRaw reports whether a file is read as a part of a feed, by its name.
func IsRaw(name string) bool { return formatOf(name).isRaw() }

// The names of files that feeds read, for people.
const (
	namesOfJSON   = ".json (one JSON text), alone or with .gz, .zst or .bz2, .zip, .tgz, .tar.gz, .tar.zst or .tar.bz2"
	namesOfYAML   = ".yaml, alone or with .gz, .zst or .bz2"
	namesOfXML    = ".xml, alone or with .gz, .zst or .bz2"
	namesOfTitles = ".titles, alone or with .gz, .zst or .bz2, .zip, .tgz, .tar.gz, .tar.zst or .tar.bz2"
	namesOfLines  = ".csv, alone or with .gz, .zst or .bz2"
)

// IsYAML reports whether a file is a YAML text, by its name.
func IsYAML(name string) bool { return formatOf(name).isYAML() }

// NotRead returns an error that names a file, and the names that are read, if a feed of a kind reads no
// file of that name: nobody must believe that its records count.
func NotRead(kind Kind, name string) error {
	isRead, names := format.isJSON, namesOfJSON
	switch kind {
	case EPSS, ExploitDB:
		isRead, names = format.isLines, namesOfLines
	case OVAL, UpdateInfo:
		isRead, names = format.isXML, namesOfXML
	case Titles:
		isRead, names = format.isTitles, namesOfTitles
	case Checks:
		isRead, names = format.isYAML, namesOfYAML
	case MSRC, CSAF:
		isRead = func(f format) bool { return f.isJSON() || f.isLines() }
		names = ".csv, " + namesOfJSON
	case SecDB:
		isRead = func(f format) bool { return f.isJSON() || f.isYAML() }
		names = namesOfYAML + "; " + namesOfJSON
	}
	if isRead(formatOf(name)) {
		return nil
	}
	return fmt.Errorf("file %q is not read: names of files of kind %q end in %s", name, kind, names)
}
