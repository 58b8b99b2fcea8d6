package xccdf

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/markup"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Decode makes the reports of a document: one for each device and benchmark, of the newest test result. given overrides
// what the document says of its device, and needs a document about one. hold, if not nil, is told the bytes that are
// kept, as they grow, and may end the reading.
//
// Reports have passed Report.Validate and still need Report.Normalize. They have configurations only, so they change
// nothing else of a device. Errors of the document wrap parse.ErrInvalid; those of r and hold are returned as they are.
func Decode(r io.Reader, given inventory.Given, hold func(bytes int64) error) ([]Outcome, error) {
	d := &document{reader: newReader(r, hold), assets: map[string]*machine{}, about: map[string]string{}}
	root, err := d.Root()
	if err != nil {
		return nil, err
	}
	if !isXCCDF(root.Name) && !strings.HasPrefix(root.Name.Space, inventory.NamespaceARF) {
		return nil, parse.Invalid("", "the element %q (namespace %q) is neither a Benchmark or TestResult of XCCDF 1.1 or 1.2, nor an "+
			"asset-report-collection of ARF; other formats have other types of content", parse.Clip(root.Name.Local, 64),
			parse.Clip(root.Name.Space, 128))
	}
	if err := d.element(root); err != nil {
		return nil, parse.Within(err, root.Name.Local)
	}
	if err := d.End(); err != nil {
		return nil, err
	}
	if len(d.runs) == 0 {
		return nil, parse.Invalid("", "has no TestResult: oscap xccdf eval --results FILE or --results-arf FILE writes what it found")
	}
	return d.outcomes(given)
}

// element reads an element of ARF or of a data stream in it, on the way to benchmarks, results and assets.
func (d *document) element(e xml.StartElement) error {
	if isXCCDF(e.Name) {
		switch e.Name.Local {
		case "Benchmark":
			return d.benchmark(e)
		case "TestResult":
			return d.run(e, "")
		}
		return d.Skip()
	}
	switch e.Name.Local {
	case "asset-report-collection", "relationships", "report-requests", "report-request", "content", "assets", "reports",
		"data-stream-collection", "component":
		return d.Children(d.element)
	case "report":
		d.report = markup.Attribute(e, "id")
		err := d.Children(d.element)
		d.report = ""
		return err
	case "relationship":
		return d.relationship(e)
	case "asset":
		return d.asset(e)
	}
	return d.Skip()
}

// relationship reads what a report of ARF is about.
func (d *document) relationship(e xml.StartElement) error {
	if !strings.HasSuffix(markup.Attribute(e, "type"), "isAbout") {
		return d.Skip()
	}
	subject := markup.Attribute(e, "subject")
	return d.Children(func(e xml.StartElement) error {
		text, err := d.text(inventory.MaxName)
		if err == nil {
			d.about[subject] = text
			err = d.keep(len(subject) + len(text) + 100)
		}
		return err
	})
}
