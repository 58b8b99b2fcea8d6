package fleet

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

var windowsClients = []system{
	{30, "Windows10", []string{
		"10.0.19045.3448", "10.0.19045.3803", "10.0.19045.4046", "10.0.19045.4291", "10.0.19045.4412", "10.0.19045.4529",
		"10.0.19045.4651", "10.0.19045.4780", "10.0.19045.4894", "10.0.19045.5011", "10.0.19045.5371", "10.0.19045.5737",
	}},
	{15, "Windows11", []string{
		"10.0.22621.2283", "10.0.22621.3155", "10.0.22621.3447", "10.0.22621.3737", "10.0.22621.4037", "10.0.22621.4317",
	}},
	{45, "Windows11", []string{
		"10.0.22631.2861", "10.0.22631.3155", "10.0.22631.3447", "10.0.22631.3593", "10.0.22631.3737", "10.0.22631.3880",
		"10.0.22631.4037", "10.0.22631.4169", "10.0.22631.4317", "10.0.22631.4751", "10.0.22631.5335",
	}},
	{10, "Windows11", []string{"10.0.26100.1742", "10.0.26100.2033", "10.0.26100.3194", "10.0.26100.4349"}},
}

var windowsServers = []system{
	{15, "WindowsServer2016", []string{
		"10.0.14393.6452", "10.0.14393.6796", "10.0.14393.7070", "10.0.14393.7259", "10.0.14393.7428", "10.0.14393.7785",
	}},
	{40, "WindowsServer2019", []string{
		"10.0.17763.4737", "10.0.17763.5458", "10.0.17763.5576", "10.0.17763.5936", "10.0.17763.6054", "10.0.17763.6293",
		"10.0.17763.6414", "10.0.17763.6532", "10.0.17763.6893",
	}},
	{45, "WindowsServer2022", []string{
		"10.0.20348.1906", "10.0.20348.2340", "10.0.20348.2461", "10.0.20348.2527", "10.0.20348.2582", "10.0.20348.2655",
		"10.0.20348.2700", "10.0.20348.2762", "10.0.20348.2849", "10.0.20348.3207",
	}},
}

// displayVersions are the names of builds of Windows. Before 2020 they are in another value of the registry.
var displayVersions = map[string]string{
	"19045": "22H2", "22621": "22H2", "22631": "23H2", "26100": "24H2", "20348": "21H2",
}

var releaseIDs = map[string]string{"14393": "1607", "17763": "1809"}

// windowsFacts makes the facts of a build ("10.0.22631.4751"), as the collector reads them from the registry.
func windowsFacts(platform, version string) inventory.Facts {
	numbers := strings.Split(version, ".")
	build := numbers[2]
	facts := map[string]string{"CurrentBuildNumber": build, "UBR": numbers[3], "ReleaseId": "2009",
		"ProductType": "WinNT", "InstallationType": "Client", "EditionID": "Enterprise"}
	if strings.HasPrefix(platform, "WindowsServer") {
		facts["ProductType"], facts["InstallationType"], facts["EditionID"] = "ServerNT", "Server", "ServerStandard"
	}
	if name := displayVersions[build]; name != "" {
		facts["DisplayVersion"] = name
	}
	if id := releaseIDs[build]; id != "" {
		facts["ReleaseId"] = id
	}
	return inventory.Facts{"windows": facts}
}

var windowsHotfixes = []string{"KB5011048", "KB5015684", "KB5027397", "KB5032907"}

var (
	workstationPrograms = slices.Concat(browsers, desktopPrograms, developerPrograms, windowsRuntimes, windowsAgents,
		hardwarePrograms, ownPrograms)
	serverPrograms = slices.Concat(serverOnlyPrograms, windowsRuntimes, windowsAgents, ownPrograms)
)

var chromeReleases = []string{
	"114.0.5735.110", "118.0.5993.70", "119.0.6045.106", "120.0.6099.71", "121.0.6167.85", "122.0.6261.57",
	"123.0.6312.58", "124.0.6367.60", "125.0.6422.60",
	"126.0.6478.57", "127.0.6533.72", "128.0.6613.84", "129.0.6668.58", "130.0.6723.58",
	"131.0.6778.85", "131.0.6778.264",
}

var edgeReleases = []string{
	"114.0.1823.51", "120.0.2210.61", "124.0.2478.51", "127.0.2651.74", "128.0.2739.42", "129.0.2792.52", "130.0.2849.46",
	"131.0.2903.51",
}

var firefoxReleases = []string{
	"115.0", "118.0.1", "121.0", "123.0", "124.0.2", "125.0.3", "126.0", "127.0", "128.0", "129.0",
	"130.0", "131.0.2", "133.0",
}

