package store

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestApplicationsAreBounded(t *testing.T) {
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "muster.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.EnsureOrganization(t.Context(), DefaultOrganization, "test"); err != nil {
		t.Fatal(err)
	}
	_, err = s.exec(t.Context(), `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO client (`+clientColumns+`) SELECT i, $2, i, '[]', '[]', '', '', 0, 0 FROM n`, maxApplications-1, DefaultOrganization)
	if err != nil {
		t.Fatal(err)
	}
	add := func(id, device string) error {
		return s.AddClient(t.Context(), Client{ID: id, Name: id, Organization: DefaultOrganization, Device: device})
	}
	if err := add("last", ""); err != nil {
		t.Error(err)
	}
	if err := add("one more", ""); !errors.Is(err, ErrTooMany) {
		t.Errorf("error %v, want %v", err, ErrTooMany)
	}
	if err := add("a device", "d1"); err != nil {
		t.Error(err)
	}
}
