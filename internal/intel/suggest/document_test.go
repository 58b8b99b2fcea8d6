package suggest_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/version"
)

var update = flag.Bool("update", false, "write doc/coverage.md")

const document = "../../../doc/coverage.md"

// TestCoverageIsTold holds doc/coverage.md to the tables of the code. With -update it writes the
// document.
func TestCoverageIsTold(t *testing.T) {
	want := coverageDocument()
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the code says (%v): run go test ./internal/intel/suggest -run TestCoverageIsTold -update",
			document, err)
	}
	for id := range elsewhere {
		if !slices.ContainsFunc(ecosystem.Distributions(), func(d ecosystem.Distribution) bool { return d.ID == id }) {
			t.Errorf("there is no distribution %q", id)
		}
	}
}

func coverageDocument() string {
	var b strings.Builder
	b.WriteString(introduction)
	b.WriteString("| reason | means |\n|---|---|\n")
	for r := coverage.NoDistributionFeed; int(r) < coverage.ReasonCount; r++ {
		fmt.Fprintf(&b, "| `%v` | %s |\n", r, r.Explain())
	}
	b.WriteString(windowsAndMacOS)
	b.WriteString("| distribution | feed | lists | seen | not seen | better served by |\n|---|---|---|---|---|---|\n")
	for _, d := range ecosystem.Distributions() {
		b.WriteString(distributionRow(d))
	}
	b.WriteString(languages)
	b.WriteString("| ecosystem | package URLs | lists | judged |\n|---|---|---|---|\n")
	for _, e := range ecosystem.All() {
		if e.Kind == ecosystem.Language {
			judged := "yes"
			if e.Scheme == version.Generic {
				judged = "no: the order of its versions is not known"
			}
			fmt.Fprintf(&b, "| %s | `pkg:%s` | %s | %s |\n", e.Name, e.PURL, advisories(e.Name), judged)
		}
	}
	b.WriteString(rest)
	return b.String()
}