var browsers = []product{
	program{84, "Google LLC", "Google Chrome", `Google\Chrome\Application\chrome.exe`, "", chromeReleases},
	program{9, "Google LLC", "Google Chrome", `~\Google\Chrome\Application\chrome.exe`, "Google Chrome", chromeReleases},
	program{49, "Mozilla", "Mozilla Firefox (x64 en-US)", `Mozilla Firefox\firefox.exe`,
		"Mozilla Firefox {v} (x64 en-US)", firefoxReleases},
	program{12, "Mozilla", "Mozilla Firefox ESR (x64 en-US)", `Mozilla Firefox ESR\firefox.exe`, "", []string{
		"115.4.0", "115.8.0", "115.12.0", "115.15.0", "128.2.0", "128.4.0", "128.5.1",
	}},
	program{9, "Mozilla", "Mozilla Thunderbird (x64 en-US)", `Mozilla Thunderbird\thunderbird.exe`, "", []string{
		"102.15.1", "115.3.1", "115.9.0", "115.12.0", "128.2.0", "128.4.0",
	}},
	program{58, "Mozilla", "Mozilla Maintenance Service", `Mozilla Maintenance Service\maintenanceservice.exe`,
		"MozillaMaintenanceService", []string{"128.0.0.8949", "131.0.2.9060"}},
}

