package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/table"
)

// TestRead: what a writer of RFC 4180 writes comes back, whatever the separator, the values, the order of
// columns, other columns beside them, and titles above.
func TestRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.StringMatching(`[ -~äß"\n]{0,12}`), rapid.SampledFrom([]string{"", "NULL", "a,b", "1;2", "\"", "x\ty"}))
		names := rapid.Permutation([]string{"Netbios_Name0", "DisplayName0", "Version0", "Textbox7", "ProdID0"}).Draw(t, "columns")
		rows := rapid.SliceOf(rapid.SliceOfN(value, len(names), len(names))).Draw(t, "rows")
		var text bytes.Buffer
		if rapid.Bool().Draw(t, "titled") {
			text.WriteString("Textbox1\nA title\n\n")
		}
		out := csv.NewWriter(&text)
		out.Comma = rapid.SampledFrom([]rune(",;\t")).Draw(t, "separator")
		out.UseCRLF = rapid.Bool().Draw(t, "CRLF")
		var want []table.Row
		for i, record := range append([][]string{names}, rows...) {
			if i > 0 && strings.Join(record, "") == "" {
				continue // some values, or it is as good as an empty line
			}
			if err := out.Write(record); err != nil {
				t.Fatal(err)
			}
			var r table.Row
			for n, name := range names {
				if role, _, ok := table.RoleOf(name); ok && record[n] != "NULL" {
					r[role] = strings.TrimSpace(record[n])
				}
			}
			if i > 0 {
				want = append(want, r)
			}
		}
		out.Flush()
		var got []table.Row
		add := func(_ int, r *table.Row) error { got = append(got, *r); return nil }
		if err := table.Read(text.Bytes(), add); err != nil {
			t.Fatalf("%v in %q", err, text.String())
		}
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d, of %q", len(got), len(want), text.String())
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("row %d: %q, want %q", i, got[i], want[i])
			}
		}
	})
}

func TestRoles(t *testing.T) {
	for name, want := range map[string]table.Role{"Device name": table.Device, "Netbios_Name0": table.Device, "Build01": table.Build,
		"Operating_System_Name_and0": table.OS, "Details_Table0_DisplayName0": table.Program, "OS version": table.Build, "OS": table.Platform} {
		if got, _, ok := table.RoleOf(name); !ok || got != want {
			t.Errorf("%q is %v, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "0", "Textbox5", "Manufacturer0", "UserName"} {
		if role, _, ok := table.RoleOf(name); ok {
			t.Errorf("%q is %v", name, role)
		}
	}
}

// TestCodePage: all bytes are what Windows' Western code page says.
func TestCodePage(t *testing.T) {
	text := []byte("Name0,DisplayName0\npc,")
	for b := 0xff; b > 0x7f; b-- {
		text = append(text, byte(b))
	}
	want, err := charmap.Windows1252.NewDecoder().Bytes(text[len("Name0,DisplayName0\npc,"):])
	if err != nil {
		t.Fatal(err)
	}
	err = table.Read(text, func(_ int, r *table.Row) error {
		if got := r[table.Program]; len([]rune(got)) != 128 {
			t.Fatalf("%q, want %q", got, want)
		}
		for i, c := range []rune(r[table.Program]) {
			if w := []rune(string(want))[i]; w != '\ufffd' && w != c {
				t.Errorf("byte %x is %q, want %q", 0xff-i, c, w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"Name0,DisplayName0\na,b\n", "x\n\nName0;DisplayName0\r\n\"a\nb\";c\r\n\r\nTextbox\r\n", "Name0\tBuild01\n-\t-\n\xff\t1"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := table.Read(text, func(int, *table.Row) error { return nil })
		if err != nil && !errors.Is(err, parse.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
