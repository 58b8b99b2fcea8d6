package hosts_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/hosts"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Tables with the columns that Microsoft documents: of Intune's report AppInvRawData, and of the query of
// doc/sources.md, as SQL Server Management Studio, sqlcmd and Reporting Services write it.
const (
	intuneCSV = "\ufeff" + `ApplicationKey,ApplicationName,ApplicationPublisher,ApplicationShortVersion,ApplicationVersion,DeviceId,DeviceName,OSDescription,OSVersion,Platform,UserId,EmailAddress,UserName
a1,Google Chrome,Google LLC,,127.0.6533.88,d-1,PC1,Windows,10.0.22631.4317,Windows,u,ann@example.com,Ann
a2,"Acme ""Pro"", 64-bit",Acme Inc.,,2.0,d-1,PC1,Windows,10.0.22631.4317,Windows,u,ann@example.com,Ann
a3,Google Chrome.app,,127.0.6533.88,6533.88,d-2,Ann's Mac,macOS,14.1.2 (23B92),macOS,u,,Ann
a4,Pages,,1,1,d-3,Ann's iPhone,iOS,17.1,iOS,u,,Ann
`
	intuneJSON = `{"values":[
{"ApplicationKey":"a1","ApplicationName":"Google Chrome","ApplicationPublisher":"Google LLC","ApplicationShortVersion":"","ApplicationVersion":"127.0.6533.88","DeviceId":"d-1","DeviceName":"PC1","OSDescription":"Windows","OSVersion":"10.0.22631.4317","Platform":"Windows"},
{"ApplicationName":"Acme \"Pro\", 64-bit","ApplicationPublisher":"Acme Inc.","ApplicationVersion":2.0,"DeviceId":"d-1","DeviceName":"PC1","Platform":"Windows"},
{"ApplicationName":"Google Chrome.app","ApplicationShortVersion":"127.0.6533.88","ApplicationVersion":"6533.88","DeviceId":"d-2","DeviceName":"Ann's Mac","OSVersion":"14.1.2 (23B92)","Platform":"macOS","UserName":null}]}`
	sccmCSV = `ResourceID,Netbios_Name0,Full_Domain_Name0,Operating_System_Name_and0,BuildExt,SystemType0,DisplayName0,Publisher0,Version0
16777220,PC1,example.com,Microsoft Windows NT Workstation 10.0 (Tablet Edition),10.0.22631.4317,x64-based PC,Google Chrome,Google LLC,127.0.6533.88
16777220,PC1,example.com,Microsoft Windows NT Workstation 10.0 (Tablet Edition),10.0.22631.4317,x64-based PC,Bare,NULL,NULL
16777221,SRV1,example.com,Microsoft Windows NT Advanced Server 10.0,10.0.17763.6414,x64-based PC,"7-Zip, 24.08",Igor Pavlov,24.08
`
	// columns of older hierarchies, and updates
	sccmOld = `Name0;Caption0;Build01;ARPDisplayName0;Publisher0;ProductVersion0;HotFixID0
SRV1;Microsoft Windows Server 2019 Standard;10.0.17763;7-Zip, 24.08;Igor Pavlov;24.08;NULL
SRV1;Microsoft Windows Server 2019 Standard;10.0.17763;NULL;NULL;NULL;KB5043050
`
	reportCSV = "Textbox1,Textbox2\r\nSoftware of devices,\"11/29/2026, 11:00\"\r\n\r\n" +
		"Details_Table0_Netbios_Name0,Details_Table0_DisplayName0,Details_Table0_Publisher0,Details_Table0_Version0,Textbox9\r\n" +
		"PC1,Google Chrome,Google LLC,127.0.6533.88,1\r\n" +
		"PC1,\"Two\r\nlines\",Acme,1,1\r\n\r\nTextbox20\r\nend of \r\n"
	twoTables = "DeviceId,DeviceName,OSVersion,OS,ProcessorArchitecture\nd-2,mac1,14.1.2,macOS,arm64\n\n" +
		"ApplicationName,ApplicationVersion,DeviceId\nFirefox,128.0,d-2\n"
	enrolled = "DeviceId,DeviceName,LastContact\nd-1,pc1,2026-11-02 08:00:00.0000000\nd-2,PC1,2026-11-28 09:00:00.0000000\nd-3,pc1,2026-10-01 09:00:00\n\n" +
		"ApplicationName,ApplicationVersion,DeviceId,DeviceName\nOld,1,d-1,pc1\nNew,2,d-2,pc1\nOldest,1,d-3,pc1\n"
	sqlcmd = "ResourceID\tName0\tDisplayName0\tPublisher0\tVersion0\n----------\t-----\t------------\t----------\t--------\n" +
		"1\tPC1\tFirefox\tMozilla\t128.0\n\n(1 rows affected)\n"
)