var desktopPrograms = []product{
	program{96, "Microsoft Corporation", "Teams Machine-Wide Installer", "", "", []string{"1.5.0.30767", "1.7.0.13456"}},
	program{91, "Microsoft Corporation", "Microsoft Teams Meeting Add-in for Microsoft Office", "", "",
		[]string{"1.23.11805", "1.24.26301"}},
	program{86, "PaperCut Software International Pty Ltd", "PaperCut MF Client", `PaperCut MF Client\pc-client.exe`, "",
		[]string{"22.0.10", "23.0.9", "24.0.4"}},
	program{54, "Adobe Inc.", "Adobe Refresh Manager", "", "", []string{"1.8.0"}},
	program{96, "Microsoft Corporation", "Microsoft 365 Apps for enterprise - en-us",
		`Microsoft Office\root\Office16\WINWORD.EXE`, "O365ProPlusRetail - en-us", []string{
			"16.0.16501.20228", "16.0.17328.20550", "16.0.17928.20114", "16.0.18129.20158",
		}},
	program{93, "Microsoft Corporation", "Microsoft OneDrive", `~\Microsoft\OneDrive\OneDrive.exe`, "OneDriveSetup.exe",
		[]string{"23.048.0305.0002", "24.076.0414.0005", "24.201.1006.0005"}},
	program{88, "Microsoft", "Microsoft Teams", `~\Microsoft\Teams\current\Teams.exe`, "Teams",
		[]string{"1.6.00.4472", "1.7.00.13456"}},
	program{71, "Igor Pavlov", "7-Zip {v} (x64)", `7-Zip\7zFM.exe`, "7-Zip",
		[]string{"19.00", "22.01", "23.01", "24.07", "24.08"}},
	program{14, "win.rar GmbH", "WinRAR {v} (64-bit)", `WinRAR\WinRAR.exe`, "WinRAR archiver",
		[]string{"6.11|6.11.0", "6.22|6.22.0", "6.24|6.24.0", "7.01|7.01.0"}},
	program{58, "Notepad++ Team", "Notepad++ (64-bit x64)", `Notepad++\notepad++.exe`, "Notepad++",
		[]string{"8.4.6", "8.5.7", "8.6.9", "8.7.1"}},
	program{44, "VideoLAN", "VLC media player", `VideoLAN\VLC\vlc.exe`, "VLC media player",
		[]string{"3.0.16", "3.0.18", "3.0.20", "3.0.21"}},
	program{54, "Adobe", "Adobe Acrobat (64-bit)", `Adobe\Acrobat DC\Acrobat\Acrobat.exe`, "", []string{
		"23.001.20143", "23.006.20380", "23.008.20470", "24.002.20687", "24.002.20964", "24.003.20112", "24.004.20243",
	}},
	program{22, "Adobe Systems Incorporated", "Adobe Acrobat Reader DC",
		`Adobe\Acrobat Reader DC\Reader\AcroRd32.exe`, "", []string{
			"23.003.20284", "23.006.20320", "23.008.20533", "24.002.20759", "24.003.20180",
		}},
	program{8, "Foxit Software Inc.", "Foxit PDF Reader", `Foxit Software\Foxit PDF Reader\FoxitPDFReader.exe`,
		"Foxit Reader_is1", []string{
			"12.1.1.15289", "2023.2.0.21408", "2024.1.0.23997", "2024.2.3.25184",
		}},
	program{63, "Zoom Video Communications, Inc.", "Zoom Workplace (64-bit)", `Zoom\bin\Zoom.exe`, "",
		[]string{"5.13.5", "5.15.2", "5.16.10", "5.17.11", "6.0.10", "6.2.3"}},
	program{9, "The Document Foundation", "LibreOffice {v}", `LibreOffice\program\soffice.exe`, "",
		[]string{"7.5.6.2", "7.6.4.1", "24.2.5.2", "24.8.2.1"}},
	program{7, "The GIMP Team", "GIMP {v}", `GIMP 2\bin\gimp-2.10.exe`, "GIMP-2_is1",
		[]string{"2.10.34", "2.10.36", "2.10.38"}},
	program{6, "Irfan Skiljan", "IrfanView {v} (64-bit)", `IrfanView\i_view64.exe`, "IrfanView64",
		[]string{"4.60", "4.66", "4.70"}},
	program{4, "Inkscape", "Inkscape", `Inkscape\bin\inkscape.exe`, "", []string{"1.2.2", "1.3.2"}},
	program{4, "Audacity Team", "Audacity {v}", `Audacity\Audacity.exe`, "Audacity_is1", []string{"3.3.3", "3.6.4"}},
	program{17, "Dominik Reichl", "KeePass Password Safe {v}", `KeePass Password Safe 2\KeePass.exe`,
		"KeePassPasswordSafe2_is1", []string{"2.53.1", "2.56", "2.57.1"}},
	program{8, "KeePassXC Team", "KeePassXC", `KeePassXC\KeePassXC.exe`, "", []string{"2.7.4", "2.7.9"}},
	program{20, "Slack Technologies Inc.", "Slack", `~\slack\slack.exe`, "slack",
		[]string{"4.29.149", "4.36.140", "4.41.97"}},
	program{5, "Signal Messenger, LLC", "Signal", `~\Programs\signal-desktop\Signal.exe`, "",
		[]string{"6.1.0", "7.27.0"}},
	program{26, "TeamViewer", "TeamViewer", `TeamViewer\TeamViewer.exe`, "TeamViewer", []string{"15.47.3", "15.58.4"}},
	program{7, "AnyDesk Software GmbH", "AnyDesk", `AnyDesk\AnyDesk.exe`, "AnyDesk", []string{"ad 7.1.13", "ad 8.0.13"}},
	program{31, "Oracle Corporation", "Java {v} (64-bit)", `Java\jre-1.8\bin\java.exe`, "", []string{
		"8 Update 371|8.0.3710.11", "8 Update 391|8.0.3910.13", "8 Update 401|8.0.4010.10", "8 Update 421|8.0.4210.9",
		"8 Update 431|8.0.4310.10",
	}},
	program{31, "Oracle Corporation", "Java Auto Updater", "", "", []string{"2.8.431.10"}},
	program{6, "Spotify AB", "Spotify", `~\Spotify\Spotify.exe`, "Spotify", []string{"1.2.14.1149", "1.2.48.405"}},
	program{11, "Greenshot", "Greenshot {v}", `Greenshot\Greenshot.exe`, "Greenshot_is1", []string{"1.2.10.6"}},
	program{9, "geek software GmbH", "PDF24 Creator", `PDF24\pdf24.exe`, "", []string{"11.13.1", "11.20.0"}},
	program{13, "Cisco Systems, Inc", "Cisco Webex Meetings", `~\WebEx\WebexHost.exe`, "ActiveTouchMeetingClient",
		[]string{"43.6.0", "44.10.1"}},
	program{24, "Citrix Systems, Inc.", "Citrix Workspace {v}", `Citrix\ICA Client\wfcrun32.exe`,
		"CitrixOnlinePluginPackWeb", []string{"2309|23.9.1.104", "2402|24.2.1000.1016"}},
	program{19, "SAP SE", "SAP GUI for Windows {v}", `SAP\FrontEnd\SAPGUI\saplogon.exe`, "SAPGUI",
		[]string{"7.70|7700.1.9.1168", "8.00|8000.1.4.1182"}},
}

