package alias

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// Version is that of the format, which a table may name in its first line: "titles 1".
const Version = 1

// maxPattern bounds a pattern, in bytes: what it is compiled to is bounded by Go's package, too.
const maxPattern = 300

// block holds a product's lines while they are read.
type block struct {
	Product
	line     int
	vendors  []string
	titles   []string
	yearly   []string
	ids      []string
	patterns []pattern
	sources  []string
	seen     []Seen
}

func newBlock(word, rest string, line int) (*block, error) {
	b := &block{line: line}
	switch word {
	case "none":
		b.Excluded = true
		return b, nil
	case "titles":
		if version, err := strconv.Atoi(rest); err != nil || version < 1 {
			return nil, fmt.Errorf("titles %q: want the format's version", rest)
		} else if version > Version {
			return nil, fmt.Errorf("titles %q: this program reads version %d", rest, Version)
		}
		return nil, nil
	case "product":
		vendor, name, ok := strings.Cut(rest, "/")
		if !ok || vendor == "" || name == "" {
			return nil, fmt.Errorf("product %q: want VENDOR/NAME", rest)
		}
		b.Vendor, b.Name = vendor, name
		return b, nil
	}
	return nil, fmt.Errorf("unknown block %q", word)
}

// add reads one indented line of a block.
func (b *block) add(word, rest string, line int) error {
	if rest == "" {
		return fmt.Errorf("%s: nothing follows", word)
	}
	switch word {
	case "cpe":
		return b.addPair(rest)
	case "eol":
		b.Lifecycle = rest
	case "kind":
		b.kinds = append(b.kinds, strings.Fields(rest)...)
	case "platform":
		return b.addPlatforms(rest)
	case "vendor", "signer":
		for _, text := range splitTexts(rest) {
			b.vendors = append(b.vendors, subject.CleanVendor(strings.TrimPrefix(text, "-")))
		}
	case "title", "yearly":
		for _, text := range splitTexts(rest) {
			b.titles = append(b.titles, subject.CleanName(text, ""))
		}
		if word == "yearly" {
			b.yearly = append(b.yearly, b.titles[len(b.titles)-len(splitTexts(rest)):]...)
		}
	case "pattern":
		return b.addPattern(rest)
	case "version":
		return b.Transform.parse(rest)
	case "source":
		b.sources = append(b.sources, splitTexts(rest)...)
	case "seen":
		return b.addSeen(rest, line)
	case "builds":
		if b.Unbounded, b.OfFiles = rest == "unknown", rest == "of-files"; !b.Unbounded && !b.OfFiles {
			return fmt.Errorf("builds %q: want unknown or of-files", rest)
		}
	default:
		return b.addIDs(word, rest)
	}
	return nil
}

// addIDs reads a line of ids.
func (b *block) addIDs(word, rest string) error {
	for _, id := range strings.Fields(rest) {
		switch word {
		case "bundle":
			id = strings.ToLower(id)
		case "family":
			if at := strings.LastIndexByte(id, '_'); at < 1 || len(id)-at-1 != publisherID {
				return fmt.Errorf("family %q: want NAME_PUBLISHERID", id)
			}
			id = strings.ToLower(id)
		case "upgrade":
			if !isCode(id) {
				return fmt.Errorf("upgrade %q: want a code in braces", id)
			}
			id = strings.ToLower(id)
		case "winget":
			id = wingetKey(id)
		case "brew":
			id = brewKey(id)
		default:
			return fmt.Errorf("unknown word %q in a block", word)
		}
		b.ids = append(b.ids, id)
	}
	return nil
}

// publisherID is the length of the second half of a package family.
const publisherID = 13

// isCode reports whether a text is a GUID in braces.
func isCode(text string) bool {
	const form = "{00000000-0000-0000-0000-000000000000}"
	if len(text) != len(form) {
		return false
	}
	for i := range form {
		if form[i] == '0' && !strings.ContainsRune("0123456789abcdefABCDEF", rune(text[i])) ||
			form[i] != '0' && text[i] != form[i] {
			return false
		}
	}
	return true
}

func (b *block) addPlatforms(rest string) error {
	for _, name := range strings.Fields(rest) {
		if name != "windows" && name != "macos" {
			return fmt.Errorf("platform %q: want windows or macos", name)
		}
		b.kinds = append(b.kinds, name)
	}
	return nil
}

func (b *block) addPattern(rest string) error {
	if len(rest) > maxPattern {
		return fmt.Errorf("pattern of %d bytes: at most %d", len(rest), maxPattern)
	}
	open, err := regexp.Compile(rest)
	if err != nil {
		return err
	}
	if err := weighPattern(rest); err != nil {
		return err
	}
	anchored, err := regexp.Compile("^(?:" + rest + ")$")
	if err != nil {
		return err
	}
	begins, _ := open.LiteralPrefix()
	b.patterns = append(b.patterns, pattern{Regexp: anchored, begins: begins})
	return nil
}

// addSeen reads "NAME | FIELD | TRUE VERSION | PUBLISHER"; the publisher may be left out, and is then the first vendor
// of the block.
func (b *block) addSeen(rest string, line int) error {
	texts := splitTexts(rest)
	if len(texts) != 3 && len(texts) != 4 {
		return fmt.Errorf("seen %q: want NAME | VERSION FIELD | VERSION [| PUBLISHER]", rest)
	}
	s := Seen{Entry: Entry{Kind: "windows", Name: texts[0], Version: texts[1]}, True: texts[2], line: line}
	if len(b.kinds) > 0 {
		s.Kind = b.kinds[0]
	}
	if len(texts) == 4 {
		s.Vendor = texts[3]
	} else if len(b.vendors) > 0 {
		s.Vendor = b.vendors[0]
	}
	b.seen = append(b.seen, s)
	return nil
}

// splitTexts splits at bars; "\|" is a bar of a text.
func splitTexts(rest string) []string {
	const bar = "\x00"
	texts := strings.Split(strings.ReplaceAll(rest, `\|`, bar), "|")
	for i, text := range texts {
		texts[i] = strings.TrimSpace(strings.ReplaceAll(text, bar, "|"))
	}
	return texts
}

func (b *block) addPair(rest string) error {
	fields := strings.Split(rest, ":")
	if len(fields) < 3 || len(fields) > 4 || fields[0] != "a" && fields[0] != "o" {
		return fmt.Errorf("cpe %q: want PART:VENDOR:PRODUCT[:SW_EDITION]", rest)
	}
	p := Pair{Subject: subject.CPE(fields[0], fields[1], fields[2])}
	if len(fields) == 4 {
		p.Edition = fields[3]
	}
	b.Pairs = append(b.Pairs, p)
	return nil
}
