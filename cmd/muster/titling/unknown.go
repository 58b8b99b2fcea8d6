package titling

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/plain"
)

// unknownCmd is `muster title unknown`.
type unknownCmd struct {
	Top int `default:"20" help:"List at most so many titles."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (unknownCmd) Help() string {
	return `Lists software of Windows and macOS in the newest snapshot that nothing identifies, that on most devices first, with products that it may be. Candidates are from the names of the records in the feeds, without a network: they have words in common with the title, nothing more. muster title confirm says which one it is.

Examples:

    muster title unknown --data muster-data
    muster title unknown --top 100 --json --server http://127.0.0.1:8800

Exit statuses: 0 listed, 1 failed, 2 wrong usage, 3 data folder in use, 5 no snapshot, or not allowed, 6 server not reached.`
}

// Validate is for kong.
func (c *unknownCmd) Validate() error {
	const most = 1000
	if c.Top < 1 || c.Top > most {
		return console.Usage("--top must be 1 to %d", most)
	}
	return nil
}

// unknown is a title that nothing identifies.
type unknown struct {
	Vendor     string                   `json:"vendor"`
	Name       string                   `json:"name"`
	Platform   string                   `json:"platform"`
	Devices    int                      `json:"devices"`
	Example    string                   `json:"exampleDevice"`
	Candidates []control.TitleCandidate `json:"candidates"`

	last string // the device that was counted last
	row  seen
}

// seen is what a row says.
type seen struct {
	DeviceID        string `json:"DeviceId"`
	DeviceName      string `json:"DeviceName"`
	OSPlatform      string `json:"OSPlatform"`
	SoftwareVendor  string `json:"SoftwareVendor"`
	SoftwareName    string `json:"SoftwareName"`
	SoftwareVersion string `json:"SoftwareVersion"`
}

// kind returns the kind of software that a row is of; "" if it is of neither, or the operating system itself.
func (r *seen) kind() string {
	system := strings.HasPrefix(r.SoftwareName, "windows_1") || strings.HasPrefix(r.SoftwareName, "windows_server_2")
	switch {
	case strings.HasPrefix(r.OSPlatform, "Windows") && !(r.SoftwareVendor == "microsoft" && system):
		return "windows"
	case strings.HasPrefix(r.OSPlatform, "macOS") && r.SoftwareName != "mac_os" && r.SoftwareName != "macos":
		return "macos"
	}
	return ""
}

// Run lists unknown titles.
func (c *unknownCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		shown := t.Begin("reading software")
		all, err := titlesOf(ctx, s)
		if err == nil {
			shown.Say("looking for candidates")
			all, err = c.identify(ctx, s, t, all)
		}
		shown.End()
		if err != nil {
			return err
		}
		if c.JSON {
			return t.JSON(map[string]any{"titles": all})
		}
		var rows [][]string
		for _, u := range all {
			var may []string
			for _, n := range u.Candidates {
				may = append(may, plain.Inline(n.Product))
			}
			rows = append(rows, []string{strconv.Itoa(u.Devices), plain.Inline(u.Vendor), plain.Inline(u.Name), u.Platform,
				plain.Inline(u.Example), strings.Join(may, ", ")})
		}
		return t.Table([]string{"devices", "vendor", "name", "platform", "for example", "may be"}, rows)
	})
}

// titlesOf counts the devices of each title of the newest snapshot that has no product code, most first.
func titlesOf(ctx context.Context, s *connect.State) ([]*unknown, error) {
	at := slices.IndexFunc(defender.Calls(), func(c defender.Call) bool {
		return c.Dataset == defender.NoProductCode && !c.Files
	})
	titles := map[[3]string]*unknown{}
	err := control.EachRow(ctx, s.Session, defender.Calls()[at], time.Time{}, func(text json.RawMessage) error {
		var r seen
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
		kind := r.kind()
		if kind == "" {
			return nil
		}
		t := confirm.Shown(r.SoftwareVendor, r.SoftwareName, r.SoftwareVersion)
		key := [...]string{kind, t.Vendor, t.Name}
		u := titles[key]
		if u == nil {
			u = &unknown{Vendor: t.Vendor, Name: t.Name, Platform: kind, Example: r.DeviceName, row: r,
				Candidates: []control.TitleCandidate{}}
			titles[key] = u
		}
		if u.last != r.DeviceID { // rows come by device
			u.Devices, u.last = u.Devices+1, r.DeviceID
		}
		return nil
	})
	if err != nil {
		return nil, s.Explain(err)
	}
	list := []*unknown{}
	for _, u := range titles {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b *unknown) int {
		return cmp.Or(-cmp.Compare(a.Devices, b.Devices), strings.Compare(a.Vendor, b.Vendor),
			strings.Compare(a.Name, b.Name), strings.Compare(a.Platform, b.Platform))
	})
	return list, nil
}

// identify adds candidates to the first titles, and leaves out what is known to be of no product.
func (c *unknownCmd) identify(ctx context.Context, s *connect.State, t *console.Terminal,
	all []*unknown) ([]*unknown, error) {
	list := []*unknown{}
	for i, u := range all {
		if len(list) == c.Top {
			break
		}
		r := u.row
		reply, err := control.Do(ctx, s.Session,
			control.FindCandidates(u.Platform, r.SoftwareVendor, r.SoftwareName, r.SoftwareVersion))
		if failed := (*control.Error)(nil); errors.As(err, &failed) && failed.Status == http.StatusForbidden {
			t.Warn("candidates are for those who manage the organization")
			return append(list, all[i:min(len(all), i+c.Top-len(list))]...), nil
		}
		if err != nil {
			return nil, s.Explain(err)
		}
		if u.Candidates = reply.Value.Candidates; reply.Value.Unknown {
			list = append(list, u)
		}
	}
	return list, nil
}