var developerPrograms = []product{
	program{23, "Microsoft Corporation", "Microsoft Visual Studio Code (User)", `~\Programs\Microsoft VS Code\Code.exe`,
		"{771FD6B0-FA20-440A-A002-3B3BAC16DC50}_is1", []string{"1.78.2", "1.86.0", "1.93.1", "1.94.2"}},
	program{22, "The Git Development Community", "Git", `Git\cmd\git.exe`, "Git_is1",
		[]string{"2.39.1", "2.43.0", "2.45.2", "2.47.0"}},
	program{18, "Python Software Foundation", "Python {v} (64-bit)", `~\Programs\Python\python.exe`, "", []string{
		"3.9.13|3.9.13150.0", "3.10.6|3.10.6150.0", "3.11.4|3.11.4150.0", "3.12.4|3.12.4150.0", "3.12.7|3.12.7150.0",
	}},
	program{18, "Python Software Foundation", "Python Launcher", "", "", []string{"3.12.7150.0"}},
	program{13, "Node.js Foundation", "Node.js", `nodejs\node.exe`, "",
		[]string{"18.12.1", "20.11.0", "20.15.1", "22.4.0", "22.11.0"}},
	program{11, "Docker Inc.", "Docker Desktop", `Docker\Docker\Docker Desktop.exe`, "Docker Desktop",
		[]string{"4.19.0", "4.25.2", "4.33.1", "4.35.1"}},
	program{9, "GitHub, Inc.", "GitHub Desktop", `~\GitHubDesktop\GitHubDesktop.exe`, "GitHubDesktop",
		[]string{"3.2.3", "3.4.8"}},
	program{27, "Simon Tatham", "PuTTY release {v} (64-bit)", `PuTTY\putty.exe`, "",
		[]string{"0.78|0.78.0.0", "0.80|0.80.0.0", "0.81|0.81.0.0", "0.82|0.82.0.0"}},
	program{21, "Martin Prikryl", "WinSCP {v}", `WinSCP\WinSCP.exe`, "winscp3_is1", []string{"5.21.8", "6.1.2", "6.3.5"}},
	program{12, "Tim Kosse", "FileZilla {v}", `FileZilla FTP Client\filezilla.exe`, "FileZilla Client",
		[]string{"3.63.2", "3.66.4", "3.67.1"}},
	program{10, "The Wireshark developer community, https://www.wireshark.org", "Wireshark {v} x64",
		`Wireshark\Wireshark.exe`, "Wireshark", []string{"4.0.8", "4.2.3", "4.2.6", "4.4.1"}},
	program{10, "Nmap Project", "Npcap", `Npcap\NPFInstall.exe`, "NpcapInst", []string{"1.76", "1.79"}},
	program{7, "Oracle and/or its affiliates", "Oracle VM VirtualBox {v}", `Oracle\VirtualBox\VirtualBox.exe`, "",
		[]string{"7.0.8", "7.0.14", "7.0.20", "7.1.4"}},
	program{5, "VMware, Inc.", "VMware Workstation", `VMware\VMware Workstation\vmware.exe`, "",
		[]string{"17.0.1", "17.5.2", "17.6.1"}},
	program{8, "OpenSSL Win64 Installer Team", "OpenSSL {v} (64-bit)", `OpenSSL-Win64\bin\openssl.exe`,
		"OpenSSL (64-bit)_is1", []string{"1.1.1k", "3.1.2", "3.3.1", "3.3.3"}},
	program{6, "Oracle Corporation", "Java(TM) SE Development Kit {v} (64-bit)", `Java\jdk\bin\java.exe`, "",
		[]string{"17.0.9|17.0.9.0", "21.0.2|21.0.2.0", "21.0.5|21.0.5.0"}},
	program{7, "JetBrains s.r.o.", "IntelliJ IDEA Community Edition {v}", `JetBrains\IntelliJ IDEA\bin\idea64.exe`, "",
		[]string{"2023.2.5|232.10227.8", "2024.2.3|242.23339.11"}},
	program{9, "Postman", "Postman x86_64 {v}", `~\Postman\Postman.exe`, "Postman", []string{"10.18.0", "11.16.0"}},
	program{9, "Next Generation Software", "mRemoteNG", `mRemoteNG\mRemoteNG.exe`, "", []string{"1.76.20.24615"}},
}

