package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/sbom"
)

// reportCmd is `muster report`.
type reportCmd struct {
	Files []string `arg:"" name:"file" help:"Reports to send: JSON, NDJSON, CycloneDX or SPDX, also compressed by gzip; - is standard input."`

	Name         string `placeholder:"NAME" help:"Name of the device, for an SBOM that does not say it."`
	ID           string `name:"id" placeholder:"HEX" help:"Id of the device, 40 hex digits, for an SBOM."`
	Platform     string `name:"os-platform" placeholder:"NAME" help:"Platform of the device, for an SBOM, such as Linux or Windows11."`
	Version      string `name:"os-version" placeholder:"VERSION" help:"Version of its system, for an SBOM, such as enterprise_linux_9.4."`
	Architecture string `name:"os-architecture" placeholder:"NAME" help:"Architecture of the device, for an SBOM, such as x86_64; of an SPDX document for several, the packages to take."`

	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (reportCmd) Help() string {
	return `Sends each file as one request, of which nothing is stored unless all of it can be, and prints the ids under which reports were stored. A file of more than 10,000 reports in lines, or more than 256 MiB, is sent in several requests, each of which is taken or refused by itself. What a file is, is told from its content. A report that was acknowledged is kept, and in the next snapshot; sending it again does no harm.

Examples:

    muster report web1.json web2.json.gz --server http://127.0.0.1:8800
    muster collect | muster report - --data muster-data
    muster report ubi9.spdx.json --name ubi9 --os-platform Linux --os-version enterprise_linux_9.4 --os-architecture x86_64 --data muster-data

Exit statuses: 0 all were taken, 1 failed, 2 wrong usage, 3 data folder in use, 5 some were refused, 6 server not reached or busy.`
}

// sent is what became of one report.
type sent struct {
	File     string `json:"file"`
	ID       string `json:"id"`
	DeviceID string `json:"deviceId"`
	// NotCounted is what it said of its device and its sender may not decide.
	NotCounted []string `json:"notCounted,omitempty"`
}

// Run sends the files. One that is refused does not keep the others back.
func (c *reportCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{make: true})
	if err != nil {
		return err
	}
	defer s.end(&err)
	shown := t.begin("sending reports")
	var all []sent
	var failed []error
	for _, name := range c.Files {
		shown.say("sending %s", name)
		done, err := c.send(ctx, s, t, name, func(taken int) { shown.say("sending %s: %d reports are taken", name, taken) })
		for i := range done {
			done[i].File = name
		}
		all = append(all, done...)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
		}
		if statusOf(err) != statusDone && statusOf(err) != statusInput {
			break // the next one would fail alike
		}
	}
	shown.end()
	for _, one := range all {
		if len(one.NotCounted) > 0 {
			t.warn("%s: of device %s did not count: %s: not this sender's to decide", one.File, one.DeviceID, strings.Join(one.NotCounted, ", "))
		}
	}
	return errors.Join(append(failed, c.print(t, all))...)
}

func (c *reportCmd) print(t *terminal, all []sent) error {
	if c.JSON {
		return t.json(struct {
			Accepted int    `json:"accepted"`
			Reports  []sent `json:"reports"`
		}{len(all), append([]sent{}, all...)})
	}
	if len(all) == 0 {
		return nil
	}
	var rows [][]string
	for _, one := range all {
		rows = append(rows, []string{one.ID, one.DeviceID, one.File})
	}
	return t.table([]string{"report", "device", "file"}, rows)
}

// send sends one file, and returns the reports of it that were taken. said is told
// how many, of a file that is sent in several bodies.
func (c *reportCmd) send(ctx context.Context, s *state, t *terminal, name string, said func(taken int)) ([]sent, error) {
	open, err := opener(t, name)
	if err != nil {
		return nil, err
	}
	format, gzipped, err := sniff(open)
	if err != nil {
		return nil, err
	}
	if format == inventory.FormatNDJSON {
		fits, err := fitOneBody(open, gzipped)
		if err != nil {
			return nil, err
		}
		if !fits {
			return c.sendLines(ctx, s, open, gzipped, said)
		}
	}
	return c.post(ctx, s, call{body: open, contentType: format.MediaType(), gzipped: gzipped})
}

// post sends one body.
func (c *reportCmd) post(ctx context.Context, s *state, body call) ([]sent, error) {
	var reply struct{ Reports []sent }
	body.method, body.path, body.query = http.MethodPost, "/v1/reports", c.identity()
	err := s.do(ctx, body, &reply)
	if err != nil && strings.Contains(err.Error(), sbom.ErrNoDevice.Error()) {
		err = hinted(err, "--name says which device a document is of")
	}
	return reply.Reports, err
}

// identity are the parameters that say which device a document is of.
func (c *reportCmd) identity() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"deviceName": c.Name, "deviceId": c.ID,
		"osPlatform": c.Platform, "osVersion": c.Version, "osArchitecture": c.Architecture} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// maxInput bounds what is read from standard input, in bytes: a body that the
// API takes.
const maxInput = 256 << 20

// opener returns what opens a file, as often as needed. Standard input is read
// at once for that.
func opener(t *terminal, name string) (func() (io.ReadCloser, error), error) {
	if name != "-" {
		return func() (io.ReadCloser, error) { return os.Open(name) }, nil
	}
	text, err := io.ReadAll(io.LimitReader(t.in, maxInput+1))
	if err == nil && len(text) > maxInput {
		err = fmt.Errorf("%w: more than %d bytes", errInput, maxInput)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, err
}

// sniff tells from its first bytes what a file is.
func sniff(open func() (io.ReadCloser, error)) (format inventory.Format, gzipped bool, err error) {
	const prefix = 64 << 10
	file, err := open()
	if err != nil {
		return format, false, err
	}
	defer file.Close()
	buffered := bufio.NewReaderSize(file, prefix)
	start, _ := buffered.Peek(2) // what is too short is told below
	var text io.Reader = buffered
	if gzipped = bytes.Equal(start, []byte{0x1f, 0x8b}); gzipped {
		if text, err = gzip.NewReader(buffered); err != nil {
			return format, gzipped, fmt.Errorf("%w: %w", errInput, err)
		}
	}
	head, err := io.ReadAll(io.LimitReader(text, prefix))
	if err != nil && len(head) == 0 {
		return format, gzipped, fmt.Errorf("%w: %w", errInput, err)
	}
	if format = inventory.Detect(head); format == inventory.FormatUnknown {
		return format, gzipped, fmt.Errorf("%w: this is no report, CycloneDX or SPDX document", errInput)
	}
	return format, gzipped, nil
}
