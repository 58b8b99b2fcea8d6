package alias_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/table"
)

// microsoftRecords makes a catalog of the records in testdata/microsoft.json: what Microsoft wrote of affected
// products, without the rest (vulnrichment, October 2024).
func microsoftRecords(t *testing.T) *catalog.Catalog {
	t.Helper()
	text, err := os.ReadFile("testdata/microsoft.json")
	if err != nil {
		t.Fatal(err)
	}
	var documents []struct {
		Metadata struct {
			ID string `json:"cveId"`
		} `json:"cveMetadata"`
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &documents); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{}
	for i, d := range documents {
		folder[d.Metadata.ID+".json"] = &fstest.MapFile{Data: raw[i]}
	}
	records, _ := inteltest.Parse(t, cve5.Feed{}, folder)
	b := table.NewBuilder("cve5")
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return built(t, made)
}

// built makes a catalog of a feed.
func built(t *testing.T, feed *table.Table) *catalog.Catalog {
	t.Helper()
	merged, err := catalog.Merge(catalog.Config{}, []catalog.Source{{Name: "cve5", Table: feed}})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := merged.WriteFile(&file); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Decode(file.Bytes(), func(id string) (*table.Table, error) {
		if id != feed.ID() {
			return nil, fs.ErrNotExist
		}
		return feed, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// judged is an entry of a Windows machine with the flaw that its fixed version, and not the one before, is free of.
type judged struct {
	// title is that of an installer, or the package family; "{v}" stands for the version. seen says where.
	title, seen  string
	below, fixed string
	product, cve string
	platform     string
}

// component returns the entry with a version. Store packages have a title in the user's language.
func (j judged) component(version string) catalog.Component {
	c := catalog.Component{Kind: "windows", Vendor: "Microsoft Corporation", Version: version, OSPlatform: "Windows11",
		Name: strings.ReplaceAll(j.title, "{v}", version)}
	if strings.Contains(j.title, "_8wekyb3d8bbwe") {
		c.Name, c.BundleID = "アプリ", j.title
	}
	if strings.Contains(j.title, "Exchange") && version != "15.2.1544.4" {
		c.SourceVersion = "15.2.1544.4" // of the cumulative update: version is that of a file
	}
	if j.platform != "" {
		c.OSPlatform = j.platform
	}
	return c
}

// TestMicrosoftProducts says of what Windows machines report that it leads to its product, and that the fixed version
// of a record fixes. "collector" is package collect/windows, whose titles follow from keys; "applications" is
// internal/quality/testdata/applications.txt; a number is a public file in the index that it was read from: the name of
// its repository is not known, and no title of the data set is from it alone.
func TestMicrosoftProducts(t *testing.T) {
	c := microsoftRecords(t)
	for _, row := range judgedTitles() {
		below, at := c.Verdict(row.component(row.below)), c.Verdict(row.component(row.fixed))
		has := func(v *catalog.Verdict) bool {
			return slices.ContainsFunc(v.Hits, func(h catalog.Hit) bool { return h.CVE == row.cve })
		}
		if shown := at.Vendor + "/" + at.Name; shown != "microsoft/"+row.product {
			t.Errorf("%s: is %s, want %s", row.title, shown, row.product)
		}
		if !has(below) || below.Coverage.State != coverage.Assessed {
			t.Errorf("%s %s (%s): lacks %s, %s", row.title, row.below, row.seen, row.cve, below.Coverage.State)
		}
		if has(at) || at.Coverage.State != coverage.Assessed {
			t.Errorf("%s %s (%s): has %s, %s", row.title, row.fixed, row.seen, row.cve, at.Coverage.State)
		}
	}
}

// TestMicrosoftUnjudged says of what Windows machines report, and what cannot be judged, that it is not assessed.
func TestMicrosoftUnjudged(t *testing.T) {
	c := microsoftRecords(t)
	for _, row := range []struct {
		title, version, seen string
		reason               coverage.Reason
	}{
		{"Microsoft .NET Framework 4.8.1", "", "collector", coverage.NoVersion},
		{"Microsoft .NET Framework 3.5 SP1", "", "collector", coverage.NoVersion},
		{"Microsoft .NET Framework 4.8", "4.8.04084", "the version in matching.md, 7.2", coverage.NoVersion},
		{"Microsoft Office Professional Plus 2016", "16.0.4266.1001", "wazuh/wazuh#21126", coverage.NoVersion},
		{"Microsoft Office Professional Plus 2013", "15.0.4569.1506", "the build of service pack 1", coverage.NoVersion},
		{"Microsoft Office Professional Plus 2016", "16.0.17231.20236", "a build of Click-to-Run", coverage.NoVersion},
		{"Microsoft Office Professional Plus 2016 - en-us", "16.0.17231.20236", "the form of later ones", coverage.NoVersion},
		{"Microsoft .NET SDK 8.0.403 (x64)", "8.0.403", "collector", coverage.NoFixedBuild},
		{"Microsoft SQL Server 2019 (64-bit)", "", "18854690611", coverage.NoVersion},
		{"SQL Server 2019 Database Engine Services", "15.0.2000.5", "18854690611", coverage.NoProductCode},
		{"Visual Studio Enterprise 2022", "17.8.34330.188", "nodejs/node-gyp, VSSetup_VS_2022_workload", coverage.NoVersion},
		{"Visual Studio Professional 2019", "16.11.34407.143", "nodejs/node-gyp, the same", coverage.NoVersion},
		{"Microsoft SharePoint Server 2019", "16.0.10337.12109", "62270915201; version made up", coverage.NoVersion},
		{"Microsoft 365 Apps for business - en-us", "16.0.17231.20236", "42736312836", coverage.NoFixedBuild},
		{"Microsoft Visio - en-us", "16.0.17231.20236", "10827764462", coverage.NoFixedBuild},
		{"Microsoft Project - en-us", "16.0.17231.20236", "14056020598", coverage.NoFixedBuild},
		{"Microsoft Visio LTSC Professional 2024 - en-us", "16.0.17231.20236", "35260867056", coverage.NoProductCode},
		{"GroupMe", "1.0.0.0", "the name in CVE-2024-38183", coverage.NoFixedBuild},
		{"Microsoft Visual C++ 2013 Redistributable (x86) - 12.0.40664", "12.0.40664.0", "18854690611",
			coverage.NoProductCode},
	} {
		v := c.Verdict(judged{title: row.title}.component(row.version))
		if v.Coverage.State != coverage.NotAssessed || v.Coverage.Reason != row.reason || len(v.Hits) > 0 {
			t.Errorf("%s %s (%s): %s, %s, %d CVEs, want %s", row.title, row.version, row.seen, v.Coverage.State,
				v.Coverage.Reason, len(v.Hits), row.reason)
		}
	}
}

// TestBuildsOfFiles: updates of Exchange Server leave the version of its entry. Only what says that the version is of a
// file is assessed; of any other nobody knows which updates there are.
func TestBuildsOfFiles(t *testing.T) {
	c := microsoftRecords(t)
	entry := judged{title: "Microsoft Exchange Server 2019 Cumulative Update 14"}.component("15.2.1544.4")
	if got := c.Verdict(entry); got.Coverage.State != coverage.Partly || got.Coverage.Reason != coverage.NoHotfixList {
		t.Errorf("an entry: %+v", got.Coverage)
	}
	entry.SourceVersion = "15.2.1544.4"
	if got := c.Verdict(entry); got.Coverage.State != coverage.Assessed {
		t.Errorf("a file: %+v", got.Coverage)
	}
}

// TestSharePointBuilds says that the build of a farm, which a CPE tells, is judged by its own release: all three are
// 16.0.
func TestSharePointBuilds(t *testing.T) {
	c := microsoftRecords(t)
	for build, want := range map[string]bool{
		"16.0.5469.999": true, "16.0.5469.1000": false, "16.0.10415.20000": true, "16.0.10415.20001": false,
		"16.0.17928.20161": true, "16.0.17928.20162": false, "16.0.14326.20450": true, "16.0.10337.12109": true,
	} {
		v := c.Verdict(catalog.Component{Kind: "windows", CPE: "cpe:2.3:a:microsoft:sharepoint_server:" + build + ":*:*:*:*:*:*:*",
			OSPlatform: "WindowsServer2022"})
		if got := len(v.Hits) > 0; got != want {
			t.Errorf("build %s: affected %t, want %t", build, got, want)
		}
	}
}

// judgedTitles lists the rows of TestMicrosoftProducts.
func judgedTitles() []judged {
	const winget, itpro, list = "42736312836", "4605148241 (Microsoft's list of apps)", "applications"
	row := func(title, seen, below, fixed, product, cve string) judged {
		return judged{title: title, seen: seen, below: below, fixed: fixed, product: product, cve: cve}
	}
	sketch := row("Microsoft.ScreenSketch_8wekyb3d8bbwe", itpro, "10.2008.3000.0", "10.2008.3001.0", "snipping_tool",
		"CVE-2023-28303")
	sketch.platform = "Windows10"
	return []judged{
		row("Microsoft SQL Server 2022", "collector", "16.0.1121.3", "16.0.1121.4", "sql_server", "CVE-2024-38088"),
		row("Microsoft SQL Server 2022", "collector", "16.0.4131.1", "16.0.4131.2", "sql_server", "CVE-2024-38088"),
		row("Microsoft SQL Server 2019", "collector", "15.0.2120.0", "15.0.2120.1", "sql_server", "CVE-2024-43474"),
		row("Microsoft SQL Server 2019", "collector", "15.0.4390.1", "15.0.4390.2", "sql_server", "CVE-2024-37980"),
		row("Microsoft SQL Server 2017", "collector", "14.0.2060.0", "14.0.2060.1", "sql_server", "CVE-2024-43474"),
		row("Microsoft SQL Server 2017", "collector", "14.0.3475.0", "14.0.3475.1", "sql_server", "CVE-2024-43474"),
		row("Microsoft SQL Server 2016", "collector", "13.0.6441.0", "13.0.6441.1", "sql_server", "CVE-2024-38088"),
		row("Microsoft SQL Server 2016", "collector", "13.0.7037.0", "13.0.7037.1", "sql_server", "CVE-2024-38088"),
		row("Microsoft .NET Runtime - {v} (x64)", "collector", "8.0.9", "8.0.10", ".net", "CVE-2024-43485"),
		row("Microsoft Windows Desktop Runtime - {v} (x86)", "collector", "6.0.34", "6.0.35", ".net", "CVE-2024-43485"),
		row("Microsoft ASP.NET Core {v} - Shared Framework (x64)", "collector", "8.0.1", "8.0.2", "asp.net_core",
			"CVE-2024-21386"),
		row("Microsoft Edge", winget, "130.0.2849.45", "130.0.2849.46", "edge_chromium-based", "CVE-2024-43566"),
		row("Microsoft.MicrosoftEdge.Stable_8wekyb3d8bbwe", winget, "130.0.2849.45", "130.0.2849.46",
			"edge_chromium-based", "CVE-2024-43566"),
		row("PowerShell 7-x64", list, "7.4.5.0", "7.4.6.0", "powershell", "CVE-2024-43485"),
		row("Microsoft.PowerShell_8wekyb3d8bbwe", winget, "7.4.5.0", "7.4.6.0", "powershell", "CVE-2024-43485"),
		row("Visual Studio Community 2022", "27276276594", "17.8.14", "17.8.15", "visual_studio_2022", "CVE-2024-43603"),
		row("Visual Studio Build Tools 2022", "54590463018", "17.10.7 (September 2024)", "17.10.8 (October 2024)",
			"visual_studio_2022", "CVE-2024-43603"),
		row("Visual Studio Community 2019", list, "16.11.40", "16.11.41", "visual_studio_2019", "CVE-2024-43603"),
		row("Visual Studio Professional 2017", "the form of later ones", "15.9.66", "15.9.67", "visual_studio_2017",
			"CVE-2024-43603"),
		row("Microsoft Visual Studio Code (User)", list, "1.94.0", "1.94.1", "visual_studio_code", "CVE-2024-43601"),
		row("Microsoft Exchange Server 2019 Cumulative Update 14", list, "15.2.1544.10", "15.2.1544.11",
			"exchange_server", "CVE-2024-26198"),
		row("Microsoft .NET Framework 4.8", "records", "4.8.4585.1", "4.8.4585.2", ".net_framework", "CVE-2022-41064"),
		row("Microsoft Office Professional Plus 2016", "records", "16.0.5226.1000", "16.0.5227.1000", "office_2019",
			"CVE-2021-40472"),
		row("Remote Desktop", "microsoft/winget-pkgs, Microsoft.RemoteDesktopClient", "1.2.5708.0", "1.2.5709.0",
			"remote_desktop", "CVE-2024-43533"),
		row("Microsoft ODBC Driver 17 for SQL Server", "18854690611", "17.10.5.1", "17.10.6.1",
			"odbc_driver_17_for_sql_server", "CVE-2024-29043"),
		row("Microsoft ODBC Driver 18 for SQL Server", list, "18.3.2.1", "18.3.3.1", "odbc_driver_18_for_sql_server",
			"CVE-2024-29043"),
		row("Microsoft OLE DB Driver for SQL Server", "18854690611", "18.7.3.0", "18.7.4.0",
			"ole_db_driver_18_for_sql_server", "CVE-2024-37334"),
		row("Microsoft OLE DB Driver 19 for SQL Server", "51851069731", "19.3.4.0", "19.3.5.0",
			"ole_db_driver_19_for_sql_server", "CVE-2024-37334"),
		row("Microsoft Azure CLI (64-bit)", list, "2.64.0", "2.65.0", "azure_cli", "CVE-2024-43591"),
		row("Azure Connected Machine Agent", list, "1.43", "1.44", "azure_connected_machine_agent", "CVE-2024-38162"),
		row("Azure Data Studio", "18854690611", "1.47.1", "1.48.0", "azure_data_studio", "CVE-2024-26203"),
		row("Windows Admin Center", "10965054666 (build of version 2306)", "1.4.2212.1", "1.5.2306.14001",
			"windows_admin_center", "CVE-2023-29347"),
		row("Power Automate for desktop", "70226668915", "2.46.181.24249", "2.47.00119.24249",
			"power_automate_for_desktop", "CVE-2024-43479"),
		row("Microsoft.HEVCVideoExtension_8wekyb3d8bbwe", winget, "2.0.61930.0", "2.0.61931.0", "hevc_video_extension",
			"CVE-2023-38170"),
		row("Microsoft.HEVCVideoExtensions_8wekyb3d8bbwe", "461843298 (a test of Chromium)", "2.0.61932.0",
			"2.0.61933.0", "hevc_video_extensions", "CVE-2023-38170"),
		row("Microsoft.RawImageExtension_8wekyb3d8bbwe", winget, "2.0.61661.0", "2.0.61662.0", "raw_image_extension",
			"CVE-2023-32051"),
		row("Microsoft.RawImageExtension_8wekyb3d8bbwe", winget, "2.1.61660.0", "2.1.61661.0", "raw_image_extension",
			"CVE-2023-32051"),
		row("Microsoft.VP9VideoExtensions_8wekyb3d8bbwe", "45414383672", "1.0.61590.0", "1.0.61591.0",
			"vp9_video_extensions", "CVE-2023-36872"),
		row("Microsoft.AV1VideoExtension_8wekyb3d8bbwe", "35981633575", "1.1.60960.0", "1.1.60961.0",
			"av1_video_extension", "CVE-2023-29341"),
		row("Microsoft.Microsoft3DViewer_8wekyb3d8bbwe", itpro, "7.2306.12011.0", "7.2306.12012.0", "3d_viewer",
			"CVE-2023-36760"),
		row("Microsoft.3DBuilder_8wekyb3d8bbwe", itpro, "20.0.3.0", "20.0.4.0", "3d_builder", "CVE-2023-36773"),
		row("Microsoft.Print3D_8wekyb3d8bbwe", itpro, "3.3.790.0", "3.3.791.0", "print_3d", "CVE-2023-23378"),
		row("Microsoft.MSPaint_8wekyb3d8bbwe", itpro, "6.2305.16086.0", "6.2305.16087.0", "paint_3d", "CVE-2023-35374"),
		row("Microsoft.ScreenSketch_8wekyb3d8bbwe", itpro, "11.2302.19.0", "11.2302.20.0", "snipping_tool",
			"CVE-2023-28303"),
		sketch,
		row("Microsoft.DesktopAppInstaller_8wekyb3d8bbwe", "69213576483", "1.22.11260.0", "1.22.11261.0",
			"app_installer", "CVE-2024-38177"),
		row("Microsoft.OutlookForWindows_8wekyb3d8bbwe", winget, "1.2023.322.99", "1.2023.322.100",
			"outlook_for_windows", "CVE-2024-20670"),
		row("Microsoft.GamingServices_8wekyb3d8bbwe", "40679920761", "19.87.13000.0", "19.87.13001.0",
			"xbox_gaming_services", "CVE-2024-28916"),
	}
}
