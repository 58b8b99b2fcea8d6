package benchmark

import (
	"reflect"
	"testing"

	"cel.dev/cel-go/cel"
)

// What an expression may read is known, or it may read anything.
func TestReads(t *testing.T) {
	language, err := newLanguage()
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]reads{
		"sshd.?A.orValue('x') == 'y' && 'B' in sshd":                      {"sshd": {"A": true, "B": true}},
		"sshd['A'] == sshd[?'B'].orValue('')":                             {"sshd": {"A": true, "B": true}},
		"sshd.A == '' || has(sshd.B)":                                     {"sshd": {"A": true, "B": true}},
		"['A', 'B'].all(key, pam[?key].orValue('') == '' && key in sshd)": {"sshd": {"A": true, "B": true}, "pam": {"A": true, "B": true}},
		"sshd.each('A', pam.?B.orValue('')).exists(v, v == '')":           {"sshd": {"A": true, "Match A": true}, "pam": {"B": true}},
		"sshd.exists(key, key == 'A')":                                    {"sshd": nil},
		"sshd[pam['A']] == ''":                                            {"sshd": nil, "pam": {"A": true}},
		"sshd['A' + 'B'] == ''":                                           {"sshd": nil},
		"['A', pam['B']].all(key, key in sshd)":                           {"sshd": nil, "pam": {"B": true}},
		"size(sshd) > 0 && 'A' in sshd":                                   {"sshd": nil},
		"sshd == pam":                                                     {"sshd": nil, "pam": nil},
		"(true ? sshd : pam)['A'] == ''":                                  {"sshd": nil, "pam": nil},
		"['A'].all(sshd, sshd == 'A')":                                    {"sshd": nil},
		"['A'].all(k, ['B'].all(k, k in sshd) && k in pam)":               {"sshd": {"B": true}, "pam": {"A": true}},
		"sshd.map(k, sshd[k]).size() > 0":                                 {"sshd": nil},
		"{'x': sshd['A']}['x'] == ''":                                     {"sshd": {"A": true}},
		"true":                                                            {},
	} {
		l := loader{language: language, environments: map[string]*cel.Env{}}
		environment, err := l.environment([]string{"sshd", "pam"}, false)
		if err != nil {
			t.Fatal(err)
		}
		c, err := compileCheck(&Definition{Facts: []string{"sshd", "pam"}, Compliant: expression}, environment)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if !reflect.DeepEqual(c.reads, want) {
			t.Errorf("%s reads %v, want %v", expression, c.reads, want)
		}
	}
}
