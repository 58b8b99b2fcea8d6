package collect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

// TestExchangeBuild: a security update changes ExSetup.exe and nothing in the registry. The builds are published
// (MicrosoftDocs/OfficeDocs-Exchange#3170): cumulative update 12 of Exchange 2019, and its update of May 2022.
func TestExchangeBuild(t *testing.T) {
	setup, err := os.ReadFile("library/testdata/ExSetup.exe")
	if err != nil {
		t.Fatal(err)
	}
	place := collecttest.LayMachine(t, map[string]string{"ExSetup.exe": string(setup)})
	denied := errors.New("access is denied")
	for _, test := range []struct {
		folder, want, fact string
		err                error
	}{
		{`C:\Program Files\Microsoft\Exchange Server\V15\`, "15.2.1118.9", "15.2.1118.9", nil},
		{`C:\Program Files\Microsoft\Exchange Server\V15\`, "15.2.1118.7", "", fs.ErrNotExist},
		{`C:\Program Files\Microsoft\Exchange Server\V15\`, "15.2.1118.7", "", denied},
		{`\\attacker\share\`, "15.2.1118.7", "", errNoLocalFolder},
	} {
		registry := windowstest.Load(t, "testdata/windows11.reg", "windows/testdata/exchange.reg")
		registry.Add(machineUninstall + "Exchange\n    DisplayName    REG_SZ    Microsoft Exchange Server 2019 Cumulative Update 12\n" +
			"    DisplayVersion    REG_SZ    15.2.1118.7\n" +
			"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Setup\n    MsiInstallPath    REG_SZ    " + test.folder + "\n")
		open := func(dir string) (*os.Root, error) {
			if test.err == nil && dir == `C:\Program Files\Microsoft\Exchange Server\V15\Bin` {
				return disk.OpenRoot(place)
			}
			return nil, test.err
		}
		report, warnings, err := collectWindows(context.Background(), Config{Time: DefaultTime}, registry, nil, open)
		if err != nil {
			t.Fatal(err)
		}
		if (test.err != nil) != (len(warnings) == 1 && errors.Is(warnings[0].Err, test.err)) {
			t.Errorf("%v: warnings %v", test.err, warnings)
		}
		got, update := "", ""
		for _, s := range report.Software {
			if s.Name == "Microsoft Exchange Server 2019 Cumulative Update 12" {
				got, update = s.Version, s.SourceVersion
			}
		}
		if wantUpdate := map[bool]string{true: "15.2.1118.7"}[test.err == nil]; update != wantUpdate {
			t.Errorf("%s, %v: cumulative update %q", test.folder, test.err, update)
		}
		if fact := report.Facts["exchange"]["Build"]; got != test.want || fact != test.fact {
			t.Errorf("%s, %v: version %q, fact %q, want %q and %q", test.folder, test.err, got, fact, test.want, test.fact)
		}
	}
}
