package rbac_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/rbac"
)

func TestParseRefuses(t *testing.T) {
	many := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	groups := func(n int) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf(`"g%d"`, i))
		}
		return strings.Join(names, ",")
	}
	for _, test := range []struct{ what, text, want string }{
		{"no text", ``, "line 1: the text ends too early"},
		{"a cut text", "{\n\"rules\":[", "rules: line 2: the text ends too early"},
		{"no JSON", "{\n\nrules:[]}", "line 3: invalid character 'r'"},
		{"another value", `[]`, "line 1: an object was expected, found ["},
		{"more than one value", "{}\n{}", "line 2: the end of the text was expected, found {"},
		{"garbage behind", `{}x`, "invalid character 'x'"},
		{"no UTF-8", "{\"groups\":[\"\xff\"]}", "not UTF-8"},
		{"an unknown key", `{"rule":[]}`, `the key "rule" is unknown`},
		{"a key in another case", `{"Rules":[]}`, `the key "Rules" is unknown`},
		{"an unknown key of a rule", `{"rules":[{"group":"a","tag":"b"},{"group":"a","tags":"b"}]}`,
			`rules[1]: the key "tags" is unknown`},
		{"a key that is there twice", `{"rules":[{"group":"a","tag":"b","tag":"c"}]}`,
			`rules[0]: the key "tag" is repeated`},
		{"a list that is there twice", `{"rules":[],"rules":[]}`, `the key "rules" is repeated`},
		{"a list that is none", `{"rules":{}}`, "rules: line 1: an array was expected, found {"},
		{"a rule that is none", `{"rules":[null]}`, "rules[0]: line 1: an object was expected, found null"},
		{"a condition that is no string", `{"rules":[{"group":"a","tag":7}]}`,
			"rules[0].tag: line 1: a string was expected, found 7"},
		{"an empty condition", `{"rules":[{"group":"a","tag":""}]}`, "rules[0].tag: is empty"},
		{"no condition", `{"rules":[{"group":"a"}]}`, `rules[0]: has no condition (for all devices write "name": "*")`},
		{"no group", `{"rules":[{"tag":"a"}]}`, "rules[0].group: a group's name is missing"},
		{"a reserved name", `{"rules":[{"group":"none","tag":"a"}]}`,
			`rules[0].group: is "none", which stands for no group`},
		{"another reserved name", `{"groups":["Unassigned"]}`, `groups[0]: is "Unassigned"`},
		{"a control character", `{"groups":["a\u0007"]}`,
			`groups[0]: is "a\a", which has characters that cannot be printed`},
		{"a control character in a condition", `{"rules":[{"group":"a","name":"\n"}]}`,
			`rules[0].name: is "\n", which has characters that cannot`},
		{"a name with a space around it", `{"groups":["a "]}`, `groups[0]: is "a ", which begins or ends with a space`},
		{"two spellings of one name", `{"groups":["Web"],"rules":[{"group":"web","tag":"a"}]}`,
			`rules[0].group: is "web" and was spelled "Web" before`},
		{"a pattern of another kind", `{"rules":[{"group":"a","name":"web[0-9]"}]}`,
			`rules[0].name: is "web[0-9]": '[' is not allowed here`},
		{"a device that is a pattern", `{"rules":[{"group":"a","device":"web*"}]}`,
			`rules[0].device: is "web*": '*' is not allowed here`},
		{"a long name", `{"groups":["` + strings.Repeat("a", rbac.MaxName+1) + `"]}`,
			"groups[0]: a group's name is 201 bytes long, at most 200"},
		{"a long condition", `{"rules":[{"group":"a","tag":"` + strings.Repeat("a", 256) + `"}]}`,
			"rules[0].tag: is 256 bytes long, at most 255"},
		{"a long key", `{"` + strings.Repeat("a", 1000) + `":[]}`, `the key "` + strings.Repeat("a", 64) + `…" is unknown`},
		{"too much of all", strings.Repeat(" ", rbac.MaxSize+1), "1048577 bytes, at most 1048576"},
		{"too many groups listed", `{"groups":[` + groups(rbac.MaxGroups+1) + `]}`, "groups: has more than 1000 entries"},
		{"too many groups", `{"groups":[` + groups(rbac.MaxGroups) + `],"rules":[{"group":"x","tag":"a"}]}`,
			`rules[0].group: is "x", but at most 1000 groups`},
		{"too many rules", `{"rules":[` + many(rbac.MaxRules+1, `{"group":"a","tag":"b"}`) + `]}`,
			"rules: has more than 10000 entries"},
	} {
		_, err := rbac.Parse([]byte(test.text))
		if !errors.Is(err, rbac.ErrInvalid) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: error %v, want %q", test.what, err, test.want)
		}
	}
}

func TestParseAccepts(t *testing.T) {
	for _, text := range []string{`{}`, "\uFEFF{\"rules\":[]}\r\n", example} {
		if _, err := rbac.Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"Servers": true, "Bad Homburg": true, "日本": true, "": false, "NONE": false, "unassigned": false, "a\tb": false,
		"a\x00": false, "\xff": false,
	} {
		if err := rbac.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v, want allowed: %v", name, err, ok)
		}
	}
}

// FuzzParse: accepted rules are written as they were understood, are not longer than before, and
// are accepted again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{example, `{}`, `{"rules":[{"group":"<&>","tag":"\u00e9"}]}`, `{"groups":["a","a"]}`,
		`{"rules":[{"group":"a","name":"?*"}]} `} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := rbac.Parse(data)
		if err != nil {
			if !errors.Is(err, rbac.ErrInvalid) || len(err.Error()) > 2000 {
				t.Fatalf("error of %d bytes: %v", len(err.Error()), err)
			}
			return
		}
		text, err := rules.MarshalJSON()
		if err != nil || len(text) > len(data) {
			t.Fatalf("%d bytes were written as %d: %v", len(data), len(text), err)
		}
		again, err := rbac.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		written, err := again.MarshalJSON()
		if err != nil || !bytes.Equal(written, text) || !cmp.Equal(again.Names(), rules.Names()) {
			t.Fatalf("%s was read as %s: %v", text, written, err)
		}
	})
}
