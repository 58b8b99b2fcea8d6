package demo

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/store/organization"
)

// check verifies the snapshots, and compares every call with the manifest: a client must
// count as many rows as were published.
func (d *demonstration) check(ctx context.Context) error {
	verified, err := d.folder.Verifier.Verify(ctx, organization.Default)
	if err != nil {
		return err
	}
	if len(verified.Problems) > 0 {
		return fmt.Errorf("verifying: %d problems, the first: %s", len(verified.Problems), verified.Problems[0])
	}
	d.say("verified %d snapshots: %d files, %d deltas", verified.Snapshots, verified.Files, verified.Deltas)
	for _, call := range defender.Calls() {
		if err := d.checkCall(ctx, call); err != nil {
			return fmt.Errorf("calling %s: %w", call.Name, err)
		}
	}
	d.say("called the %d export calls at %s: all rows are there", len(defender.Calls()), d.url)
	return nil
}

// checkCall pulls a call like a client, and counts the rows.
func (d *demonstration) checkCall(ctx context.Context, call defender.Call) error {
	want, err := d.rows(call)
	if err != nil {
		return err
	}
	mayBeNone := call.Own && call.Dataset != defender.Vulnerabilities // of a few devices perhaps no setting changes
	if want == 0 && !mayBeNone {
		return errors.New("no rows to show")
	}
	var got int64
	if call.Files {
		got, err = d.countFiles(ctx, d.address(call, nil))
	} else {
		// Three pages, to follow nextLinks.
		got, err = d.countPages(ctx, d.address(call, url.Values{"pageSize": {strconv.FormatInt(want/3+1, 10)}}))
	}
	if err == nil && got != want {
		err = fmt.Errorf("%d rows, the manifest has %d", got, want)
	}
	return err
}

// rows returns how many rows a call must return, by the manifest.
func (d *demonstration) rows(call defender.Call) (int64, error) {
	m, err := d.folder.Publisher.Manifest(d.second)
	if err != nil {
		return 0, err
	}
	totals := m.Totals(nil)
	if call.Delta {
		return totals.Changes[call.Dataset.String()].Sum(), nil
	}
	return totals.Rows[call.Dataset.String()], nil
}

// address returns the address of a call. Changes are asked for since the first snapshot.
func (d *demonstration) address(call defender.Call, query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	if call.Delta {
		query.Set("sinceTime", d.first.Generated.UTC().Format(time.RFC3339))
	}
	address := d.url + "/api/machines/" + call.Name
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// countPages counts the rows of all pages.
func (d *demonstration) countPages(ctx context.Context, address string) (rows int64, err error) {
	err = eachPage(ctx, address, d.token, func(page []json.RawMessage) error {
		rows += int64(len(page))
		return nil
	})
	return rows, err
}

// eachPage calls yield with the rows of every page, beginning at an address.
func eachPage[R any](ctx context.Context, address, token string, yield func(rows []R) error) error {
	for address != "" {
		var page struct {
			Value    []R    `json:"value"`
			NextLink string `json:"@odata.nextLink"`
		}
		if err := get(ctx, address, token,
			func(body io.Reader) error { return json.NewDecoder(body).Decode(&page) }); err != nil {
			return err
		}
		if err := yield(page.Value); err != nil {
			return err
		}
		address = page.NextLink
	}
	return nil
}

// countFiles counts the rows of all files.
func (d *demonstration) countFiles(ctx context.Context, address string) (rows int64, err error) {
	var reply struct {
		ExportFiles []string `json:"exportFiles"`
	}
	if err := get(ctx, address, d.token,
		func(body io.Reader) error { return json.NewDecoder(body).Decode(&reply) }); err != nil {
		return 0, err
	}
	for _, link := range reply.ExportFiles {
		err := get(ctx, link, "", func(body io.Reader) error {
			n, err := countLines(body)
			rows += n
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// countLines counts the rows of one file, which must be exactly one gzip member: contract.md,
// section 5.
func countLines(packed io.Reader) (lines int64, err error) {
	buffered := bufio.NewReader(packed)
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return 0, err
	}
	unpacked.Multistream(false)
	text := bufio.NewScanner(unpacked)
	text.Buffer(nil, row.MaxRow)
	for text.Scan() {
		if !json.Valid(text.Bytes()) {
			return 0, fmt.Errorf("line %d is not JSON", lines+1)
		}
		lines++
	}
	if err := text.Err(); err != nil {
		return 0, err
	}
	if _, err := buffered.ReadByte(); err != io.EOF {
		return 0, errors.New("data after the first gzip member")
	}
	return lines, nil
}