var windowsRuntimes = []product{
	program{82, "Microsoft Corporation", "Microsoft Visual C++ 2005 Redistributable", "", "", []string{"8.0.61001"}},
	program{80, "Microsoft Corporation", "Microsoft Visual C++ 2005 Redistributable (x64)", "",
		"", []string{"8.0.61000"}},
	program{87, "Microsoft Corporation", "Microsoft Visual C++ 2008 Redistributable - x64 {v}", "", "",
		[]string{"9.0.30729.6161"}},
	program{88, "Microsoft Corporation", "Microsoft Visual C++ 2008 Redistributable - x86 {v}", "", "",
		[]string{"9.0.30729.6161"}},
	program{72, "Microsoft Corporation", "Microsoft Visual C++ 2010  x64 Redistributable - {v}", "",
		"", []string{"10.0.40219"}},
	program{70, "Microsoft Corporation", "Microsoft Visual C++ 2010  x86 Redistributable - {v}", "",
		"", []string{"10.0.40219"}},
	program{66, "Microsoft Corporation", "Microsoft Visual C++ 2012 Redistributable (x64) - {v}", "", "",
		[]string{"11.0.61030|11.0.61030.0"}},
	program{65, "Microsoft Corporation", "Microsoft Visual C++ 2012 Redistributable (x86) - {v}", "", "",
		[]string{"11.0.61030|11.0.61030.0"}},
	program{66, "Microsoft Corporation", "Microsoft Visual C++ 2012 x64 Additional Runtime - {v}", "",
		"", []string{"11.0.61030"}},
	program{66, "Microsoft Corporation", "Microsoft Visual C++ 2012 x64 Minimum Runtime - {v}", "",
		"", []string{"11.0.61030"}},
	program{78, "Microsoft Corporation", "Microsoft Visual C++ 2013 Redistributable (x64) - {v}", "", "",
		[]string{"12.0.30501|12.0.30501.0", "12.0.40664|12.0.40664.0"}},
	program{76, "Microsoft Corporation", "Microsoft Visual C++ 2013 Redistributable (x86) - {v}", "", "",
		[]string{"12.0.30501|12.0.30501.0", "12.0.40664|12.0.40664.0"}},
	program{78, "Microsoft Corporation", "Microsoft Visual C++ 2013 x64 Additional Runtime - {v}", "",
		"", []string{"12.0.40664"}},
	program{78, "Microsoft Corporation", "Microsoft Visual C++ 2013 x64 Minimum Runtime - {v}", "",
		"", []string{"12.0.40664"}},
	program{98, "Microsoft Corporation", "Microsoft Visual C++ 2015-2022 Redistributable (x64) - {v}", "", "",
		[]string{"14.32.31332|14.32.31332.0", "14.38.33135|14.38.33135.0", "14.40.33810|14.40.33810.0"}},
	program{97, "Microsoft Corporation", "Microsoft Visual C++ 2015-2022 Redistributable (x86) - {v}", "", "",
		[]string{"14.32.31332|14.32.31332.0", "14.38.33135|14.38.33135.0", "14.40.33810|14.40.33810.0"}},
	program{98, "Microsoft Corporation", "Microsoft Visual C++ 2022 X64 Additional Runtime - {v}", "", "",
		[]string{"14.32.31332", "14.38.33135", "14.40.33810"}},
	program{98, "Microsoft Corporation", "Microsoft Visual C++ 2022 X64 Minimum Runtime - {v}", "", "",
		[]string{"14.32.31332", "14.38.33135", "14.40.33810"}},
	program{97, "Microsoft Corporation", "Microsoft Visual C++ 2022 X86 Additional Runtime - {v}", "", "",
		[]string{"14.32.31332", "14.38.33135", "14.40.33810"}},
	program{97, "Microsoft Corporation", "Microsoft Visual C++ 2022 X86 Minimum Runtime - {v}", "", "",
		[]string{"14.32.31332", "14.38.33135", "14.40.33810"}},
	program{34, "Microsoft Corporation", "Microsoft .NET Runtime - {v} (x64)", `dotnet\dotnet.exe`, "",
		[]string{"6.0.21|48.84.6320", "6.0.33|48.132.10120", "8.0.8|64.32.17421", "8.0.10|64.40.21555"}},
	program{28, "Microsoft Corporation", "Microsoft Windows Desktop Runtime - {v} (x64)",
		`dotnet\shared\Microsoft.WindowsDesktop.App\PresentationCore.dll`, "",
		[]string{"6.0.21|48.84.6320", "6.0.36|48.144.23186", "8.0.8|64.32.17421", "8.0.10|64.40.21555"}},
	program{34, "Microsoft Corporation", "Microsoft .NET Host - {v} (x64)", "", "",
		[]string{"6.0.21|48.84.6320", "8.0.10|64.40.21555"}},
	program{34, "Microsoft Corporation", "Microsoft .NET Host FX Resolver - {v} (x64)", "", "",
		[]string{"6.0.21|48.84.6320", "8.0.10|64.40.21555"}},
	program{16, "Microsoft Corporation", "PowerShell 7-x64", `PowerShell\7\pwsh.exe`, "",
		[]string{"7.2.11.0", "7.4.1.0", "7.4.6.0"}},
	program{55, "Microsoft Corporation", "Microsoft Visual Studio 2010 Tools for Office Runtime (x64)", "", "",
		[]string{"10.0.60917", "10.0.60922"}},
	program{31, "Microsoft Corporation", "Microsoft ODBC Driver 17 for SQL Server", "", "",
		[]string{"17.10.1.1", "17.10.6.1"}},
	program{22, "Microsoft Corporation", "Microsoft OLE DB Driver for SQL Server", "", "",
		[]string{"18.6.5.0", "18.7.4.0"}},
	program{19, "Microsoft Corporation", "Microsoft SQL Server 2012 Native Client ", "", "", []string{"11.4.7462.6"}},
}

