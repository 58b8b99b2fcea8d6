package plist

import (
	"strconv"
	"strings"
)

// unescape replaces the entities that XML itself has.
var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// frame is a dictionary or list that has not ended.
type frame struct {
	path   string
	isList bool
	next   int    // place of a list's next member
	key    string // of a dictionary's next member, if keyed
	keyed  bool
}

// member returns the path of the next member; false: a dictionary has no key for it.
func (f *frame) member() (string, bool) {
	if f.isList {
		f.next++
		return join(f.path, strconv.Itoa(f.next-1)), true
	}
	keyed := f.keyed
	f.keyed = false
	return join(f.path, f.key), keyed
}

// kinds are the elements of values without members.
var kinds = map[string]Kind{"string": Text, "integer": Number, "real": Number, "true": Truth, "false": Truth, "date": Date, "data": Data}

// parseXML reads the tags of a property list in XML one after the other. It knows what Apple's own documents have:
// elements without attributes that matter, entities, comments.
func (w *writer) parseXML(data []byte) error {
	text := string(data)
	var open []frame
	for {
		tag, content, rest, ok := nextTag(text)
		if !ok {
			return errPlist
		}
		text = rest
		element, isEmpty := strings.CutSuffix(tag, "/")
		element = strings.TrimSpace(element)
		switch {
		case element == "dict" || element == "array":
			next := frame{isList: element == "array"}
			if len(open) == 0 && next.isList || len(open) >= maxDepth {
				return errPlist
			}
			if len(open) > 0 {
				next.path, _ = open[len(open)-1].member()
			}
			if !isEmpty {
				open = append(open, next)
			} else if len(open) == 0 {
				return nil
			}
		case len(open) == 0:
		case tag == "/dict" || tag == "/array":
			if open = open[:len(open)-1]; len(open) == 0 {
				return nil
			}
		case tag == "key":
			open[len(open)-1].key, open[len(open)-1].keyed = unescape.Replace(content), true
		case kinds[element] != 0:
			path, ok := open[len(open)-1].member()
			if v := valueOf(element, content); ok && !w.add(path, Value{v.Kind, v.Text, len(open)}) {
				return errPlist
			}
		}
	}
}

// valueOf returns the value of an element.
func valueOf(element, content string) Value {
	v := Value{Kind: kinds[element]}
	switch {
	case element == "true":
		v.Text = "1"
	case element == "false":
		v.Text = "0"
	case v.Kind == Text:
		v.Text = unescape.Replace(content)
	case v.Kind != Data:
		v.Text = strings.TrimSpace(content)
	}
	return v
}

// nextTag returns the next tag with the text up to the following one. Comments, instructions and declarations are
// skipped.
func nextTag(text string) (tag, content, rest string, ok bool) {
	for {
		_, text, ok = strings.Cut(text, "<")
		if !ok || text == "" {
			return "", "", "", false
		}
		if comment, isComment := strings.CutPrefix(text, "!--"); isComment {
			if _, text, ok = strings.Cut(comment, "-->"); !ok {
				return "", "", "", false
			}
			continue
		}
		tag, text, ok = strings.Cut(text, ">")
		if !ok {
			return "", "", "", false
		}
		if tag = strings.TrimSpace(tag); tag != "" && tag[0] != '?' && tag[0] != '!' {
			break
		}
	}
	if end := strings.IndexByte(text, '<'); end >= 0 {
		return tag, text[:end], text[end:], true
	}
	return tag, text, "", true
}
