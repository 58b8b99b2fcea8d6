package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/exception"
	"github.com/muster-project/muster/internal/store/storetest"
)

// accepting is an exception of people.
func accepting(cve string) except.Exception {
	return except.Exception{CVE: cve, Status: except.Accepted, Reason: "r", AddedBy: "ann"}
}

// stating is what a document states of a package.
func stating(cve, purl string) except.Exception {
	return except.Exception{CVE: cve, Status: except.NotAffected, Product: except.Product{PURL: purl},
		Source: "openvex x", Stated: noon}
}

// cves lists the CVEs of exceptions.
func cves(all []except.Exception) []string {
	var found []string
	for i := range all {
		found = append(found, all[i].CVE)
	}
	slices.Sort(found)
	return found
}

// TestExceptionsHaveEditions: whoever pinned an edition reads it, whatever is changed later.
func TestExceptionsHaveEditions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		at := func(edition int64) []string {
			t.Helper()
			all, err := s.Exceptions.At(t.Context(), org, edition)
			must(t, err)
			return cves(all)
		}
		one, err := s.Exceptions.Add(t.Context(), org, []except.Exception{accepting("A"), accepting("B")}, noon)
		must(t, err)
		_, err = s.Exceptions.Add(t.Context(), org, []except.Exception{accepting("C")}, noon)
		must(t, err)
		must(t, s.Exceptions.Remove(t.Context(), org, one.Added[0].ID, noon))
		for edition, want := range [][]string{nil, {"A", "B"}, {"A", "B", "C"}, {"B", "C"}} {
			if got := at(int64(edition)); !slices.Equal(got, want) {
				t.Errorf("edition %d has %q, want %q", edition, got, want)
			}
		}
		if err := s.Exceptions.Remove(t.Context(), org, one.Added[0].ID, noon); !errors.Is(err, database.ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		got, err := s.Exceptions.One(t.Context(), org, one.Added[1].ID)
		if err != nil || got.CVE != "B" || got.AddedBy != "ann" || !got.Created.Equal(noon) {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Exceptions.One(t.Context(), "other", one.Added[1].ID); !errors.Is(err, database.ErrNotFound) {
			t.Errorf("another organization sees it: %v", err)
		}
		// Long after, what was removed is forgotten, and editions still rise.
		_, err = s.Exceptions.Add(t.Context(), org, []except.Exception{accepting("D")}, noon.AddDate(1, 0, 0))
		must(t, err)
		if got := at(4); !slices.Equal(got, []string{"B", "C", "D"}) {
			t.Errorf("edition 4 has %q", got)
		}
	})
}

// TestExceptionsAreStoredOnce: what is there already stays, and nobody else's is touched.
func TestExceptionsAreStoredOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		group := int64(2)
		in := func(e except.Exception, group *int64) except.Exception { e.Scope.Group = group; return e }
		check := func(c exception.Change, err error, added, kept, removed int) {
			t.Helper()
			if err != nil || len(c.Added) != added || c.Kept != kept || c.Removed != removed {
				t.Errorf("%+v, %v; want %d added, %d kept, %d removed", c, err, added, kept, removed)
			}
		}
		add := func(all ...except.Exception) (exception.Change, error) {
			return s.Exceptions.Add(t.Context(), org, all, noon)
		}
		replace := func(scope except.Scope, all ...except.Exception) (exception.Change, error) {
			return s.Exceptions.Replace(t.Context(), org, "openvex x", scope, all, noon.Add(time.Hour))
		}
		c, err := add(accepting("A"), accepting("A"), in(accepting("A"), &group))
		check(c, err, 2, 1, 0)
		c, err = add(accepting("A"), accepting("B"))
		check(c, err, 1, 1, 0)
		c, err = replace(except.Scope{}, stating("C", "pkg:npm/c"), stating("C", "pkg:npm/c"), stating("D", "pkg:npm/d"))
		check(c, err, 2, 1, 0)
		c, err = replace(except.Scope{Group: &group}, in(stating("C", "pkg:npm/c"), &group))
		check(c, err, 1, 0, 0)
		c, err = replace(except.Scope{}, stating("C", "pkg:npm/c"), stating("E", "pkg:npm/e"))
		check(c, err, 1, 1, 1)
		c, err = replace(except.Scope{Group: &group})
		check(c, err, 0, 0, 1)
		all, err := s.Exceptions.All(t.Context(), org)
		must(t, err)
		if len(all) != 5 {
			t.Errorf("there are %d", len(all))
		}
	})
}
