package subject_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/subject"
)

// decorations are what packagers add to a name, a class a line: "@" is the name, "#" the version.
var decorations = []string{
	// architectures
	"@ x64", "@ (x64)", "@ 64-bit", "@ (64-bit)", "@ 64 bit", "@ (64 Bit)", "@ - x64", "@-x64", "@-64 bit", "@_x64", "@ x86_64", "@ (x86_64)",
	"@ amd64", "@ ARM64", "@ (ARM64)", "@ AArch64", "@ (arm64-v8a)", "@ i686", "@ (i586)", "@ win64", "@ (32bit)", "@ x86-64", "@ [x64]",
	"@ (64-bit Edition)", "@ x64 Edition", "@ 64-Bit Edition", "@ (Apple Silicon)", "@ (Intel)", "@ (Universal)", "@ # (x64)", "@ (x64) #",
	"@ x64 #", "@ # 64-bit", "@ v# (64-bit)", "@ version # x64", "@ (#)", "@ (v#)", "@-#", "@ - #", "@, version #", "@ (x64, #)",
	"@ [#]", "@ (64-bit) (#)", "@ Version #", "@ Ver. #", "@ ver #",
	// platforms
	"@ for Windows", "@ (Windows)", "@ - Windows", "@Windows", "@-windows", "@ for Windows (x64)", "@ Windows 64-bit", "@ for Windows 10",
	"@ for Windows 10/11", "@ for Microsoft Windows", "@ for MS Windows", "@ for Windows Desktop", "@ for Windows NT", "@ on Windows",
	"@ for Mac", "@ for macOS", "@ for Mac OS X", "@ (macOS)", "@ Mac", "@MacOS", "@ for OS X", "@OSX", "@ for Mac OS", "@ for Apple macOS",
	"@Win64", "@ Win32", "@ (Win)", "@-win-x64", "@ for Windows x64 #", "@ # for Windows", "@ (for Windows)", "@ for PC",
	// languages
	"@ - Deutsch", "@ (Deutsch)", "@ [Deutsch]", "@ (German)", "@ - German (Germany)", "@ (de)", "@ (de-DE)", "@ (de_DE)",
	"@ de-DE", "@ - en-US", "@ (en-US)", "@ (x64 de)", "@ (x64 en-US)", "@ - English (United States)", "@ (English)",
	"@ - Português (Brasil)", "@ - Chinese (Simplified)", "@ (Simplified Chinese)", "@ - 简体中文", "@ (日本語)", "@ - Čeština", "@ - Eesti",
	"@ - Latviešu", "@ - Lietuvių", "@ - Català", "@ - Tiếng Việt", "@ - Bahasa Indonesia", "@ - हिन्दी", "@ - ไทย", "@ - Srpski",
	"@ (Estonian)", "@ - Français (Canada)", "@ - Español (México)", "@ (EN)", "@ [en]", "@ (multilingual)", "@ MUI", "@ (MUI)",
	"@ - English/Deutsch", "@ - Deutsch #", "@ # (German)", "@ # - Deutsch (x64)", "@ (x64) - Deutsch", "@ - English (UK)", "@ (zh_CN)", "@ (pt-BR)",
	"@ (sr-Latn)", "@ (zh-Hant-TW)", "@ (es-419)",
	// scopes and signs
	"@®", "@™ #", "@ (R)", "@.app", "@ (User)", "@ (current user)", "@ (all users)", "@ (System)", "@ (per-user)", "@ (Machine)", "@ (remove only)", "@ (Remove or Repair)",
}

