package vdr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Head is what a report says of itself.
type Head struct {
	// Version is the program's; Time is that of what is reported.
	Version string
	Time    time.Time
	// Component is what the report is about, if that is one device; else nil.
	Component *Component
	// Properties say of what the report is, and how far it was looked.
	Properties []Property
}

// metadata is the form of Head.
type metadata struct {
	Timestamp  string     `json:"timestamp"`
	Tools      tools      `json:"tools"`
	Component  *Component `json:"component,omitempty"`
	Properties []Property `json:"properties,omitempty"`
}

type tools struct {
	Components []Component `json:"components"`
}

// The lists of a report, in their order.
var lists = [...]string{"components", "vulnerabilities", "dependencies"}

const (
	components = iota
	vulnerabilities
	dependencies
)

// Writer writes a report: components, then vulnerabilities, then dependencies. It remembers nothing of what it
// wrote. After an error it writes no more, and returns it again.
type Writer struct {
	out   io.Writer
	list  int // the current list, -1 before the first
	first bool
	err   error
}

// errOrder is a fault of the caller.
var errOrder = errors.New("components, vulnerabilities and dependencies of a report are written in this order")

// NewWriter begins a report.
func NewWriter(out io.Writer, h Head) *Writer {
	w := &Writer{out: out, list: -1}
	m := metadata{Timestamp: h.Time.UTC().Format(time.RFC3339), Component: h.Component, Properties: h.Properties,
		Tools: tools{[]Component{{Type: "application", Ref: "muster", Name: "muster", Version: h.Version}}}}
	text, err := json.Marshal(m)
	w.err = err
	w.print("{\n\"bomFormat\": \"CycloneDX\",\n\"specVersion\": %q,\n\"version\": 1,\n\"metadata\": %s", specVersion, text)
	return w
}

func (w *Writer) print(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format, args...)
	}
}

// open goes on to a list. The lists between are empty.
func (w *Writer) open(list int) {
	if list < w.list && w.err == nil {
		w.err = errOrder
	}
	for w.list < list && w.err == nil {
		if w.list >= 0 {
			w.print("\n]")
		}
		w.list++
		w.first = true
		w.print(",\n%q: [", lists[w.list])
	}
}

// add adds a value to a list.
func (w *Writer) add(list int, value any) error {
	w.open(list)
	if w.err != nil {
		return w.err
	}
	text, err := json.Marshal(value)
	if err != nil {
		w.err = err
		return err
	}
	separator := ",\n"
	if w.first {
		separator, w.first = "\n", false
	}
	w.print("%s%s", separator, text)
	return w.err
}

// Component adds a component.
func (w *Writer) Component(c *Component) error { return w.add(components, c) }

// Vulnerability adds a vulnerability.
func (w *Writer) Vulnerability(v *Vulnerability) error { return w.add(vulnerabilities, v) }

// Depend adds what a component has, by references.
func (w *Writer) Depend(ref string, on []string) error {
	return w.add(dependencies, dependency{ref, on})
}

// End ends the report, which is whole only then.
func (w *Writer) End() error {
	w.open(max(w.list, vulnerabilities))
	w.print("\n]\n}\n")
	return w.err
}
