package stored_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/stored"
)

// packages makes a source's document with a number of packages, counted from from.
func packages(codec *stored.Codec, t *testing.T, name string, from, n int) inventory.Document {
	t.Helper()
	r := &inventory.Report{Device: inventory.Device{Name: "host"}, Software: []inventory.Software{}}
	for i := range n {
		r.Software = append(r.Software, inventory.Software{Name: fmt.Sprintf("%s-%05d", name, from+i)})
	}
	docs, err := codec.Documents(inventorytest.Normalized(t, r))
	if err != nil {
		t.Fatal(err)
	}
	return docs[0]
}

// join joins documents, and counts the software of each name.
func join(t *testing.T, codec *stored.Codec, docs []inventory.Document) (count map[string]int, left int) {
	t.Helper()
	r, cut, err := codec.Join(inventory.Device{Name: "host"}, inventory.Each(docs))
	if err != nil {
		t.Fatal(err)
	}
	count = map[string]int{}
	for _, s := range r.Software {
		count[s.Name[:1]]++
	}
	return count, cut[inventory.SectionSoftware]
}

// A developer's machine of 20,000 packages has forty SBOMs of containers, most of which contain
// the same.
func TestHonestDevicesAreNotCut(t *testing.T) {
	codec := inventorytest.Codec(t)
	docs := []inventory.Document{packages(codec, t, "d", 0, inventory.MaxSoftware)}
	for i := range 40 {
		docs = append(docs, packages(codec, t, "c", i*300, 2000))
	}
	if count, left := join(t, codec, docs); count["d"] != 20_000 || count["c"] != 39*300+2000 || left != 0 {
		t.Errorf("%v, and %d left out", count, left)
	}
}

// Large sources get equal shares, whatever their names, and small ones are kept whole; equal
// documents give equal results.
func TestSourcesShareADevice(t *testing.T) {
	codec := inventorytest.Codec(t)
	var docs []inventory.Document
	for _, name := range []string{"a", "b", "c", "z"} {
		docs = append(docs, packages(codec, t, name, 0, inventory.MaxSoftware))
	}
	docs = slices.Insert(docs, 3, packages(codec, t, "m", 0, 10))
	const each = (stored.MaxDevice - 10) / 4
	for range 2 {
		count, left := join(t, codec, docs)
		for _, name := range []string{"a", "b", "c", "z"} {
			if count[name] != each {
				t.Errorf("source %s has %d entries, want %d", name, count[name], each)
			}
		}
		if count["m"] != 10 || left != 4*(inventory.MaxSoftware-each) {
			t.Errorf("the small source has %d entries, want 10; %d left out", count["m"], left)
		}
	}
}

// The other sections are bounded like software, and facts are left out by families: half a family
// would say that the rest is not set.
func TestEverySectionOfADeviceIsBounded(t *testing.T) {
	codec := inventorytest.Codec(t)
	var docs []inventory.Document
	for i := range 8 {
		r := &inventory.Report{Device: inventory.Device{Name: "host"}, Facts: inventory.Facts{}}
		for n := range 9_000 {
			r.Hotfixes = append(r.Hotfixes, fmt.Sprint("KB", i*10_000+n))
		}
		for n := range 19_000 {
			r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: fmt.Sprint(i, "-", n)})
		}
		for n := range 100 {
			family := map[string]string{}
			for m := range 200 {
				family[fmt.Sprint(m)] = "x"
			}
			r.Facts[fmt.Sprint(i, "-", n)] = family
		}
		of, err := codec.Documents(inventorytest.Normalized(t, r))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, of...)
	}
	r, left, err := codec.Join(inventory.Device{Name: "host"}, inventory.Each(docs))
	if err != nil {
		t.Fatal(err)
	}
	facts := 0
	for name, family := range r.Facts {
		if len(family) != 200 {
			t.Errorf("family %s has %d facts, want all or none", name, len(family))
		}
		facts += len(family)
	}
	for section, got := range map[inventory.Section]int{
		inventory.SectionHotfixes: len(r.Hotfixes), inventory.SectionFacts: facts,
		inventory.SectionConfigurations: len(r.Configurations),
	} {
		given := map[inventory.Section]int{inventory.SectionHotfixes: 72_000, inventory.SectionFacts: 160_000,
			inventory.SectionConfigurations: 152_000}[section]
		if got > stored.MaxDevice || got < stored.MaxDevice*9/10 || got+left[section] != given {
			t.Errorf("%v: %d entries, and %d left out of %d", section, got, left[section], given)
		}
	}
}

// Others who write sources of a device cannot hide what its own credential says: neither by
// volume, nor by contradicting it in a later source.
func TestOthersDoNotPushOutWhatADeviceSaysOfItself(t *testing.T) {
	codec := inventorytest.Codec(t)
	own := func(doc inventory.Document) inventory.Document { doc.Own = true; return doc }
	t.Run("by much", func(t *testing.T) {
		docs := []inventory.Document{own(packages(codec, t, "a", 0, inventory.MaxSoftware))}
		for range 3 {
			for i := range 10 {
				docs = append(docs, packages(codec, t, string(rune('b'+i)), 0, inventory.MaxSoftware))
			}
		}
		count, _ := join(t, codec, docs)
		if count["a"] != inventory.MaxSoftware || len(count) != 11 {
			t.Errorf("of the device's own 20,000 entries are left %d of %v", count["a"], count)
		}
	})
	t.Run("nor the other way round", func(t *testing.T) {
		docs := []inventory.Document{packages(codec, t, "z", 0, inventory.MaxSoftware)}
		for i := range 10 {
			docs = append(docs, own(packages(codec, t, string(rune('b'+i)), 0, inventory.MaxSoftware)))
		}
		if count, _ := join(t, codec, docs); count["z"] != inventory.MaxSoftware {
			t.Errorf("of 20,000 entries of others are left %d", count["z"])
		}
	})
	t.Run("by a later word", func(t *testing.T) {
		says := func(value string, compliant bool) []inventory.Document {
			docs, err := codec.Documents(inventorytest.Normalized(t, &inventory.Report{Device: inventory.Device{Name: "host"},
				Facts: inventory.Facts{"sshd": {"PermitRootLogin": value}, value: {"x": "y"}},
				Configurations: []inventory.Configuration{{ConfigurationID: "rule", Applicable: true, Compliant: compliant},
					{ConfigurationID: value}}}))
			if err != nil {
				t.Fatal(err)
			}
			return docs
		}
		truth, lie := says("yes", false), says("no", true)
		for i := range truth {
			truth[i] = own(truth[i])
		}
		for name, docs := range map[string][]inventory.Document{"after it": slices.Concat(truth, lie),
			"before it": slices.Concat(lie, truth)} {
			r, _, err := codec.Join(inventory.Device{Name: "host"}, inventory.Each(docs))
			if err != nil {
				t.Fatal(err)
			}
			rule := slices.IndexFunc(r.Configurations,
				func(c inventory.Configuration) bool { return c.ConfigurationID == "rule" })
			if r.Facts["sshd"]["PermitRootLogin"] != "yes" || r.Configurations[rule].Compliant || len(r.Facts) != 3 ||
				len(r.Configurations) != 3 {
				t.Errorf("%s: %v, %+v", name, r.Facts, r.Configurations)
			}
		}
	})
}
