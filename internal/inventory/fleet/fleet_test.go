package fleet_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
)

var update = flag.Bool("update", false, "write testdata/reports.txt anew")

var begun = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// small is the fleet of most tests.
var small = fleet.Fleet{Seed: 1, Devices: 240, Begun: begun, Changing: 0.1}

func TestReportsAreFunctionsOfTheirArguments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fleet.Fleet{Seed: rapid.Uint64().Draw(t, "seed"), Devices: 50, Begun: begun,
			Changing: rapid.Float64Range(0, 1).Draw(t, "changing")}
		i, step := rapid.IntRange(0, f.Devices-1).Draw(t, "device"), rapid.IntRange(0, 8).Draw(t, "step")
		want := f.Report(i, step)
		f.Report(rapid.IntRange(0, f.Devices-1).Draw(t, "other device"), rapid.IntRange(0, 8).Draw(t, "other step"))
		if diff := cmp.Diff(want, f.Report(i, step)); diff != "" {
			t.Errorf("the report differs when it is asked for again (-first +again):\n%s", diff)
		}
	})
}

func TestReportsBelongToTheCaller(t *testing.T) {
	for i := range 20 {
		want := small.Report(i, 0)
		spoiled := small.Report(i, 0)
		spoil(spoiled)
		if diff := cmp.Diff(want, small.Report(i, 0)); diff != "" {
			t.Errorf("a changed report changed the fleet:\n%s", diff)
		}
	}
}

// spoil overwrites everything that a report refers to.
func spoil(r *inventory.Report) {
	for i := range r.Software {
		for _, list := range [][]string{r.Software[i].DiskPaths, r.Software[i].RegistryPaths} {
			clearStrings(list)
		}
		r.Software[i] = inventory.Software{}
	}
	clear(r.Configurations)
	clearStrings(r.Hotfixes)
	clearStrings(r.Device.Tags)
	for _, facts := range r.Facts {
		clear(facts)
	}
}

func clearStrings(list []string) {
	for i := range list {
		list[i] = "spoiled"
	}
}

func TestReportsAreInNormalForm(t *testing.T) {
	for step := range 3 {
		for r := range small.All(step) {
			again := *r
			again.Software = slices.Clone(r.Software)
			if err := again.Normalize(r.Time); err != nil {
				t.Fatalf("%s: %v", r.Device.Name, err)
			}
			if diff := cmp.Diff(*r, again); diff != "" {
				t.Errorf("%s is not in normal form (-is +normal):\n%s", r.Device.Name, diff)
			}
		}
	}
}

func TestDevicesAreDistinct(t *testing.T) {
	ids, paths := map[string]bool{}, map[string]string{}
	for r := range small.All(0) {
		if ids[r.Device.ID] || ids[r.Device.Name] || len(r.Device.ID) != inventory.DeviceIDLength {
			t.Errorf("device %s (%s) is not the only one", r.Device.Name, r.Device.ID)
		}
		ids[r.Device.ID], ids[r.Device.Name] = true, true
		for _, s := range r.Software {
			if s.Kind != "windows" && s.Kind != "macos" || strings.HasPrefix(s.BundleID, "com.apple.") {
				continue
			}
			evidence := strings.Join(slices.Concat(s.DiskPaths, s.RegistryPaths), "\n")
			if other := paths[evidence]; other != "" {
				t.Errorf("%s on %s has the paths of %s:\n%s", s.Name, r.Device.Name, other, evidence)
			}
			paths[evidence] = r.Device.Name
		}
	}
}

func TestEveryTwentyDevicesHaveEveryRole(t *testing.T) {
	want := map[string]int{"ws": 10, "srv": 3, "mac": 3, "deb": 1, "ubu": 1, "alma": 1, "rhel": 1}
	for first := 0; first < small.Devices; first += 20 {
		got := map[string]int{}
		for i := range 20 {
			prefix, _, _ := strings.Cut(small.Report(first+i, 0).Device.Name, "-")
			got[prefix]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("roles of devices %d to %d (-want +got):\n%s", first, first+19, diff)
		}
	}
}

func TestSoftwareOfADevice(t *testing.T) {
	for r := range small.All(0) {
		if n := len(r.Software); n < 50 || n > 200 {
			t.Errorf("%s has %d software", r.Device.Name, n)
		}
		mac := r.Device.OSPlatform == inventory.MacOS
		if mac != (len(r.Facts) == 0) || len(r.Configurations) == 0 {
			t.Errorf("%s has facts of %d families and %d results", r.Device.Name, len(r.Facts), len(r.Configurations))
		}
	}
}

