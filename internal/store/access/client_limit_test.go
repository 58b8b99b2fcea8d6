package access_test

import (
	"errors"
	"testing"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestApplicationsAreBounded(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	_, err := s.DB.Exec(t.Context(), `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO client (`+access.ClientColumns+`) SELECT i, $2, i, '[]', '[]', '', '', 0, 0 FROM n`, access.MaxApplications-1, organization.Default)
	if err != nil {
		t.Fatal(err)
	}
	add := func(id, device string) error {
		return s.Access.AddClient(t.Context(),
			access.Client{ID: id, Name: id, Organization: organization.Default, Device: device})
	}
	if err := add("last", ""); err != nil {
		t.Error(err)
	}
	if err := add("one more", ""); !errors.Is(err, database.ErrTooMany) {
		t.Errorf("error %v, want %v", err, database.ErrTooMany)
	}
	if err := add("a device", "d1"); err != nil {
		t.Error(err)
	}
}
