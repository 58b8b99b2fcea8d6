package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

// administrator is an application that may manage.
func administrator(name string) store.Client {
	return store.Client{ID: "id of " + name, Organization: org, Name: name, Permissions: []string{"read", "manage"}, AllGroups: true, Created: noon}
}

func TestAdministratorIsMadeOnce(t *testing.T) { storetest.Each(t, testMadeOnce) }

func testMadeOnce(t *testing.T, s *store.Store) {
	must(t, s.AddClient(t.Context(), administrator("taken")))
	_, err := s.AddAdministrator(t.Context(), administrator("taken"))
	isError(t, err, store.ErrExists, "taken")
	since, err := s.Administered(t.Context(), org)
	must(t, err)
	equal(t, "an administrator that could not be made does not count", since, time.Time{})

	proof := store.Credential{ID: "1", Kind: store.KindSecret, Created: noon}
	added, err := s.AddAdministrator(t.Context(), administrator("first"), proof)
	must(t, err)
	equal(t, "the first is added", added, true)
	kept, err := s.ClientCredentials(t.Context(), "id of first")
	must(t, err)
	equal(t, "what proves it", kept, []store.Credential{proof})
	since, err = s.Administered(t.Context(), org)
	must(t, err)
	equal(t, "since when there is one", since, noon)

	must(t, s.RemoveApplication(t.Context(), org, "id of first", ""))
	added, err = s.AddAdministrator(t.Context(), administrator("second"))
	must(t, err)
	equal(t, "one that was removed comes back", added, false)
	_, err = s.Client(t.Context(), "id of second")
	isError(t, err, store.ErrNotFound, "second")
	_, err = s.Administered(t.Context(), "nowhere")
	isError(t, err, store.ErrNotFound, "nowhere")
}

// Of two that are removed at the same time one stays.
func TestLastAdministratorStays(t *testing.T) { storetest.Each(t, testLastStays) }

func testLastStays(t *testing.T, s *store.Store) {
	reader := administrator("reader")
	reader.Permissions = []string{"read"}
	device := administrator("device")
	device.Device, device.Permissions = "1", []string{"manage"}
	for _, c := range []store.Client{administrator("one"), administrator("two"), reader, device} {
		must(t, s.AddClient(t.Context(), c))
	}
	var removing sync.WaitGroup
	results := make([]error, 2)
	for i, id := range []string{"id of one", "id of two"} {
		removing.Go(func() { results[i] = s.RemoveApplication(t.Context(), org, id, "manage") })
	}
	removing.Wait()
	if errors.Is(results[0], store.ErrLast) == errors.Is(results[1], store.ErrLast) {
		t.Errorf("errors %v and %v, want one %v", results[0], results[1], store.ErrLast)
	}
	must(t, s.RemoveApplication(t.Context(), org, "id of reader", "manage"))
	isError(t, s.RemoveApplication(t.Context(), org, "id of reader", "manage"), store.ErrNotFound, "reader")
	isError(t, s.RemoveApplication(t.Context(), org, "id of device", "manage"), store.ErrNotFound, "device")
	left, devices, err := s.Clients(t.Context(), org)
	must(t, err)
	if len(left) != 1 || devices != 1 {
		t.Fatalf("%d applications and %d devices are left", len(left), devices)
	}
	isError(t, s.RemoveApplication(t.Context(), store.DefaultOrganization[1:], left[0].ID, ""), store.ErrNotFound, left[0].ID)
	set := func(before, after store.Client, permission string) error {
		_, _, err := s.ChangeApplication(t.Context(), org, after.ID, permission, func(now store.Client, _ map[int64]string) (store.Client, []string, error) {
			equal(t, "what is changed", now, before) // nobody changes it meanwhile
			return after, nil, nil
		})
		return err
	}
	before, last := left[0].Client, left[0].Client
	last.Name, last.Permissions = "renamed", []string{"manage"}
	must(t, set(before, last, "manage"))
	before = last
	refused := errors.New("refused")
	_, _, err = s.ChangeApplication(t.Context(), org, last.ID, "manage", func(store.Client, map[int64]string) (store.Client, []string, error) {
		return store.Client{}, nil, refused
	})
	isError(t, err, refused, last.ID)
	_, _, err = s.ChangeApplication(t.Context(), org, "id of device", "", func(store.Client, map[int64]string) (store.Client, []string, error) {
		panic("there is none")
	})
	isError(t, err, store.ErrNotFound, "device")
	last.Permissions = []string{"read"}
	isError(t, set(before, last, "manage"), store.ErrLast, last.ID)
	now, err := s.Client(t.Context(), last.ID)
	must(t, err)
	equal(t, "what it may", []any{now.Name, now.Permissions}, []any{"renamed", []string{"manage"}})
	must(t, set(before, last, ""))
	must(t, s.RemoveApplication(t.Context(), org, left[0].ID, ""))
}
