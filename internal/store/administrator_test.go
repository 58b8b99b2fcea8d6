package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/storetest"
)

// administrator is an application that may manage the organization.
func administrator(name string) access.Client {
	return access.Client{ID: "id of " + name, Organization: org, Name: name, Permissions: []string{"read", "manage"},
		AllGroups: true, Created: noon}
}

func TestAdministratorIsMadeOnce(t *testing.T) { storetest.Each(t, testMadeOnce) }

func testMadeOnce(t *testing.T, s *store.Store) {
	must(t, s.Access.AddClient(t.Context(), administrator("taken")))
	_, err := s.Access.AddAdministrator(t.Context(), administrator("taken"))
	isError(t, err, database.ErrExists, "taken")
	since, err := s.Access.Administered(t.Context(), org)
	must(t, err)
	equal(t, "an administrator that could not be made does not count", since, time.Time{})

	proof := access.Credential{ID: "1", Kind: access.KindSecret, Created: noon}
	added, err := s.Access.AddAdministrator(t.Context(), administrator("first"), proof)
	must(t, err)
	equal(t, "the first is added", added, true)
	kept, err := s.Access.ClientCredentials(t.Context(), "id of first")
	must(t, err)
	equal(t, "what proves it", kept, []access.Credential{proof})
	since, err = s.Access.Administered(t.Context(), org)
	must(t, err)
	equal(t, "since when there is one", since, noon)

	must(t, s.Access.RemoveApplication(t.Context(), org, "id of first", ""))
	added, err = s.Access.AddAdministrator(t.Context(), administrator("second"))
	must(t, err)
	equal(t, "one that was removed comes back", added, false)
	_, err = s.Access.Client(t.Context(), "id of second")
	isError(t, err, database.ErrNotFound, "second")
	_, err = s.Access.Administered(t.Context(), "nowhere")
	isError(t, err, database.ErrNotFound, "nowhere")
}

// If the last two administrators are removed at the same time, one stays.
func TestLastAdministratorStays(t *testing.T) { storetest.Each(t, testLastStays) }

func testLastStays(t *testing.T, s *store.Store) {
	reader := administrator("reader")
	reader.Permissions = []string{"read"}
	device := administrator("device")
	device.Device, device.Permissions = "1", []string{"manage"}
	for _, c := range []access.Client{administrator("one"), administrator("two"), reader, device} {
		must(t, s.Access.AddClient(t.Context(), c))
	}
	var removing sync.WaitGroup
	results := make([]error, 2)
	for i, id := range []string{"id of one", "id of two"} {
		removing.Go(func() { results[i] = s.Access.RemoveApplication(t.Context(), org, id, "manage") })
	}
	removing.Wait()
	if errors.Is(results[0], access.ErrLast) == errors.Is(results[1], access.ErrLast) {
		t.Errorf("errors %v and %v, want one %v", results[0], results[1], access.ErrLast)
	}
	must(t, s.Access.RemoveApplication(t.Context(), org, "id of reader", "manage"))
	isError(t, s.Access.RemoveApplication(t.Context(), org, "id of reader", "manage"), database.ErrNotFound, "reader")
	isError(t, s.Access.RemoveApplication(t.Context(), org, "id of device", "manage"), database.ErrNotFound, "device")
	left, devices, err := s.Access.Clients(t.Context(), org)
	must(t, err)
	if len(left) != 1 || devices != 1 {
		t.Fatalf("%d applications and %d devices are left", len(left), devices)
	}
	isError(t, s.Access.RemoveApplication(t.Context(), organization.Default[1:], left[0].ID, ""),
		database.ErrNotFound, left[0].ID)
	set := func(before, after access.Client, permission string) error {
		_, _, err := s.Access.ChangeApplication(t.Context(), org, after.ID, permission,
			func(now access.Client, _ map[int64]string) (access.Client, []string, error) {
				equal(t, "what is changed", now, before) // nothing changes it meanwhile
				return after, nil, nil
			})
		return err
	}
	before, last := left[0].Client, left[0].Client
	last.Name, last.Permissions = "renamed", []string{"manage"}
	must(t, set(before, last, "manage"))
	before = last
	refused := errors.New("refused")
	_, _, err = s.Access.ChangeApplication(t.Context(), org, last.ID, "manage",
		func(access.Client, map[int64]string) (access.Client, []string, error) {
			return access.Client{}, nil, refused
		})
	isError(t, err, refused, last.ID)
	_, _, err = s.Access.ChangeApplication(t.Context(), org, "id of device", "",
		func(access.Client, map[int64]string) (access.Client, []string, error) {
			panic("there is none")
		})
	isError(t, err, database.ErrNotFound, "device")
	last.Permissions = []string{"read"}
	isError(t, set(before, last, "manage"), access.ErrLast, last.ID)
	now, err := s.Access.Client(t.Context(), last.ID)
	must(t, err)
	equal(t, "what it may", []any{now.Name, now.Permissions}, []any{"renamed", []string{"manage"}})
	must(t, set(before, last, ""))
	must(t, s.Access.RemoveApplication(t.Context(), org, left[0].ID, ""))
}
