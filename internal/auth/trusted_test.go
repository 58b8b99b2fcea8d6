package auth_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
)

func TestParseTrustedIssuers(t *testing.T) {
	l := newLab(t)
	issuers, err := auth.ParseTrustedIssuers([]byte(`{"issuers":[
		{"issuer":"https://sts.windows.net/t/","audiences":["a"],"organization":"` + strings.ToUpper(org) + `","allGroups":true},
		{"issuer":"http://127.0.0.1:8080/realms/x","clients":{"s":"` + otherOrg + `"}}]}`))
	l.must(err)
	l.equal("issuers", issuers, []auth.TrustedIssuer{
		{Issuer: "https://sts.windows.net/t/", Audiences: []string{"a"}, Organization: org, AllGroups: true,
			PermissionClaim: "roles", DelegatedClaim: "scp", AssertionAudiences: []string{"api://AzureADTokenExchange"}},
		{Issuer: "http://127.0.0.1:8080/realms/x", Clients: map[string]string{"s": otherOrg},
			PermissionClaim: "roles", DelegatedClaim: "scp", AssertionAudiences: []string{"api://AzureADTokenExchange"}},
	})
}

// The example in doc/operations.md is a valid file.
func TestDocumentedTrustedIssuers(t *testing.T) {
	l := newLab(t)
	text, err := os.ReadFile("../../doc/operations.md")
	l.must(err)
	block := regexp.MustCompile("(?s)```json\n(\\{\"issuers\".*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("doc/operations.md shows no issuers")
	}
	issuers, err := auth.ParseTrustedIssuers(block[1])
	l.must(err)
	l.config.Trusted = issuers
	l.equal("issuers", len(issuers), 3)
	l.authority(l.config)
}

func TestParseTrustedIssuersRefuses(t *testing.T) {
	const who = `"audiences":["a"],"organization":"` + org + `","allGroups":true`
	for name, test := range map[string]struct{ text, why string }{
		"no JSON":            {`issuers: []`, "invalid character"},
		"misspelled member":  {`{"issuers":[{"issuer":"https://a","aplications":["x"]}]}`, "aplications"},
		"something after it": {`{"issuers":[]} {}`, "after the object"},
		"plain http":         {`{"issuers":[{"issuer":"http://a.example",` + who + `}]}`, "must be https"},
		"no URL":             {`{"issuers":[{"issuer":"entra",` + who + `}]}`, "must be a URL"},
		"query":              {`{"issuers":[{"issuer":"https://a?x=1",` + who + `}]}`, "without query"},
		"password":           {`{"issuers":[{"issuer":"https://u:p@a",` + who + `}]}`, "user"},
		"twice": {`{"issuers":[{"issuer":"https://a",` + who +
			`},{"issuer":"https://a",` + who + `}]}`, "twice"},
		"good for nothing": {`{"issuers":[{"issuer":"https://a"}]}`, "audiences"},
		"no organization": {`{"issuers":[{"issuer":"https://a","audiences":["a"],"allGroups":true}]}`,
			"organization"},
		"organization no GUID": {`{"issuers":[{"issuer":"https://a","audiences":["a"],"organization":"corp","allGroups":true}]}`, "not a GUID"},
		"both organizations": {`{"issuers":[{"issuer":"https://a",` + who + `,"organizations":{"t":"` + org +
			`"}}]}`, "either organization"},
		"groups left open": {`{"issuers":[{"issuer":"https://a","audiences":["a"],"organization":"` +
			org + `"}]}`, "allGroups"},
		"all groups and some": {`{"issuers":[{"issuer":"https://a",` + who +
			`,"groupClaim":"g","groups":{"a":["b"]}}]}`, "allGroups"},
		"groups without a claim": {`{"issuers":[{"issuer":"https://a",` + who +
			`,"groups":{"a":["b"]}}]}`, "need each other"},
		"unknown permission": {`{"issuers":[{"issuer":"https://a",` + who +
			`,"permissions":{"r":["Everything"]}}]}`, "Everything"},
		"device's permission": {`{"issuers":[{"issuer":"https://a",` + who +
			`,"permissions":{"r":["Reports.Write.Own"]}}]}`, "Reports.Write.Own"},
		"client no GUID": {`{"issuers":[{"issuer":"https://a","clients":{"s":"siem"}}]}`, "siem"},
		"too many": {`{"issuers":[` +
			strings.TrimSuffix(strings.Repeat(`{},`, 101), ",") + `]}`, "at most 100"},
		"too long": {strings.Repeat(" ", 2<<20), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := auth.ParseTrustedIssuers([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.why) {
				t.Errorf("error %v, want %q", err, test.why)
			}
		})
	}
}

func TestTrustedIssuersOfUnknownOrganizations(t *testing.T) {
	l := newLab(t)
	const nowhere = "99999999-2222-4333-8444-555555555555"
	issuers, err := auth.ParseTrustedIssuers(
		[]byte(`{"issuers":[{"issuer":"https://a","audiences":["a"],"organization":"` + nowhere + `","allGroups":true}]}`))
	l.must(err)
	l.config.Trusted = issuers
	if _, err := auth.New(t.Context(), l.config); err == nil || !strings.Contains(err.Error(), nowhere) ||
		!strings.Contains(err.Error(), `"https://a"`) {
		t.Errorf("error %v", err)
	}
}