var windowsAgents = []product{
	program{100, "Microsoft Corporation", "Microsoft Edge", `Microsoft\Edge\Application\msedge.exe`,
		"Microsoft Edge", edgeReleases},
	program{100, "Microsoft Corporation", "Microsoft Edge Update", "", "Microsoft Edge Update", []string{"1.3.195.25"}},
	program{97, "Microsoft Corporation", "Microsoft Edge WebView2 Runtime",
		`Microsoft\EdgeWebView\Application\msedgewebview2.exe`, "Microsoft EdgeWebView", edgeReleases},
	program{91, "Microsoft Corporation", "Configuration Manager Client", "", "",
		[]string{"5.00.9106.1000", "5.00.9128.1007"}},
	program{84, "Microsoft Corporation", "Microsoft Update Health Tools", "", "", []string{"3.74.0.0", "5.72.0.0"}},
	program{61, "Microsoft Corporation", "Microsoft Intune Management Extension", "", "",
		[]string{"1.66.108.0", "1.83.107.0"}},
	program{95, "Microsoft Corporation", "Local Administrator Password Solution", "", "", []string{"6.2.0.0"}},
	program{88, "Zscaler Inc.", "Zscaler", `Zscaler\ZSATray\ZSATray.exe`, "Zscaler",
		[]string{"3.9.0.191", "4.3.0.226", "4.5.0.344"}},
	program{47, "Fortinet Technologies Inc", "FortiClient VPN", `Fortinet\FortiClient\FortiClient.exe`, "",
		[]string{"7.0.7.0345", "7.2.4.0972"}},
	program{12, "OpenVPN, Inc.", "OpenVPN {v} amd64", `OpenVPN\bin\openvpn.exe`, "",
		[]string{"2.6.5-I002|2.6.502", "2.6.12-I001|2.6.1201"}},
	program{80, "Splunk, Inc.", "UniversalForwarder", `SplunkUniversalForwarder\bin\splunkd.exe`, "",
		[]string{"9.0.5.0", "9.3.1.0"}},
	program{77, "Tenable, Inc.", "Nessus Agent (x64)", `Tenable\Nessus Agent\nessuscli.exe`, "",
		[]string{"10.4.1.20040", "10.7.3.20057"}},
	program{98, "CrowdStrike, Inc.", "CrowdStrike Windows Sensor", "", "",
		[]string{"7.04.17605.0", "7.16.18613.0", "7.18.18909.0"}},
	program{98, "CrowdStrike, Inc.", "CrowdStrike Sensor Platform", "", "",
		[]string{"7.04.17605.0", "7.16.18613.0", "7.18.18909.0"}},
	program{98, "CrowdStrike, Inc.", "CrowdStrike Device Control", "", "",
		[]string{"7.04.17605.0", "7.16.18613.0", "7.18.18909.0"}},
	program{96, "Qualys, Inc.", "Qualys Cloud Security Agent", "", "", []string{"5.2.0.29", "5.8.0.20"}},
	program{89, "Rapid7, Inc.", "Rapid7 Insight Agent", "", "", []string{"3.3.1.27", "4.0.13.32"}},
	program{93, "BigFix", "BigFix Client", `BigFix Enterprise\BES Client\BESClient.exe`, "",
		[]string{"10.0.9.21", "11.0.2.125"}},
	program{92, "Microsoft Corporation", "Windows PC Health Check", "", "", []string{"3.7.2204.15001"}},
	program{90, "Microsoft Corporation", "Microsoft Azure Information Protection", "", "",
		[]string{"2.16.73.0", "3.0.53.0"}},
	program{87, "Corp IT", "Corp Wireless Profiles", "", "", []string{"7.0", "7.1"}},
	program{69, "Snow Software AB", "Snow Inventory Agent", "", "", []string{"6.14.2.0", "7.0.1.0"}},
}

