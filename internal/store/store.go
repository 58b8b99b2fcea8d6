package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/chore"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/counted"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/enrollment"
	"github.com/muster-project/muster/internal/store/exception"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/notified"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// Config says where the database is, and how many reports may wait.
type Config struct {
	Database database.Config
	Reports  reports.Config
}

// Store is an open database with all of its rooms.
type Store struct {
	DB            *database.DB
	Chores        *chore.Store
	Clock         *clock.Store
	Intelligence  *intelligence.Store
	Organizations *organization.Store
	Access        *access.Store
	Reports       *reports.Store
	Enrollments   *enrollment.Store
	Exceptions    *exception.Store
	Counted       *counted.Store
	Notified      *notified.Store
	Publication   *publication.Store
	Workers       *publication.Workers
	Pulls         *publication.Pulls
}

// Open opens the database as database.Open does, and its rooms.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	db, err := database.Open(ctx, cfg.Database)
	if err != nil {
		return nil, err
	}
	s := &Store{
		DB:            db,
		Chores:        chore.New(db),
		Clock:         clock.New(db),
		Intelligence:  intelligence.New(db),
		Organizations: organization.New(db),
		Enrollments:   enrollment.New(db),
		Exceptions:    exception.New(db),
		Counted:       counted.New(db),
		Notified:      notified.New(db),
		Publication:   publication.New(db),
		Workers:       publication.NewWorkers(db),
		Pulls:         publication.NewPulls(db),
	}
	if s.Access, err = access.Open(ctx, db); err == nil {
		s.Reports, err = reports.Open(ctx, db, cfg.Reports)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the rooms of the database: %w", database.Explain(err)), db.Close())
	}
	return s, nil
}

// Close stops receiving reports and closes the database.
func (s *Store) Close() error {
	s.Reports.Close()
	return s.DB.Close()
}
