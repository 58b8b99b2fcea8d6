package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// macRecord is the output of macOS's own tools.
type macRecord struct {
	Applications []byte // system_profiler SPApplicationsDataType -json
	Version      string // sw_vers -productVersion
	Platform     []byte // ioreg -rd1 -c IOPlatformExpertDevice
	HostName     string
	Architecture string
	Files        *disk.Tree // the machine's files; nil: none are read
}

// report makes a Mac's report. If the applications cannot be read, their error is returned with a
// report that lacks them.
func (r macRecord) report(config Config) (report *inventory.Report, applications, err error) {
	name := config.Name
	if name == "" {
		name = r.HostName
	}
	if name == "" {
		return nil, nil, ErrNoName
	}
	report = newReport(config)
	report.Device = inventory.Device{
		Name:           name,
		OSPlatform:     inventory.MacOS,
		OSVersion:      strings.TrimSpace(r.Version),
		OSArchitecture: spellArchitecture(r.Architecture),
	}
	if id := platformUUID(r.Platform); id != "" { // without it the id would be another device's
		report.Device.ID = inventory.DeriveID(id, name)
	}
	report.Software, applications = r.software()
	return report, applications, nil
}

// software lists applications, and what the machine's files tell of them and beside them.
func (r macRecord) software() ([]inventory.Software, error) {
	all, err := macSoftware(r.Applications)
	if err != nil || r.Files == nil {
		return all, err
	}
	macos.AddBundles(r.Files, all)
	list := &packages.List{}
	receipts, err := macos.Receipts(r.Files, all)
	if err != nil {
		return nil, err
	}
	brewed, err := macos.Homebrew(r.Files)
	if err != nil {
		return nil, err
	}
	for _, s := range slices.Concat(all, receipts, brewed) {
		if err := list.Add(s); err != nil {
			return nil, err
		}
	}
	if list.Entries == nil {
		return []inventory.Software{}, nil
	}
	return list.Entries, nil
}

// signaturesFamily has who signed applications.
const signaturesFamily = "signatures"

// macSignatures reads who signed applications, within the limits of a family of facts.
func macSignatures(ctx context.Context, files *disk.Tree, applications []inventory.Software) (inventory.Facts, error) {
	values, err := macos.Signatures(ctx, files, applications)
	if err == nil {
		err = facts.Values(values).Check()
	}
	if err != nil {
		return nil, err
	}
	return inventory.Facts{signaturesFamily: values}, nil
}

// macApplication is one entry of system_profiler's list.
type macApplication struct {
	Name         string   `json:"_name"`
	Version      string   `json:"version"`
	Path         string   `json:"path"`
	ObtainedFrom string   `json:"obtained_from"`
	SignedBy     []string `json:"signed_by"`
}

// macSoftware reads system_profiler's list of applications entry by entry. An application's maker
// chooses its name.
func macSoftware(data []byte) ([]inventory.Software, error) {
	all := &packages.List{Entries: []inventory.Software{}}
	in := json.NewDecoder(bytes.NewReader(data))
	if err := openApplications(in); err != nil {
		return nil, fmt.Errorf("decoding the list of applications: %w", err)
	}
	for in.More() {
		var a macApplication
		if err := in.Decode(&a); err != nil {
			return nil, fmt.Errorf("decoding the list of applications: %w", err)
		}
		if a.Name == "" {
			continue
		}
		if err := all.Add(a.software()); err != nil {
			return nil, err
		}
	}
	if _, err := in.Token(); err != nil { // the list's end
		return nil, fmt.Errorf("decoding the list of applications: %w", err)
	}
	return all.Entries, nil
}

// openApplications reads up to the first entry, after {"SPApplicationsDataType": [.
func openApplications(in *json.Decoder) error {
	const key = "SPApplicationsDataType"
	for _, want := range []json.Token{json.Delim('{'), key, json.Delim('[')} {
		got, err := in.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("want list %q, found %.40q", key, fmt.Sprint(got))
		}
	}
	return nil
}

// software returns the application as an entry of a report.
func (a macApplication) software() inventory.Software {
	s := inventory.Software{Kind: macos.Kind, Vendor: a.vendor(), Name: a.Name, Version: a.Version}
	if a.Path != "" {
		s.DiskPaths = []string{a.Path}
	}
	return s
}

// vendor returns the signer of the application, without the team's id. For an application of the
// App Store Apple is the signer, so the vendor is unknown.
func (a macApplication) vendor() string {
	if a.ObtainedFrom == "apple" {
		return "Apple"
	}
	if len(a.SignedBy) == 0 {
		return ""
	}
	name, ok := strings.CutPrefix(a.SignedBy[0], "Developer ID Application: ")
	if !ok {
		return ""
	}
	if open := strings.LastIndex(name, " ("); open > 0 && strings.HasSuffix(name, ")") {
		name = name[:open]
	}
	return name
}

// platformUUID finds the machine's id in ioreg's output; "" if there is none.
func platformUUID(listing []byte) string {
	for line := range strings.Lines(string(listing)) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.Trim(name, ` "|`) == "IOPlatformUUID" {
			return strings.Trim(value, "\" \r\n")
		}
	}
	return ""
}
