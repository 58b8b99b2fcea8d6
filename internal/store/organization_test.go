package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/storetest"
)

// founder is the first administrator of a new organization.
func founder() access.Client {
	return access.Client{ID: uuid.NewString(), Organization: uuid.NewString(), Name: "administrator",
		AllGroups: true, Created: noon}
}

// Names that look the same to people are the same, and of many callers who take one at the same
// time, one gets it.
func TestTwoOrganizationsNeverHaveOneName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		spellings := []string{"Straße AG", "STRASSE ag", "straße\u00a0AG", "  Straße  AG ", "Stra\u00dfe AG", "Ｓtraße AG",
			"Straße\ufe0f AG", "Stra\u034f\u00dfe AG", "\u3164Straße AG", "Stra\u200bße AG"}
		var made atomic.Int64
		var all sync.WaitGroup
		for n := range 16 {
			all.Go(func() {
				err := s.Access.AddOrganization(t.Context(), spellings[n%len(spellings)], founder())
				if err == nil {
					made.Add(1)
				} else if !errors.Is(err, database.ErrExists) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, "made", made.Load(), int64(1))
		must(t, s.Access.AddOrganization(t.Context(), "Café", founder()))
		isError(t, s.Access.AddOrganization(t.Context(), "Cafe\u0301", founder()), database.ErrExists, "Café")
		isError(t, s.Access.AddOrganization(t.Context(), organization.Default, founder()), database.ErrExists, "")
		isError(t, s.Organizations.Ensure(t.Context(), organization.Default, "CAFÉ"), database.ErrExists, "Café")
		found, err := s.Organizations.All(t.Context())
		must(t, err)
		equal(t, "organizations", len(found), 3)
	})
}

// Organization and administrator are stored in one transaction: both or none.
func TestOrganizationWithoutAdministratorIsNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		taken := founder()
		must(t, s.Access.AddOrganization(t.Context(), "first", taken))
		second := founder()
		second.ID = taken.ID
		isError(t, s.Access.AddOrganization(t.Context(), "second", second), database.ErrExists, taken.ID)
		_, err := s.Organizations.ByID(t.Context(), second.Organization)
		isError(t, err, database.ErrNotFound, second.Organization)
		must(t, s.Access.AddOrganization(t.Context(), "second", founder()))
		since, err := s.Access.Administered(t.Context(), taken.Organization)
		must(t, err)
		equal(t, "administered", since, noon)
	})
}

// An old database may have two organizations of one name. It opens, both keep working, and no
// third gets the name.
func TestTwinsOfOldDatabasesGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	for n := range 2 {
		_, err := db.ExecContext(t.Context(), `INSERT INTO organization (id, name) VALUES ($1, 'twins')`,
			fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
		must(t, err)
	}
	must(t, db.Close())
	s := storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	isError(t, s.Access.AddOrganization(t.Context(), "Twins", founder()), database.ErrExists, "twins")
	all, err := s.Organizations.All(t.Context())
	must(t, err)
	equal(t, "organizations", len(all), 3)
}
