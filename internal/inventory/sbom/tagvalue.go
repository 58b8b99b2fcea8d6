package sbom

import (
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// readTagValue reads the parts of an SPDX document in tags and values that a report needs: SPDX 2.3, annex
// and chapters 6 to 11. A tag that begins another element ends a package.
func readTagValue(text string) (*sbom, error) {
	r := &tagReader{s: &sbom{}, owners: map[string]string{}}
	for rest := text; rest != ""; {
		var tag, value string
		tag, value, rest = nextTag(rest)
		if err := r.take(tag, strings.TrimSpace(value)); err != nil {
			return nil, err
		}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	switch r.version {
	case "SPDX-2.1", "SPDX-2.2", "SPDX-2.3":
		r.s.dropOwned(r.owners)
		return r.s, nil
	}
	return nil, parse.Invalid("SPDXVersion", "is %q, want SPDX-2.1, SPDX-2.2 or SPDX-2.3", parse.Clip(r.version, 64))
}

// nextTag returns the tag and value of the next line. A value in <text> may have several lines.
func nextTag(text string) (tag, value, rest string) {
	line, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(line, "#") {
		return "", "", rest
	}
	tag, value, _ = strings.Cut(line, ":")
	begin := strings.Index(value, "<text>")
	if begin < 0 {
		return tag, value, rest
	}
	if inside, _, ok := strings.Cut(value[begin+len("<text>"):], "</text>"); ok {
		return tag, inside, rest
	}
	first := value[begin+len("<text>"):]
	inside, rest, _ := strings.Cut(rest, "</text>")
	return tag, first + "\n" + inside, rest
}

// tagReader reads a document in tags and values.
type tagReader struct {
	s       *sbom
	version string
	// read is the package that is being read; nil between packages.
	read *spdxPackage
	// from and to are those of the last relationship, which a comment may explain.
	from, to string
	owners   map[string]string
}

// end ends a package.
func (r *tagReader) end() error {
	read := r.read
	r.read = nil
	if read == nil || read.name == "" {
		return nil
	}
	return r.s.addSPDX(read)
}

func (r *tagReader) take(tag, value string) error {
	switch tag {
	case "SPDXVersion":
		r.version = value
	case "PackageName":
		err := r.end()
		r.read = &spdxPackage{component: component{name: value}}
		return err
	case "FileName", "SnippetSPDXID", "LicenseID", "Annotator":
		return r.end()
	case "Relationship":
		r.from, r.to = "", ""
		if f := strings.Fields(value); len(f) == 3 {
			r.from, r.to = f[0], f[2]
		}
	case "RelationshipComment":
		if strings.HasPrefix(value, ownership) && r.to != "" && len(r.owners) < maxComponents {
			r.owners[r.to] = r.from
		}
	default:
		if r.read != nil {
			r.read.tag(tag, value)
		}
	}
	return nil
}

// tag takes a tag of a package.
func (read *spdxPackage) tag(tag, value string) {
	switch tag {
	case "SPDXID":
		read.id = value
	case "PackageVersion":
		read.version = value
	case "PackageSupplier":
		read.vendor = organizationOf(value)
	case "PrimaryPackagePurpose":
		read.purpose = value
	case "ExternalRef":
		if f := strings.Fields(value); len(f) == 3 {
			read.refer(f[1], f[2])
		}
	}
}