// makerNotes are what is added to the name of a maker; "@@" is an address of mail at the name.
var makerNotes = []string{
	"@", "@ Inc.", "The @", "@, https://www.@.example/", "@ (https://@.example)", "@ - www.@.com",
	"@ <https://@.example>", "@ http://@.org", "@; https://@.org", "@ | https://@.net", "@ (www.@.de)", "@, @.io",
	"@ (@.dev)", "@ <info@@.org>", "@ (support@@.com)", "@ Team", "@ Project", "@ Foundation", "@ e.V.",
	"@ Developers", "The @ Team", "The @ Project Team", "@ Software Foundation", "@ and its contributors",
	"@ contributors", "@ Labs Inc", "@ and/or its affiliates", "@, Inc. and/or its affiliates", "Copyright (c) @",
	"© @", "© 2024 @", "@ GmbH & Co. KG", "@ S.A.", "@ Sp. z o.o.", "@ s.r.o.", "@ a.s.", "@ d.o.o.", "@ Pty Ltd",
	"@ Pte. Ltd.", "@ (Pty) Ltd", "@ Co., Ltd.", "@ Kft.", "@ Oy", "@ AB", "@ A/S", "@ ApS", "@ S.r.l.",
	"@ S.p.A.", "@ B.V.", "@ N.V.", "@ K.K.", "@ LLP", "@ PLC", "@ UG (haftungsbeschränkt)", "@ e.K.", "@ SARL",
	"@ SAS", "@ Ltda.", "@ S.L.U.", "@ Limited Liability Company", "@株式会社", "株式会社@", "ООО @", "ООО «@»", "@有限公司",
	"@ Technologies, Inc.", "@ Software", "@ Software Ltd", "CN=@ Ltd, O=@ Ltd, C=US", "O=@ Ltd, CN=x, C=US",
	"CN=\"@, Inc.\", O=\"@, Inc.\", C=US", "@ Corporation", "@ Development Team", "@ Dev Team", "@ Community",
	"@ Authors",
}

// madeName draws a name that nobody has.
func madeName(t *rapid.T, what string, words int) string {
	return strings.Join(rapid.SliceOfN(rapid.StringMatching(`[A-Z][a-z]{4,8}`), 1, words).Draw(t, what), " ")
}

// TestMadeNames says of names that nobody has, with whatever of a class added: the bare name is one of the readings.
func TestMadeNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := madeName(t, "name", 3) + rapid.SampledFrom([]string{"", "", " 7", " Server", "++", " Pro"}).Draw(t, "end")
		for _, d := range decorations {
			name := strings.NewReplacer("@", base, "#", "3.14.2").Replace(d)
			want := subject.Title{Vendor: "tolvar", Name: strings.ToLower(base)}
			if readings := subject.Readings("Tolvar GmbH", name, "3.14.2"); !slices.Contains(readings, want) {
				t.Fatalf("%q is read as %q", name, readings)
			}
		}
	})
}

// TestMadeMakers says the same of makers.
func TestMadeMakers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := madeName(t, "name", 1)
		for _, d := range makerNotes {
			vendor := strings.ReplaceAll(strings.ReplaceAll(d, "@@", "\x00"), "@", base)
			vendor = strings.ReplaceAll(vendor, "\x00", "@"+strings.ToLower(base))
			if got := subject.Vendors(vendor); !slices.Contains(got, strings.ToLower(base)) {
				t.Fatalf("%q is read as %q", vendor, got)
			}
		}
	})
}

// TestNamesThatStay says what is part of a name: nothing of it is left out.
func TestNamesThatStay(t *testing.T) {
	for _, name := range []string{"Quorvex Add-in", "Quorvex Wi-Fi", "Quorvex Plug-in", "Quorvex Single Sign-on", "Quorvex for Office",
		"Quorvex for Windows Server", "Quorvex Enterprise", "Quorvex (Enterprise)", "Quorvex (Beta)", "Quorvex for Teams",
		"Quorvex on Demand", "Quorvex Robot Arm", "Quorvex - China", "Quorvex (China)", "Quorvex Intel", "Quorvex English",
		"Quorvex Edition", "Quorvex Universal", "Quorvex [Preview]", "Quorvex 2022", "Quorvex LTSC (LTS)", "Quorvex for Mac and PC Users",
		"Quorvex-64", "Quorvex 3.13", "Quorvex (3.13)", "Quorvex-3.13.0", "Quorvex Windows Client", "Quorvex Desktop", "Quorvex PC"} {
		want := subject.CleanText(name)
		for _, r := range subject.Readings("Tolvar", name, "3.14.2") {
			bare := strings.NewReplacer("(", "", ")", "", "[", "", "]", "").Replace(want)
			if r.Name != want && r.Name != bare {
				t.Errorf("%q is read as %q", name, r.Name)
			}
		}
	}
}