// A step changes exactly the devices that Changes names, and by little.
func TestSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fleet.Fleet{Seed: rapid.Uint64().Draw(t, "seed"), Devices: 50, Begun: begun, Changing: 0.5}
		i, step := rapid.IntRange(0, f.Devices-1).Draw(t, "device"), rapid.IntRange(1, 12).Draw(t, "step")
		before, after := f.Report(i, step-1), f.Report(i, step)
		if got := after.Time.Sub(before.Time); got != 24*time.Hour {
			t.Errorf("a step takes %v", got)
		}
		n := differences(before, after)
		if changes := f.Changes(i, step); changes != (n > 0) || n > 3 {
			t.Errorf("device %d, step %d: changes %v, %d differences", i, step, changes, n)
		}
	})
}

// differences counts the differences between two reports of a device: products (packages of one
// source count as one), the operating system, facts and results.
func differences(a, b *inventory.Report) int {
	changed := map[string]bool{}
	if a.Device.OSVersion != b.Device.OSVersion {
		changed["system"] = true
	}
	for product := range symmetric(products(a), products(b)) {
		name, _, _ := strings.Cut(product, "\x00")
		changed["software "+name] = true
	}
	for setting := range symmetric(settings(a), settings(b)) {
		name, _, _ := strings.Cut(setting, "\x00")
		changed["setting "+name] = true
	}
	return len(changed)
}

// products lists what is installed: the product without its version, and the rest of the entry.
func products(r *inventory.Report) map[string]bool {
	set := map[string]bool{}
	for _, s := range r.Software {
		product := s.Kind + s.SourcePackage
		if s.SourcePackage == "" {
			product = s.Vendor + s.BundleID + withoutVersion(s.Name)
		}
		set[product+"\x00"+fmt.Sprint(s)] = true
	}
	return set
}

// withoutVersion drops the words of a name that begin with a digit, and so every version: "OpenSSL 1.1.1k
// (64-bit)" and "OpenSSL 3.1.2 (64-bit)" are one product.
func withoutVersion(name string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(name), func(word string) bool {
		return '0' <= word[0] && word[0] <= '9'
	}), " ")
}

func settings(r *inventory.Report) map[string]bool {
	set := map[string]bool{}
	for family, facts := range r.Facts {
		for key, value := range facts {
			if family == "windows" {
				continue // they follow from the operating system
			}
			set[family+" "+key+"\x00"+value] = true
		}
	}
	for _, c := range r.Configurations {
		set[c.ConfigurationID+"\x00"+fmt.Sprint(c)] = true
	}
	return set
}

// symmetric returns the symmetric difference of two sets.
func symmetric(a, b map[string]bool) map[string]bool {
	only := map[string]bool{}
	for _, pair := range [][2]map[string]bool{{a, b}, {b, a}} {
		for item := range pair[0] {
			if !pair[1][item] {
				only[item] = true
			}
		}
	}
	return only
}

func TestChangedYieldsTheDevicesThatChange(t *testing.T) {
	var got, want []string
	for r := range small.Changed(2) {
		got = append(got, r.Device.Name)
	}
	for i := range small.Devices {
		if small.Changes(i, 2) {
			want = append(want, small.Report(i, 2).Device.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changed devices (-want +got):\n%s", diff)
	}
	if share := float64(len(got)) / float64(small.Devices); share < 0.04 || share > 0.18 {
		t.Errorf("%.2f of the devices change, want about %.2f", share, small.Changing)
	}
	for range small.Changed(0) {
		t.Fatal("step 0 changes a device")
	}
}

// goldenDevices are one device of each kind of operating system.
var goldenDevices = []int{0, 1, 2, 6}

func TestGolden(t *testing.T) {
	const file = "testdata/reports.txt"
	var got strings.Builder
	for _, i := range goldenDevices {
		for step := range 3 {
			writeReport(&got, small.Report(i, step), step)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("reports differ from %s, which -update writes anew (-want +got):\n%s", file, diff)
	}
}

// writeReport writes a whole report at step 0; for later steps only the identity and the counts.
func writeReport(w *strings.Builder, r *inventory.Report, step int) {
	fmt.Fprintf(w, "%s %s %s %s %s %s %v\n", r.Time.Format(time.RFC3339), r.Device.ID, r.Device.Name, r.Device.OSPlatform,
		r.Device.OSVersion, r.Device.OSArchitecture, r.Device.Tags)
	fmt.Fprintf(w, "\t%d software, %d families, %d results\n", len(r.Software), len(r.Facts), len(r.Configurations))
	if step > 0 {
		return
	}
	for _, s := range r.Software {
		fmt.Fprintf(w, "\t%s | %s | %s %s %s%s\n", s.Kind, s.Vendor, s.Name, s.Version, s.PURL, s.BundleID)
		for _, path := range slices.Concat(s.DiskPaths, s.RegistryPaths) {
			fmt.Fprintf(w, "\t\t%s\n", path)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(settings(r))) {
		fmt.Fprintf(w, "\t%s\n", strings.ReplaceAll(line, "\x00", " = "))
	}
}
