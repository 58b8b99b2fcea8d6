//go:build !windows

package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// TestMacSettings: a copied Mac is known by its files, and its report has settings, where they were set and what could
// not be read, but nothing that only a tool tells. On the machine itself tools are run.
func TestMacSettings(t *testing.T) {
	const list = `<plist version="1.0"><dict>%s</dict></plist>`
	folder := collecttest.LayMachine(t, map[string]string{
		macVersionFile: fmt.Sprintf(list, "<key>ProductVersion</key><string>15.1</string>"),
		macNamesFile: fmt.Sprintf(list, "<key>System</key><dict><key>Network</key><dict><key>HostNames</key><dict>"+
			"<key>LocalHostName</key><string>anns-mac</string></dict></dict></dict>"),
		"Library/Preferences/com.apple.loginwindow.plist":      fmt.Sprintf(list, "<key>GuestEnabled</key><false/>"),
		"Library/Managed Preferences/com.apple.SubmitDiagInfo": "",
		"Library/Preferences/com.apple.commerce.plist":         "text",
		"private/etc/sudoers":                                  "Defaults timestamp_timeout=0\n",
		"etc":                                                  "-> private/etc",
	})
	report, warnings, err := Collect(t.Context(), Config{Root: folder, Mac: MacDisks()})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Collect(t.Context(), Config{Root: folder}); runtime.GOOS == "linux" && !errors.Is(err, errMac) {
		t.Errorf("without the reader: %v", err)
	}
	want := inventory.Device{Name: "anns-mac", OSPlatform: "macOS", OSVersion: "15.1"}
	if diff := cmp.Diff(want, report.Device); diff != "" || report.Software != nil || len(warnings) == 0 {
		t.Errorf("%v, %d entries of software (-want +got):\n%s", warnings, len(report.Software), diff)
	}
	login := "/Library/Preferences/com.apple.loginwindow.plist: GuestEnabled"
	if report.Facts["login_macos"]["GuestEnabled"] != "0" || report.Origins["login_macos"]["GuestEnabled"] != login ||
		report.Facts["sudo"]["timestamp_timeout"] != "0" || report.Unread["update_macos"]["AutomaticallyInstallAppUpdates"] == "" {
		t.Errorf("facts %v, origins %v, unread %v", report.Facts, report.Origins, report.Unread)
	}
	if _, asked := report.Facts["protection_running"]; asked || report.Unread["protection_running"] != nil {
		t.Error("a copy tells what runs")
	}
	if err := report.Validate(); err != nil {
		t.Error(err)
	}

	root, err := disk.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	live := macSettings{root: root, run: func(_ context.Context, program string, arguments ...string) (string, error) {
		if program == "/usr/bin/fdesetup" {
			return "FileVault is On.\n", nil
		}
		return "", os.ErrNotExist
	}}
	report = &inventory.Report{Device: want}
	warnings = live.add(t.Context(), Config{Time: time.Minute}, report)
	if report.Facts["protection_running"]["FileVault"] != "on" || report.Unread["protection_running"]["AuthenticatedRoot"] == "" ||
		len(warnings) == 0 {
		t.Errorf("facts %v, unread %v, warnings %v", report.Facts, report.Unread, warnings)
	}
}
