package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/organization"
)

// program is muster on a data folder of its own, through its API in this process.
type program struct {
	testing.TB
	*control.Session
}

// newProgram makes a data folder, and serves it until the test ends.
func newProgram(t testing.TB) program {
	t.Helper()
	folder, err := node.Open(t.Context(), node.Config{Path: filepath.Join(t.TempDir(), "data"), Command: "quality",
		Make: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	session, end, err := folder.Here(context.Background(), organization.Default)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return program{t, session}
}

// importFeed imports a file, or the files of a folder, and waits for the catalog. It returns the
// reply as JSON.
func (p program) importFeed(kind, path, name string) (said string, err error) {
	names := []string{path}
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if info.IsDir() {
		if names, err = filepath.Glob(filepath.Join(path, "*")); err != nil {
			return "", err
		}
	}
	files := control.Files{Names: names, Sent: func(int64) {},
		Open: func(name string) (io.ReadCloser, error) { return os.Open(name) }}
	imported := control.FeedImport{Kind: kind, Name: name, Files: files}
	reply, err := control.Do(p.Context(), p.Session, control.ImportFeed(imported))
	if err != nil {
		return "", err
	}
	build := reply.Value.Build
	for build != nil && build.EndedTime == nil {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-p.Context().Done():
			return "", p.Context().Err()
		}
		now, err := control.Do(p.Context(), p.Session, control.ShowBuild(build.Number))
		if err != nil {
			return "", err
		}
		build = &now.Value
	}
	if build != nil && build.Failure != "" {
		return "", fmt.Errorf("build %d failed: %s", build.Number, build.Failure)
	}
	return string(reply.JSON), nil
}

// collect collects a folder as a machine and reports it. It returns the report as JSON values, and
// the warnings.
func (p program) collect(root string, args arguments) (report any, warnings string, err error) {
	made, warned, err := collect.Collect(p.Context(), collect.Config{Root: root, Name: args["--name"], OS: args["--os"],
		Now: time.Now().UTC()})
	if err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(made)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil {
		return nil, "", err
	}
	return report, fmt.Sprint(warned), p.report(text, arguments{})
}

// report sends a report or an SBOM.
func (p program) report(text []byte, args arguments) error {
	device := inventory.Device{Name: args["--name"], ID: args["--id"], OSPlatform: args["--os-platform"],
		OSVersion: args["--os-version"], OSArchitecture: args["--os-architecture"]}
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(text))), nil }
	_, err := control.Input{Open: open, Device: device}.Send(p.Context(), p.Session, func(int) {})
	return err
}

// arguments are flags with their values.
type arguments map[string]string

func argumentsOf(words []string) arguments {
	args := arguments{}
	for pair := range slices.Chunk(words, 2) {
		args[pair[0]] = pair[len(pair)-1]
	}
	return args
}

// row is a row of an export call.
type row map[string]any

// exportCalls are the calls that suites look at, by the names in expectations of cases.
func exportCalls() map[string]string {
	return map[string]string{"findings": "SoftwareVulnerabilitiesByMachine", "software": "SoftwareInventoryByMachine",
		"configurations": "SecureConfigurationsAssessmentByMachine",
		"unknown":        "SoftwareInventoryNoProductCodeByMachine"}
}

// publish publishes a snapshot and returns all rows of the calls.
func (p program) publish() map[string][]row {
	p.Helper()
	if _, err := control.Do(p.Context(), p.Session, control.Publish(control.Wish{})); err != nil {
		p.Fatal(err)
	}
	rows := map[string][]row{}
	for name, call := range exportCalls() {
		rows[name] = p.pages("/api/machines/" + call)
	}
	return rows
}

// pages reads all pages of a call.
func (p program) pages(path string) (rows []row) {
	p.Helper()
	for query := (url.Values{}); ; {
		var page struct {
			Value []row
			Next  string `json:"@odata.nextLink"`
		}
		if err := p.Do(p.Context(), control.Call{Method: http.MethodGet, Path: path, Query: query}, &page); err != nil {
			p.Fatal(err)
		}
		rows = append(rows, page.Value...)
		if page.Next == "" {
			return rows
		}
		next, err := url.Parse(page.Next)
		if err != nil {
			p.Fatal(err)
		}
		query = next.Query()
	}
}
