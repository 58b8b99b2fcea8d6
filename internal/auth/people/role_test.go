package people_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/auth/people"
)

// grants tells whether a role that a person has gives a permission in a group: the model.
func grants(s *people.Settings, groups [][]int64, who *people.Person, p auth.Permission, group int64) bool {
	for i, r := range s.Roles {
		for _, value := range who.Claims[r.Claim] {
			if slices.Contains(r.Values, value) && slices.Contains(r.Permissions, p) &&
				(r.AllGroups || slices.Contains(groups[i], group)) {
				return true
			}
		}
	}
	return false
}

// Whatever roles a person has, no permission holds in a group where no role gives it; a person of one role has
// all of it, and what is lost is said.
func TestRolesNeverGiveMore(t *testing.T) {
	const others = 99 // a group that no role names
	rapid.Check(t, func(t *rapid.T) {
		values := []string{"a", "b", "c", "d"}
		s := &people.Settings{Issuer: "https://a", Organization: "o"}
		var groups [][]int64
		for range rapid.IntRange(1, 5).Draw(t, "roles") {
			r := people.Role{Claim: rapid.SampledFrom([]string{"groups", "roles"}).Draw(t, "claim"),
				Values:      rapid.SliceOfNDistinct(rapid.SampledFrom(values), 1, 2, rapid.ID).Draw(t, "values"),
				Permissions: rapid.SliceOfNDistinct(rapid.SampledFrom(auth.Permissions()), 1, 3, rapid.ID).Draw(t, "permissions"),
				AllGroups:   rapid.IntRange(0, 3).Draw(t, "all") == 0}
			sees := []int64{}
			if !r.AllGroups {
				sees = rapid.SliceOfNDistinct(rapid.Int64Range(0, 3), 1, 3, rapid.ID).Draw(t, "groups")
			}
			s.Roles, groups = append(s.Roles, r), append(groups, sees)
		}
		who := &people.Person{Issuer: "https://a", Subject: "s", Claims: map[string][]string{}}
		for _, claim := range []string{"groups", "roles"} {
			who.Claims[claim] = rapid.SliceOfDistinct(rapid.SampledFrom(values), rapid.ID).Draw(t, "of the person")
		}
		got := people.GrantBy(s, groups, who)
		for _, p := range auth.Permissions() {
			everywhere, somewhere := true, false
			for _, group := range []int64{0, 1, 2, 3, others} {
				given := grants(s, groups, who, p, group)
				somewhere = somewhere || given
				if got.Caller.Sees(group) {
					everywhere = everywhere && given
				} else if given {
					t.Fatalf("group %d is not seen, though %s is given there", group, p)
				}
			}
			if has := got.Caller.May(p); has != (everywhere && somewhere) {
				t.Fatalf("may %s: %v; given in all groups that are seen: %v", p, has, everywhere)
			}
			if lost := slices.Contains(got.Lost, p); lost != (somewhere && !everywhere) {
				t.Fatalf("%s is lost: %v", p, lost)
			}
		}
		for _, other := range []*people.Person{{Issuer: "https://b", Subject: "s", Claims: who.Claims}} {
			if g := people.GrantBy(s, groups, other); len(g.Caller.Permissions) > 0 || g.Caller.Sees(1) {
				t.Fatal("a person of another provider has rights")
			}
		}
		s.Denied = []string{"s"}
		if g := people.GrantBy(s, groups, who); len(g.Caller.Permissions) > 0 || g.Caller.Sees(1) {
			t.Fatal("a person who is denied has rights")
		}
	})
}

// A person's id follows from issuer and subject, and tells people of different providers apart.
func TestIDsOfPeople(t *testing.T) {
	a := people.Person{Issuer: "https://a", Subject: "x", Name: "one"}
	same := people.Person{Issuer: "https://a", Subject: "x", Name: "two"}
	other := people.Person{Issuer: "https://b", Subject: "x"}
	if a.ID() != same.ID() || a.ID() == other.ID() {
		t.Errorf("ids %s, %s, %s", a.ID(), same.ID(), other.ID())
	}
}

// Values of claims are read in all the forms that providers have; an address counts if it is verified.
func TestValuesOfClaims(t *testing.T) {
	for _, test := range []struct {
		claims, name string
		want         []string
		there        bool
	}{
		{`{"groups":["b","a","b"]}`, "groups", []string{"a", "b"}, true},
		{`{"groups":"Domain Admins"}`, "groups", []string{"Domain Admins"}, true},
		{`{"groups":["a",1,null,{"b":1},["c"],""]}`, "groups", []string{"a"}, true},
		{`{"groups":{"admin":{"17":"x"},"reader":{}}}`, "groups", []string{"admin", "reader"}, true},
		{`{"realm_access":{"roles":["a"]}}`, "realm_access.roles", []string{"a"}, true},
		{`{"https://a.example/groups":["a"]}`, "https://a.example/groups", []string{"a"}, true},
		{`{"groups":[]}`, "groups", []string{}, true},
		{`{"groups":null}`, "groups", []string{}, false},
		{`{"groups":17}`, "groups", []string{}, true},
		{`{}`, "groups", []string{}, false},
		{`{"email":"a@b","email_verified":true}`, "email", []string{"a@b"}, true},
		{`{"email":"a@b","email_verified":"true"}`, "email", []string{"a@b"}, true},
		{`{"email":"a@b","email_verified":false}`, "email", []string{}, false},
		{`{"email":"a@b"}`, "email", []string{}, false},
	} {
		var claims jwt.Object
		if err := json.Unmarshal([]byte(test.claims), &claims); err != nil {
			t.Fatal(err)
		}
		got, there := people.ValuesOf(claims, test.name)
		if diff := cmp.Diff(test.want, got); diff != "" || there != test.there {
			t.Errorf("%s of %s (-want +got), there %v:\n%s", test.name, test.claims, there, diff)
		}
	}
	for text, want := range map[string]bool{`{"_claim_names":{"groups":"src1"}}`: true, `{"hasgroups":true}`: true,
		`{"_claim_names":{"roles":"src1"}}`: false, `{"_claim_names":17}`: false, `{}`: false} {
		var claims jwt.Object
		if err := json.Unmarshal([]byte(text), &claims); err != nil || people.SaysTooMany(claims, "groups") != want {
			t.Errorf("%s: too many %v, want %v: %v", text, !want, want, err)
		}
	}
}
