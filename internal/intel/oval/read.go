package oval

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/muster-project/muster/internal/intel"
)

// The limits of a file. SUSE's largest has some 20,000 definitions with two million criteria.
const (
	maxFile     = 4 << 30
	maxElement  = 64 << 20
	maxCriteria = 8_000_000
	maxParts    = 8_000_000
	maxDepth    = 100
)

// document is a file, as far as it is kept.
type document struct {
	definitions []definition
	tests       map[string]test
	objects     map[string]string // names of packages
	states      map[string]state
	criteria    int
}

// definition is one flaw, or one advisory.
type definition struct {
	ID       string `xml:"id,attr"`
	Class    string `xml:"class,attr"`
	Metadata struct {
		Title      string      `xml:"title"`
		Platforms  []string    `xml:"affected>platform"`
		References []reference `xml:"reference"`
		Patchable  string      `xml:"patchable"`
		Severity   string      `xml:"severity"`
		Date       string      `xml:"advisory_date"`
		Advisory   struct {
			Severity string `xml:"severity"`
			Issued   struct {
				Date string `xml:"date,attr"`
			} `xml:"issued"`
		} `xml:"advisory"`
	} `xml:"metadata"`
	Criteria criteria `xml:"criteria"`
}

type reference struct {
	Source string `xml:"source,attr"`
	ID     string `xml:"ref_id,attr"`
	URL    string `xml:"ref_url,attr"`
}

// criteria is a node of the tree.
type criteria struct {
	Operator string      `xml:"operator,attr"`
	Negate   string      `xml:"negate,attr"`
	Criteria []criteria  `xml:"criteria"`
	Tests    []criterion `xml:"criterion"`
	Extends  []struct{}  `xml:"extend_definition"`
}

type criterion struct {
	Test    string `xml:"test_ref,attr"`
	Comment string `xml:"comment,attr"`
	Negate  string `xml:"negate,attr"`
}

// test says which object has to be in which state.
type test struct {
	ID     string `xml:"id,attr"`
	Object struct {
		Ref string `xml:"object_ref,attr"`
	} `xml:"object"`
	State struct {
		Ref string `xml:"state_ref,attr"`
	} `xml:"state"`
}

type object struct {
	ID   string `xml:"id,attr"`
	Name string `xml:"name"`
}

// state is what is asked of an object. Of what is asked beside a version only the architecture is known.
type state struct {
	ID  string `xml:"id,attr"`
	EVR struct {
		Operation string `xml:"operation,attr"`
		Text      string `xml:",chardata"`
	} `xml:"evr"`
}

var (
	errDeep   = fmt.Errorf("criteria are nested more than %d deep: %w", maxDepth, intel.ErrTooLarge)
	errMany   = fmt.Errorf("more than %d criteria, or %d tests, objects and states: %w", maxCriteria, maxParts, intel.ErrTooLarge)
	errNoOVAL = errors.New("the text is no list of OVAL definitions")
)

// read reads a file to its end.
func read(r io.Reader) (*document, error) {
	doc := &document{tests: map[string]test{}, objects: map[string]string{}, states: map[string]state{}}
	limited := &element{r: r}
	d := xml.NewDecoder(limited)
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the text is %.40q, want UTF-8", charset)
	}
	isOVAL := false
	for {
		limited.spare = maxElement
		token, err := d.Token()
		if err == io.EOF && isOVAL {
			return doc, nil
		}
		if err == io.EOF {
			return nil, errNoOVAL
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok {
			if !isOVAL && start.Name.Local != "oval_definitions" {
				return nil, errNoOVAL
			}
			isOVAL = true
			if err := doc.take(d, &start); err != nil {
				return nil, err
			}
		}
	}
}

// take reads an element of one of the lists.
func (doc *document) take(d *xml.Decoder, start *xml.StartElement) error {
	switch start.Name.Local {
	case "definition":
		var one definition
		if err := d.DecodeElement(&one, start); err != nil {
			return err
		}
		doc.definitions = append(doc.definitions, one)
		return doc.count(&one.Criteria, 0)
	case "rpminfo_test":
		var one test
		if err := d.DecodeElement(&one, start); err != nil {
			return err
		}
		doc.tests[one.ID] = one
	case "rpminfo_object":
		var one object
		if err := d.DecodeElement(&one, start); err != nil {
			return err
		}
		doc.objects[one.ID] = one.Name
	case "rpminfo_state":
		var one state
		if err := d.DecodeElement(&one, start); err != nil {
			return err
		}
		doc.states[one.ID] = one
	}
	if len(doc.tests)+len(doc.objects)+len(doc.states) > maxParts {
		return errMany
	}
	return nil
}

// count counts criteria against the limits.
func (doc *document) count(c *criteria, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	if doc.criteria += len(c.Criteria) + len(c.Tests); doc.criteria > maxCriteria {
		return errMany
	}
	for i := range c.Criteria {
		if err := doc.count(&c.Criteria[i], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// element bounds what is read for one element of a list.
type element struct {
	r     io.Reader
	spare int
}

// Read reads a piece.
func (e *element) Read(p []byte) (int, error) {
	if e.spare <= 0 {
		return 0, fmt.Errorf("an element has more than %d bytes: %w", maxElement, intel.ErrTooLarge)
	}
	n, err := e.r.Read(p[:min(len(p), e.spare)])
	e.spare -= n
	return n, err
}
