package plist_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

func recorded(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestStrings: both forms say the same; what is nested, or no text, is left out.
func TestStrings(t *testing.T) {
	want := map[string]string{"CFBundleIdentifier": "com.example.Büro", "CFBundleName": "Büro & Söhne",
		"CFBundleShortVersionString": "1.2", "LSMinimumSystemVersion": "11.0", "NSHumanReadableCopyright": strings.Repeat("x", 300)}
	for _, name := range []string{"info-binary.plist", "info-xml.plist"} {
		got, err := plist.Strings([]byte(recorded(t, name)))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestValues: both forms say the same of all kinds of values and of members of members.
func TestValues(t *testing.T) {
	want := map[string]plist.Value{"name": {plist.Text, "Büro & Söhne", 1}, "on": {plist.Truth, "1", 1}, "off": {plist.Truth, "0", 1},
		"count": {plist.Number, "300", 1}, "below": {plist.Number, "-1", 1}, "share": {plist.Number, "0.5", 1},
		"when": {plist.Date, "2024-09-16T12:00:00Z", 1}, "bytes": {plist.Data, "", 1}, "NAT:Enabled": {plist.Number, "1", 2},
		"users:0": {plist.Text, "root", 2}, "users:1": {plist.Text, "ann", 2},
		"Destinations:0:State": {plist.Text, "Encrypted", 3}, "Destinations:1:State": {plist.Text, "NotEncrypted", 3}}
	for _, name := range []string{"values-binary.plist", "values-xml.plist"} {
		got, err := plist.Parse([]byte(recorded(t, name)))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	got, err := plist.Parse([]byte("<plist><dict><key>a</key><true /><key>b</key><dict/><key>c</key><string/></dict></plist>"))
	if diff := cmp.Diff(map[string]plist.Value{"a": {plist.Truth, "1", 1}, "c": {plist.Text, "", 1}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestRefused: what is no property list is an error, and so is one beyond the limits.
func TestRefused(t *testing.T) {
	var many strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&many, "<key>%d</key><true/>", i)
	}
	for _, text := range []string{"", "bplist00", "<plist>", "<dict><key>a", "<plist><string>a</string></plist>",
		"bplist00" + strings.Repeat("\xff", 40), "<array></array>", "<dict>" + many.String() + "</dict>",
		strings.Repeat("<dict><key>a</key>", 20) + strings.Repeat("</dict>", 20)} {
		if got, err := plist.Parse([]byte(text)); err == nil {
			t.Errorf("%.40q is %.40v", text, got)
		}
	}
}

// TestCycle: lists that contain each other many times over are refused, and quickly.
func TestCycle(t *testing.T) {
	list := []byte("bplist00")
	var offsets []byte
	for range 10 { // each object is a list of all ten
		offsets = append(offsets, byte(len(list)))
		list = append(list, 0xaa, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	}
	offsets = append(offsets, byte(len(list)))
	list = append(list, 0xd1, 11, 0)
	offsets = append(offsets, byte(len(list)))
	list = append(list, 0x51, 'a')
	table := byte(len(list))
	list = append(append(list, offsets...), 0, 0, 0, 0, 0, 0, 1, 1)
	for _, n := range []byte{12, 10, table} { // objects, the one at the top, where the table begins
		list = append(list, 0, 0, 0, 0, 0, 0, 0, n)
	}
	if got, err := plist.Parse(list); err == nil {
		t.Errorf("it is %v", got)
	}
}

// TestDamaged: a byte that is changed or missing gives an answer or an error.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"info-binary.plist", "values-binary.plist"} {
		whole := recorded(t, name)
		for i := range whole {
			for _, value := range []byte{0, 0xff, whole[i] ^ 0x10} {
				damaged := []byte(whole)
				damaged[i] = value
				plist.Parse(damaged)
			}
			plist.Parse([]byte(whole[:i]))
		}
	}
}

func FuzzPlist(f *testing.F) {
	for _, name := range []string{"info-binary.plist", "info-xml.plist", "receipt.plist", "values-binary.plist", "values-xml.plist"} {
		f.Add([]byte(recorded(f, name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if values, err := plist.Parse(data); err == nil && values == nil {
			t.Error("neither values nor an error")
		}
	})
}