func TestTables(t *testing.T) {
	intune := []string{"PC1 Windows11 10.0.22631.4317", `windows|Acme Inc.|Acme "Pro", 64-bit|2.0||||`, "windows|Google LLC|Google Chrome|127.0.6533.88||||",
		"Ann's Mac macOS 14.1.2", "macos||Google Chrome|127.0.6533.88||||"}
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"Intune":         {intuneCSV, intune},
		"Intune in JSON": {intuneJSON, intune},
		"a list in JSON": {`[{"ApplicationName":"Firefox","ApplicationVersion":"1","DeviceName":"a"}]`, []string{"a", "windows||Firefox|1||||"}},
		"Configuration Manager": {sccmCSV, []string{"PC1.example.com Windows11 10.0.22631.4317 x64", "windows||Bare|||||",
			"windows|Google LLC|Google Chrome|127.0.6533.88||||", "SRV1.example.com WindowsServer2019 10.0.17763.6414 x64", "windows|Igor Pavlov|7-Zip, 24.08|24.08||||"}},
		"with tabs":           {strings.NewReplacer(`"7-Zip, 24.08"`, "7-Zip; 24.08", ",", "\t").Replace(sccmCSV)[:len(sccmCSV)/3], nil},
		"semicolons, updates": {sccmOld, []string{"SRV1 WindowsServer2019 10.0.17763  KB5043050", "windows|Igor Pavlov|7-Zip, 24.08|24.08||||"}},
		"a report":            {reportCSV, []string{"PC1", "windows|Google LLC|Google Chrome|127.0.6533.88||||", "windows|Acme|Two lines|1||||"}},
		"two tables":          {twoTables, []string{"mac1 macOS 14.1.2 arm64", "macos||Firefox|128.0||||"}},
		"enrolled again":      {enrolled, []string{"PC1", "windows||New|2||||"}},
		"sqlcmd":              {sqlcmd, []string{"PC1", "windows|Mozilla|Firefox|128.0||||"}},
		"a code page":         {"Name0,DisplayName0\nPC1,Caf\xe9\n", []string{"PC1", "windows||Café|||||"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inventory.Detect([]byte(test.text)); got != inventory.FormatTable {
				t.Fatalf("taken for %v", got)
			}
			if test.want == nil {
				return
			}
			if diff := cmp.Diff(test.want, lines(t, test.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			var wide []byte
			for _, unit := range utf16.Encode([]rune("\ufeff" + strings.TrimPrefix(strings.ToValidUTF8(test.text, "é"), "\ufeff"))) {
				wide = append(wide, byte(unit), byte(unit>>8))
			}
			if diff := cmp.Diff(test.want, lines(t, string(wide))); diff != "" {
				t.Errorf("in UTF-16, -want +got:\n%s", diff)
			}
		})
	}
	for text, want := range map[string]string{intuneCSV: "intune", intuneJSON: "intune", sccmCSV: "configmgr"} {
		list, _, err := hosts.Decode(inventory.FormatTable, []byte(text), inventory.Given{})
		if err != nil || list[0].Source != want {
			t.Errorf("source of %.20s: %v", text, err)
		}
	}
}

// TestTablesRefuse: a table that is damaged, or does not say what is on which device, removes nothing.
func TestTablesRefuse(t *testing.T) {
	for text, want := range map[string]string{
		"ApplicationKey,ApplicationName,ApplicationVersion,DeviceCount,BundleSize\na,Chrome,1,7,0\n": "export the report AppInvRawData",
		"ApplicationName,ApplicationVersion\nFirefox,1\n":                                            "a host has no name: give one",
		"DeviceId,DeviceName,OSVersion\nd,pc,10.0.22631\n":                                           "no row has a program",
		"Name0,DisplayName0,Platform\nphone,App,iOS\n":                                               "run neither Windows nor macOS",
		"Name0,DisplayName0,Version0,Version0\npc,a,1,2\n":                                           "line 1: two columns are called \"Version0\"",
		"Name0,DisplayName0,Version0\npc,a, b,1\n":                                                   "line 2: has 4 values, and the table has 3 columns",
		"Name0,DisplayName0,Version0\npc,a\n":                                                        "line 2: has 2 values",
		"Name0,DisplayName0,Version0\npc,17\" driver,1\n":                                            "line 2: bare \" in",
		"Name0,DisplayName0,Version0\npc,\"a,1\npc,b,2\n":                                            "has to stand in quotes",
		"ResourceID,Name0,DisplayName0\n1,PC,a\n2,pc,b\n":                                            "\"pc\" is the name of two devices",
		"Name0,DisplayName0\npc," + strings.Repeat("x", 9000) + "\n":                                 "has a value of 9000 bytes",
		"Name0,DisplayName0\n" + strings.Repeat("a,\n", 200_000):                                     "more than 200000 rows",
		"Name0,DisplayName0\n" + strings.Repeat("a,b\n", 20_001):                                     "line 20002: is program number 20001",
		"Name0,DisplayName0\n" + manyDevices(10_001):                                                 "line 10002: is of host number 10001",
		`[{"ApplicationName":"a","DeviceName":{}}]`:                                                  "has neither letter nor digit",
		`{"values":[{"ApplicationName":"a","DeviceName":"b"}`:                                        "reading the table",
	} {
		_, ok, err := hosts.Decode(inventory.Detect([]byte(text)), []byte(text), inventory.Given{})
		if !ok || !errors.Is(err, parse.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.90s: %v, %v, want %q", text, ok, err, want)
		}
	}
	for _, text := range []string{"name,version\npip,24.0\n", "a,b\n1,2\n", "Name0\nDisplayName0\n", "hello, world"} {
		if got := inventory.Detect([]byte(text)); got != inventory.FormatUnknown {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// manyDevices are rows of as many devices.
func manyDevices(n int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "pc%d,a\n", i)
	}
	return b.String()
}
