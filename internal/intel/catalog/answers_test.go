package catalog_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/testneed"
)

// systems are the platforms of the test's components.
var systems = [...]struct{ platform, version string }{
	{"Windows11", ""}, {"macOS", ""}, {"Linux", "debian_12"}, {"Linux", "enterprise_linux_9"},
	{"Linux", "ubuntu_linux_22.04"},
}

// componentsOf makes components from records: for every bound of a range, by CPE, by name and as a
// package, so that all rules of a catalog are used.
func componentsOf(records []intel.Record) []catalog.Component {
	seen := map[catalog.Component]bool{}
	for i, r := range records {
		on := systems[i%len(systems)]
		add := func(component catalog.Component) {
			component.OSPlatform, component.OSVersion = on.platform, on.version
			seen[component] = true
		}
		for _, a := range r.Affected {
			for _, version := range bounds(a.Versions) {
				switch a.Part {
				case "a":
					add(catalog.Component{Kind: "generic",
						CPE:     fmt.Sprintf("cpe:2.3:a:%s:%s:*:*:*:*:*:%s:*:*", a.Vendor, a.Product, or(a.TargetSW, "*")),
						Version: version})
					add(catalog.Component{Kind: "windows", Vendor: a.Vendor, Name: a.Product, Version: version})
				case "":
					add(catalog.Component{Kind: "windows", Vendor: a.Vendor, Name: a.Product, Version: version})
				}
				if strings.HasPrefix(version, "10.0.") {
					seen[system("Windows10", version)], seen[system("Windows11", version)] = true, true
					seen[system("WindowsServer2022", version)], seen[system("WindowsServer2019", version)] = true, true
				}
			}
		}
		for _, p := range r.Packages {
			kind, os := "rpm", "enterprise_linux_"+strings.TrimPrefix(p.Ecosystem, "AlmaLinux:")
			switch {
			case strings.HasPrefix(p.Ecosystem, "Debian:"):
				kind, os = "deb", "debian_"+strings.TrimPrefix(p.Ecosystem, "Debian:")
			case strings.HasPrefix(p.Ecosystem, "Ubuntu:"):
				kind, os = "deb", "ubuntu_linux_"+strings.TrimPrefix(p.Ecosystem, "Ubuntu:")
			case p.Ecosystem == "Go":
				kind, os = "go", ""
			}
			for _, version := range bounds(p.Ranges) {
				seen[linux(kind, p.Name, version, os)] = true
			}
		}
	}
	var list []catalog.Component
	for r := range seen {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b catalog.Component) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func bounds(ranges []intel.Range) []string {
	var list []string
	for i, r := range ranges {
		if i == 4 {
			break
		}
		for _, bound := range [...]string{r.Exact, r.Low, r.High} {
			if bound != "" {
				list = append(list, bound)
			}
		}
	}
	return list
}

// sumOf hashes everything that a catalog answers about components, including explanations.
func sumOf(c *catalog.Catalog, components []catalog.Component) (sum string, hits int) {
	h := sha256.New()
	for _, r := range components {
		v := c.Judge(r)
		fmt.Fprintf(h, "%s\x00%s\x00%x\n", v.Rule, identity(v), v.Fingerprint)
		for _, hit := range v.Hits {
			fmt.Fprintf(h, "%s %s %+v %v\n", hit.CVE, hit.Source, hit.Fix, hit.Published.Unix())
		}
		binary.Write(h, binary.BigEndian, int64(len(v.Hits)))
		hits += len(v.Hits)
	}
	return hex.EncodeToString(h.Sum(nil)), hits
}

// TestAnswersAreThoseOfBefore: a catalog gives the same answers, including fingerprints and
// explanations, as in format 1, when one file was built from the records of all feeds.
func TestAnswersAreThoseOfBefore(t *testing.T) {
	t.Run("sample", func(t *testing.T) {
		file, err := os.Open(samplePath)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var records []intel.Record
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var line sampleLine
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			records = append(records, line.Record)
		}
		wantSum(t, sample(t), componentsOf(records), "182b8c7a513847efb3934d503509a181272c6f84bf7e5613d6ed4d3036e14b3d")
	})
	t.Run("real", func(t *testing.T) {
		dir := sharedData(t)
		var components []catalog.Component
		for _, s := range sources {
			var records []intel.Record
			for r, err := range s.feed.Parse(context.Background(), only{dir, s.path}) {
				if err == nil {
					records = append(records, r)
				}
			}
			components = append(components, componentsOf(records)...)
		}
		if testneed.Soak() {
			wantSum(t, corpus(t), components, "344f6ddc3a26534aa143935d067e5d31ae3149fb672861a5fffe176cc5f64edd")
			return
		}
		var few []catalog.Component
		for i := 0; i < len(components); i += 32 {
			few = append(few, components[i])
		}
		wantSum(t, corpus(t), few, "28e80633fd27a2c2edf90533e7efb6cbceb0d2a8c5f8477ec2b4f3dff677c15e")
	})
}

func wantSum(t *testing.T, c *catalog.Catalog, components []catalog.Component, want string) {
	t.Helper()
	if got, hits := sumOf(c, components); got != want {
		t.Errorf("%d components have %d hits and the sum %s, want %s", len(components), hits, got, want)
	}
}