// distributionRow says what is seen of a distribution, by the tables of ecosystems and of what
// publishers list.
func distributionRow(d ecosystem.Distribution) string {
	if len(d.Bases) > 0 {
		return derivativeRow(d)
	}
	wanted, _ := d.Wanted("1.0")
	feed, _, _ := strings.Cut(wanted, ":")
	if _, known := ecosystem.Of(feed); !known || feed == "" {
		return fmt.Sprintf("| %s | none that muster reads | | nothing | everything | %s |\n", nameOf(d.ID), better(d.ID))
	}
	e, _ := ecosystem.Of(feed)
	_, open := coverage.Listed(feed)
	open = open || e.OwnOpen
	lists := advisories(feed)
	if e.NotInOSV {
		lists = "not known"
	}
	seen, hidden := "what its advisories fix", "what has no fix yet"
	if open {
		seen, hidden = "what is fixed and what is open", ""
	}
	if len(d.Channels) == 0 {
		seen, hidden = "what "+feed+" fixes in the same packages (partly)", "packages that "+feed+" does not have; what has no fix yet"
	}
	if len(d.Paid) > 0 {
		seen += "; fixes for subscribers, as findings"
	}
	if e.OwnUnseen {
		seen += fmt.Sprintf("; `%s` was checked on the specification only", e.Own)
	}
	if e.Scheme == version.Generic {
		seen, hidden = "nothing", "everything: the order of its versions is not known"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", nameOf(d.ID), kindsOf(&e), lists, seen, hidden, better(d.ID))
}

// derivativeRow says what is seen of a distribution that takes another's packages.
func derivativeRow(d ecosystem.Distribution) string {
	var feeds, releases []string
	for _, b := range d.Bases {
		of := ecosystem.DistributionOf(b.ID)
		name, _ := of.Wanted(cmp.Or(b.Release, "1.0"))
		name, _, _ = strings.Cut(name, ":")
		e, _ := ecosystem.Of(name)
		if text := kindsOf(&e); !slices.Contains(feeds, text) {
			feeds = append(feeds, text)
		}
		release := b.ID + " " + cmp.Or(b.Release, "of the same release")
		if b.Of != "" {
			release = b.Of + " as " + release
		}
		releases = append(releases, release)
	}
	return fmt.Sprintf("| %s | %s | | as its base (partly): %s; another if the report names the base | its own packages, and what it changed in others |"+
		" %s |\n", nameOf(d.ID), strings.Join(feeds, ", "), strings.Join(releases, ", "), better(d.ID))
}

// kindsOf names an ecosystem and the kinds of feeds that have it.
func kindsOf(e *ecosystem.Ecosystem) string {
	switch {
	case e.Own == "":
		return "`" + e.Name + "`"
	case e.NotInOSV:
		return fmt.Sprintf("`%s` (`%s`)", e.Name, e.Own)
	}
	return fmt.Sprintf("`%s` (`%s`, or OSV)", e.Name, e.Own)
}

// nameOf is a distribution's id, and how a report spells it.
func nameOf(id string) string {
	if spelled := inventory.OSVersion(id, ""); spelled != id {
		return fmt.Sprintf("`%s` (`%s`)", id, spelled)
	}
	return "`" + id + "`"
}

func advisories(name string) string {
	n, _ := coverage.Listed(name)
	if n == 0 {
		return "not known"
	}
	return fmt.Sprintf("%d or more", n)
}

// elsewhere says who answers better for distributions that muster sees badly.
var elsewhere = map[string]string{
	"amzn": "`dnf updateinfo list --security`, Amazon Inspector", "fedora": "`dnf updateinfo list --security`", "kali": "`apt list --upgradable`",
	"linuxmint": "`mintupdate-cli list`", "centos": "`oscap` with an OVAL file while one is published",
	"centos-stream": "`dnf updateinfo list --security`", "ol": "`oscap` with Oracle's OVAL file, `dnf updateinfo list --security`",
}

func better(id string) string { return elsewhere[id] }

const introduction = `# Coverage

No findings mean one of two things: nothing is known against the software, or nobody looked. This page says where muster looks, and
where it does not. It is made from the program's own tables (` + "`internal/intel/suggest/document_test.go`" + `).

Every piece of software, and every device, is *assessed*, *partly* assessed or *not assessed*, with a reason and the feeds that were
asked. ` + "`muster coverage`" + ` counts them, ` + "`muster device show`" + ` and ` + "`GET /v1/coverage`" + ` name them, and ` + "`muster feed suggest`" + ` lists the feeds that would
help. How the answers are found is in decisions [65](decision/0065-when-a-component-is-assessed.md) and
[66](decision/0066-what-a-feed-covers.md).

`

const windowsAndMacOS = `
## Windows and macOS

| software | feeds | seen | not seen | better served by |
|---|---|---|---|---|
| Windows itself | ` + "`cve5`, `msrc`" + ` | CVEs of the build, if the report has its revision; with ` + "`msrc`" + ` which update fixes each, and CVEs that only an update tells, if the report lists updates | features that are turned off; drivers and firmware; what an update needs beside being installed | Windows Update for Business reports, WSUS |
| macOS itself | ` + "`sofa`, `cve5`, `nvd`" + ` | CVEs of the version, by Apple's releases of its major version, and what has no update there | rapid responses to a version that have no number of their own | Apple's release notes, an MDM |
| programs of Windows, applications of macOS | ` + "`cve5`" + `, ` + "`nvd`" + ` | titles that an exact key identifies | all others (` + "`noProductCode`" + `): most titles of small makers; Microsoft 365 Apps and Office 2019 and later, of which records name no build (` + "`noFixedBuild`" + `); Office 2016 and older and .NET Framework, of which updates change files and not the entry (` + "`noVersion`" + `); of Exchange Server, without the build of its files, security updates (*partly*); libraries inside programs | the maker's updater, a software deployment tool |

CVE records before about 2020 name products in words alone: without ` + "`nvd`" + ` old versions of programs have fewer findings than they should.

## Linux

A distribution's packages are judged by the advisories of that distribution and by nothing else; those of a derivative by its base's, as a stand-in.
Feeds are of OSV, or of the kind in brackets, in which the publisher says more ([feeds.md](feeds.md)). Programs that were installed beside its
packages are only seen if an SBOM names them.

`

const languages = `
## Packages of languages

They come from SBOMs and collectors with package URLs. Each ecosystem needs its own feed. An advisory without a CVE is in no export row
unless it is asked for.

`

const rest = `
## Not at all

| what | why | better served by |
|---|---|---|
| firmware, routers, printers, phones | muster collects reports of computers | a network scanner, an MDM |
| container images in a registry | nothing pulls them; an SBOM of each can be reported | Trivy, Grype |
| source code, and files that no package manager installed | a file that lies on a disk is not installed software | OSV-Scanner in the build |
| cloud services and their settings | there is no device to report | the provider's own posture management |
| flaws without a CVE or an advisory | there is no feed | a penetration test |
`