var hardwarePrograms = []product{
	program{83, "Intel Corporation", "Intel(R) Management Engine Components", "", "",
		[]string{"2145.16.0.2", "2306.4.10.0"}},
	program{81, "Intel Corporation", "Intel(R) Wireless Bluetooth(R)", "", "", []string{"22.200.0.2", "23.60.0.1"}},
	program{58, "Intel Corporation", "Intel® Software Installer", "", "", []string{"22.200.0.5", "23.60.0.10"}},
	program{74, "Intel Corporation", "Intel(R) Serial IO", "", "", []string{"30.100.2148.1"}},
	program{72, "Intel Corporation", "Intel(R) Dynamic Tuning Technology", "", "", []string{"8.7.10802.26924"}},
	program{86, "Realtek Semiconductor Corp.", "Realtek High Definition Audio Driver", "", "",
		[]string{"6.0.9136.1", "6.0.9549.1"}},
	program{64, "Realtek", "Realtek Card Reader", "", "", []string{"10.0.22000.31277"}},
	program{57, "Dell Inc.", "Dell Command | Update for Windows Universal", `Dell\CommandUpdate\dcu-cli.exe`, "",
		[]string{"4.9.0", "5.2.0", "5.4.0"}},
	program{52, "Dell Inc.", "Dell SupportAssist", `Dell\SupportAssistAgent\bin\SupportAssistAgent.exe`, "",
		[]string{"3.13.2.14", "4.0.3.61633"}},
	program{49, "Dell Inc.", "Dell Optimizer Core", "", "", []string{"4.1.353.0", "5.0.62.0"}},
	program{55, "Dell Inc.", "Dell Trusted Device Agent", "", "", []string{"5.4.0", "6.3.0"}},
	program{21, "Lenovo Group Ltd.", "Lenovo System Update", "", "", []string{"5.08.02.25"}},
	program{16, "Logitech", "Logi Options+", "", "", []string{"1.60.495862", "1.83.644602"}},
	program{18, "DisplayLink Corp.", "DisplayLink Graphics", "", "", []string{"10.3.6419.0", "11.5.5963.0"}},
	program{29, "NVIDIA Corporation", "NVIDIA Graphics Driver {v}", "", "", []string{"531.41", "560.94"}},
	program{34, "HP Inc.", "HP Universal Print Driver", "", "", []string{"7.0.1.24923"}},
}

// ownPrograms are made by the organization or for it: they have no product code.
var ownPrograms = []product{
	program{97, "Corp IT", "Corp Root Certificates", "", "", []string{"2022.1", "2024.2"}},
	program{96, "Corp IT", "Corp Software Center", `Corp\SoftwareCenter\center.exe`, "",
		[]string{"3.4.0", "3.6.1", "4.0.0"}},
	program{92, "Corp IT", "Corp Printer Setup", "", "", []string{"1.9.2", "2.0.0"}},
	program{85, "Lob Apps", "Headtrax", `~\Headtrax\headtrax.exe`, "", []string{"5.1.0", "5.2.3"}},
	program{62, "Lob Apps", "Timesheet", `~\Timesheet\timesheet.exe`, "", []string{"11.0.4", "11.3.0"}},
	program{33, "Northwind Traders", "Northwind Order Desk", `Northwind\OrderDesk\orderdesk.exe`, "",
		[]string{"8.2.1001", "8.4.1000"}},
	program{26, "Fabrikam", "Fabrikam Label Printing", "", "", []string{"3.0.17"}},
	program{21, "Contoso Ltd", "Contoso Quality Viewer", `Contoso\QView\qview.exe`, "", []string{"2019.4", "2023.1"}},
	program{90, "Corp IT", "Corp Remote Help", "", "", []string{"22.8", "24.1"}},
	program{94, "Corp IT", "Corp Screen Lock Policy", "", "", []string{"1.2"}},
}

