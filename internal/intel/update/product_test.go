package update_test

import (
	"os"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel/update"
	"github.com/muster-project/muster/internal/intel/windows"
)

// others are the beginnings of products in Microsoft's lists that have Windows in their name and are no release of
// it: tools, parts, services, other devices' systems.
var others = []string{
	"Azure ", "Microsoft Silverlight ", "Microsoft Windows SharePoint Services", "OneDrive for Windows",
	"Outlook for Windows",
	"Remote Desktop client for Windows", "Snip & Sketch", "Windows 10 HLK", "Windows 11 HLK", "Windows ADK",
	"Windows Admin Center",
	"Windows App ", "Windows Azure Pack", "Windows Defender", "Windows Driver Kit", "Windows Embedded CE", "Windows Essentials",
	"Windows HLK", "Windows Host Compute", "Windows Malicious Software", "Windows Notepad", "Windows PE add-on", "Windows SDK",
	"Windows Security App", "Windows Subsystem", "Windows Sysinternals", "Windows Sysmon", "Windows Terminal",
	"Windows Update Assistant", "Windows Upgrade Assistant",
	"Windows 11 Version 26H1 for x64-based Systems - extra", // a slip in the list
}

// TestProducts reads the products of WES-NG's definitions of June 2026 that have Windows in their name (of the parts
// and programs on a release some): each is a release of Windows, a part or a program on one, or one of the others.
func TestProducts(t *testing.T) {
	text, err := os.ReadFile("testdata/products.txt")
	if err != nil {
		t.Fatal(err)
	}
	count, releases := 0, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		p, ok := update.ProductOf(line)
		isOther := strings.Contains(line, " on Windows ") || strings.Contains(line, " on Microsoft Windows ") ||
			strings.HasSuffix(line, "Windows Extension") || strings.HasSuffix(line, "for Windows") || strings.HasSuffix(line, "on Windows")
		for _, begin := range others {
			isOther = isOther || strings.HasPrefix(line, begin)
		}
		if ok == isOther {
			t.Errorf("%q: %+v, %v", line, p, ok)
		}
		if ok && p.Name != "" {
			count++
			releases[p.Name] = true
		}
	}
	if count < 90 || len(releases) < 35 {
		t.Errorf("%d products of %d releases", count, len(releases))
	}
	for _, r := range []struct {
		platform string
		build    int
	}{
		{"Windows7", 7601}, {"Windows8.1", 9600}, {"Windows10", 10240}, {"Windows10", 17763}, {"Windows10", 19045},
		{"Windows11", 22000}, {"Windows11", 22631}, {"Windows11", 26200}, {"Windows11", 28000}, {"WindowsServer2008", 6003},
		{"WindowsServer2008R2", 7601}, {"WindowsServer2012", 9200}, {"WindowsServer2012R2", 9600}, {"WindowsServer2016", 14393},
		{"WindowsServer2019", 17763}, {"WindowsServer2019", 18363}, {"WindowsServer2022", 20348}, {"WindowsServer2022", 25398},
		{"WindowsServer2025", 26100},
	} {
		if name := windows.Products(r.platform, r.build)[0]; !releases[name] {
			t.Errorf("no product is %s", name)
		}
	}
}

func TestProductOf(t *testing.T) {
	for text, want := range map[string]update.Product{
		"Windows 10 Version 1809 for x64-based Systems":                           {Name: "windows_10_1809", Architecture: "x64"},
		"Windows 10 for 32-bit Systems":                                           {Name: "windows_10_1507", Architecture: "x86"},
		"Windows 11 version 21H2 for ARM64-based Systems":                         {Name: "windows_11_21h2", Architecture: "arm64"},
		"Windows 11 Version 25H2 for ARM systems":                                 {Name: "windows_11_25h2", Architecture: "arm64"},
		"Windows 8.1 for x64-based systems":                                       {Name: "windows_8.1", Architecture: "x64"},
		"Windows Server 2012 R2 (server core installation)":                       {Name: "windows_server_2012_r2", Core: true},
		"Windows Server 2022, 23H2 Edition (Server Core installation)":            {Name: "windows_server_23h2", Core: true},
		"Windows Server, version 20H2 (Server Core Installation)":                 {Name: "windows_server_20h2", Core: true},
		"Windows Server 2016  ":                                                   {Name: "windows_server_2016"},
		"Windows Server 2008 R2 for x64-based Systems Service Pack 1":             {Name: "windows_server_2008_r2", Architecture: "x64"},
		"Windows Server 2008 for 32-bit Systems Service Pack 2":                   {Name: "windows_server_2008_sp2", Architecture: "x86"},
		"Windows Server 2008 R2 for Itanium-Based Systems Service Pack 1":         {Name: "windows_server_2008_r2", Architecture: "ia64"},
		"Windows 7 for x64-based Systems":                                         {Architecture: "x64"},
		"Windows 10 Version 1809 for HoloLens":                                    {Architecture: "hololens"},
		"Windows Vista x64 Edition Service Pack 2":                                {},
		"Windows Server 2008 R2 for x64-based Systems (Server Core installation)": {Architecture: "x64", Core: true},
		"Microsoft Windows Server 2003 for Itanium-based Systems Service Pack 2":  {Architecture: "ia64"},
	} {
		if p, ok := update.ProductOf(text); !ok || p != want {
			t.Errorf("%q: %+v, %v", text, p, ok)
		}
	}
	for _, text := range []string{"", "Windows", "Windows 12", "Windows 10 for Toasters", "Windows Admin Center",
		"Internet Explorer 11 on Windows Server 2019", "Windows 10 Version 1809", "Windows 10 Version x for x64-based Systems"} {
		if p, ok := update.ProductOf(text); ok && text != "Windows 10 Version 1809" {
			t.Errorf("%q: %+v", text, p)
		}
	}
}

// FuzzProductOf: letters' case and blanks mean nothing, and a release has a name of package windows.
func FuzzProductOf(f *testing.F) {
	for _, text := range []string{"Windows 10 Version 1809 for x64-based Systems", "Windows Server 2012 R2 (Server Core installation)",
		"Windows 7 for 32-bit Systems Service Pack 1", "Windows Server, version 20H2 (Server Core Installation)", "Windows XP"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := update.ProductOf(text)
		if q, again := update.ProductOf(" " + strings.ToLower(text) + " "); q != p || again != ok {
			t.Errorf("%q: %+v, %v; in lower case %+v, %v", text, p, ok, q, again)
		}
		if p.Name != "" && (!ok || !strings.HasPrefix(p.Name, "windows_")) {
			t.Errorf("%q: %+v, %v", text, p, ok)
		}
	})
}
