package people_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/store/organization"
)

const reader = `{"values":["r"],"permissions":["Software.Read.All"],"groups":["Lisbon"]}`

// Settings have defaults for what most need not say.
func TestSettings(t *testing.T) {
	got, err := people.Parse([]byte(`{"issuer":"https://id.example.com/realm","clientId":"muster","roles":[` + reader + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &people.Settings{Issuer: "https://id.example.com/realm", ClientID: "muster", Name: "id.example.com",
		Scopes: []string{"openid", "profile", "email"}, NameClaims: []string{"preferred_username", "email", "upn", "name"},
		GroupClaim: "groups", Organization: organization.Default, Roles: []people.Role{{Claim: "groups", Values: []string{"r"},
			Permissions: []auth.Permission{auth.ReadSoftware}, Groups: []string{"Lisbon"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// What settings have wrong is refused, with its line or member.
func TestWrongSettings(t *testing.T) {
	whole := func(members, roles string) string {
		return `{"issuer":"https://a","clientId":"m",` + members + `"roles":[` + roles + `]}`
	}
	for name, test := range map[string]struct{ text, says string }{
		"no JSON":                       {"{\n\"issuer\": \"https://a\",\n\"roles\": [}", "line 3: "},
		"cut off":                       {"{\n\"issuer\": \"https://a\",\n", "line 3: "},
		"a misspelled member":           {"{\n\"issuer\": \"https://a\",\n\"clientID_\": \"m\"}", `line 3: json: unknown field "clientID_"`},
		"a misspelled member of a role": {"{\"clientId\":\"m\",\n\"roles\":[\n{\"value\":[]}]}", `line 3: json: unknown field "value"`},
		"another kind":                  {"{\n\"scopes\": \"openid\"}", "line 2: "},
		"something after it":            {whole("", reader) + "\n{}", "line 2: data after the object"},
		"plain http":                    {strings.Replace(whole("", reader), "https://a", "http://a.example", 1), "issuer: "},
		"no URL":                        {strings.Replace(whole("", reader), "https://a", "entra", 1), "issuer "},
		"no client":                     {strings.Replace(whole("", reader), `"m"`, `""`, 1), "clientId is missing"},
		"no organization":               {whole(`"organization":"corp",`, reader), "organization"},
		"no openid":                     {whole(`"scopes":["profile"],`, reader), "scopes: openid"},
		"a token to keep":               {whole(`"scopes":["openid","offline_access"],`, reader), "offline_access"},
		"scopes in one":                 {whole(`"scopes":["openid","a b"],`, reader), "scopes: "},
		"a host with a path":            {whole(`"hosts":["a.example/x"],`, reader), "hosts[0]: "},
		"a name over two lines":         {whole(`"name":"a\nb",`, reader), "name: "},
		"no role":                       {whole("", ""), "roles: "},
		"a role for nobody":             {whole("", `{"permissions":["Software.Read.All"],"allGroups":true}`), "roles[0].values"},
		"a role for an empty value":     {whole("", `{"values":[""],"permissions":["Software.Read.All"],"allGroups":true}`), "roles[0].values"},
		"a role without permissions":    {whole("", reader+`,{"values":["a"],"allGroups":true}`), "roles[1]: permissions is empty"},
		"an unknown permission":         {whole("", `{"values":["a"],"permissions":["Root"],"allGroups":true}`), `roles[0]: permission "Root"`},
		"a role without groups":         {whole("", `{"values":["a"],"permissions":["Software.Read.All"]}`), "roles[0]: want either"},
		"all groups and some":           {whole("", `{"values":["a"],"permissions":["Software.Read.All"],"allGroups":true,"groups":["a"]}`), "roles[0]: want either"},
		"a manager of some groups":      {whole("", `{"values":["a"],"permissions":["Muster.Manage.All"],"groups":["a"]}`), "roles[0]: Muster.Manage.All"},
		"a claim that people choose":    {whole("", `{"claim":"preferred_username","values":["root"],"permissions":["Software.Read.All"],"allGroups":true}`), "roles[0].claim"},
		"too long":                      {strings.Repeat(" ", 1<<20+1), "bytes"},
	} {
		if _, err := people.Parse([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, must say %q", name, err, test.says)
		}
	}
}

// FuzzSettings: whatever a file has, reading it ends, and what is accepted gives nobody without a value anything.
func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://a","clientId":"m","roles":[`+reader+`]}`), "r")
	f.Add([]byte(`{"issuer":"http://[::1]:1","clientId":"m","hosts":["A:1"],"roles":[`+reader+`,{}]}`), "")
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		s, err := people.Parse(text)
		if err != nil {
			return
		}
		groups := make([][]int64, len(s.Roles))
		g := people.GrantBy(s, groups, &people.Person{Issuer: s.Issuer, Subject: value})
		if len(g.Caller.Permissions) > 0 || g.Roles > 0 {
			t.Errorf("%q gives everybody rights", text)
		}
	})
}