var serverOnlyPrograms = []product{
	program{88, "VMware, Inc.", "VMware Tools", `VMware\VMware Tools\vmtoolsd.exe`, "",
		[]string{"11.3.5.18557794", "12.1.5.20735119", "12.3.0.22234872", "12.4.5.23787635"}},
	program{62, "Google LLC", "Google Chrome", `Google\Chrome\Application\chrome.exe`, "", chromeReleases},
	program{58, "Igor Pavlov", "7-Zip {v} (x64)", `7-Zip\7zFM.exe`, "7-Zip",
		[]string{"19.00", "22.01", "23.01", "24.08"}},
	program{66, "Notepad++ Team", "Notepad++ (64-bit x64)", `Notepad++\notepad++.exe`, "Notepad++",
		[]string{"8.4.6", "8.5.7", "8.6.9"}},
	program{41, "Simon Tatham", "PuTTY release {v} (64-bit)", `PuTTY\putty.exe`, "",
		[]string{"0.78|0.78.0.0", "0.80|0.80.0.0", "0.81|0.81.0.0"}},
	program{39, "Martin Prikryl", "WinSCP {v}", `WinSCP\WinSCP.exe`, "winscp3_is1", []string{"5.21.8", "6.1.2", "6.3.5"}},
	program{17, "Oracle Corporation", "MySQL Server 8.0", `MySQL\MySQL Server 8.0\bin\mysqld.exe`, "",
		[]string{"8.0.33", "8.0.36", "8.0.39", "8.0.40"}},
	program{15, "PostgreSQL Global Development Group", "PostgreSQL 15 ", `PostgreSQL\15\bin\postgres.exe`,
		"PostgreSQL 15", []string{"15.4-1", "15.8-1", "15.10-1"}},
	program{25, "Oracle Corporation", "Java {v} (64-bit)", `Java\jre-1.8\bin\java.exe`, "",
		[]string{"8 Update 371|8.0.3710.11", "8 Update 401|8.0.4010.10", "8 Update 431|8.0.4310.10"}},
	program{12, "Node.js Foundation", "Node.js", `nodejs\node.exe`, "", []string{"18.12.1", "20.11.0", "20.15.1"}},
	program{11, "OpenSSL Win64 Installer Team", "OpenSSL {v} (64-bit)", `OpenSSL-Win64\bin\openssl.exe`,
		"OpenSSL (64-bit)_is1", []string{"1.1.1k", "3.1.2", "3.3.1"}},
	program{72, "Veeam Software Group GmbH", "Veeam Agent for Microsoft Windows", "", "",
		[]string{"6.0.2.1090", "6.2.0.121"}},
	program{70, "Veeam Software Group GmbH", "Veeam Installer Service", "", "", []string{"12.0.0.1402", "12.2.0.334"}},
	program{83, "Microsoft Corporation", "Microsoft Monitoring Agent",
		`Microsoft Monitoring Agent\Agent\MonitoringHost.exe`, "", []string{"10.20.18067.0", "10.20.18076.0"}},
	program{65, "Microsoft Corporation", "Azure Connected Machine Agent", `AzureConnectedMachineAgent\azcmagent.exe`, "",
		[]string{"1.33.02399.1345", "1.46.02800.1840"}},
	program{81, "Microsoft Corporation", "Dependency Agent", "", "", []string{"9.10.16.22650"}},
	program{35, "Microsoft Corporation", "IIS URL Rewrite Module 2", "", "", []string{"7.2.1993"}},
	program{33, "Microsoft Corporation", "Microsoft Web Deploy 4.0", "", "", []string{"10.0.5923"}},
	program{27, "Microsoft Corporation", "Microsoft SQL Server Management Studio - {v}", "", "",
		[]string{"18.12.1|15.0.18424.0", "20.2|20.2.30.0"}},
	program{78, "Microsoft Corporation", "Microsoft System Center Operations Manager Agent", "", "",
		[]string{"10.19.10050.0"}},
	program{88, "Puppet Labs", "Puppet Agent (64-bit)", `Puppet Labs\Puppet\bin\puppet.bat`, "",
		[]string{"7.24.0", "8.9.0"}},
	program{85, "Zabbix SIA", "Zabbix Agent 2 (64-bit)", `Zabbix Agent 2\zabbix_agent2.exe`, "",
		[]string{"6.0.14.2400", "6.4.19.2400"}},
	program{76, "Dell Inc.", "Dell iDRAC Service Module", "", "", []string{"5.1.0.0", "5.3.1.0"}},
	program{42, "Microsoft Corporation", "Microsoft Azure Site Recovery Mobility Service/Master Target Server", "", "",
		[]string{"9.56.0.0", "9.62.0.0"}},
	program{94, "Corp IT", "Corp Patch Window", "", "", []string{"2.0", "2.1"}},
	program{92, "Corp IT", "Corp Server Baseline", "", "", []string{"2023.1", "2024.1", "2024.2"}},
	program{90, "Corp IT", "Corp Backup Policy", "", "", []string{"4.1", "4.2"}},
	program{87, "Corp IT", "Corp Log Shipping", "", "", []string{"1.7.0", "1.8.2"}},
	program{86, "Broadcom", "Symantec DLP Endpoint", "", "", []string{"15.8.0200", "16.0.1000"}},
	program{82, "BeyondTrust", "Privilege Management Agent", "", "", []string{"23.1.259.0", "24.3.112.0"}},
	program{84, "SolarWinds", "SolarWinds Agent", "", "", []string{"2023.1.0.1234", "2024.2.0.1420"}},
	program{93, "Intel Corporation", "Intel(R) Network Connections {v}", "", "", []string{"27.8|27.8.0.0"}},
	program{71, "Dell Inc.", "Dell OpenManage Systems Management Software (64-Bit)", "", "",
		[]string{"10.3.0.0", "11.0.1.0"}},
}
