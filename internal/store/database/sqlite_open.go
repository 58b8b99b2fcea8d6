package database

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

func (s *sqlite) open(ctx context.Context, cfg Config) (p pools, err error) {
	if cfg.AcceptLog {
		if err := setAside(cfg.Path); err != nil {
			return p, err
		}
	}
	if cfg.Path != "" {
		if err := inspect(cfg.Path, cfg.Existing, cfg.AcceptLog); err != nil {
			return p, err
		}
	}
	if cfg.Path != "" {
		if err := markMoving(cfg.Path); err != nil {
			s.logger.WarnContext(ctx, "marking the database's log as its own failed", "error", err)
		}
	}
	if s.writer, err = openWriter(ctx, cfg); err != nil {
		return p, err
	}
	for _, step := range []func(context.Context, bool) error{s.migrate, s.checksums, s.emptyLog, s.needLog} {
		if err = step(ctx, cfg.Existing); err != nil {
			return p, err
		}
	}
	s.reader, err = openReader(ctx, cfg)
	return pools{writer: s.writer, reader: s.reader}, err
}

// emptyLog moves the log left by the process before into the database. A kill in the middle leaves
// pages half written, which the log has whole. Afterwards every page of the file matches its
// checksum.
func (s *sqlite) emptyLog(ctx context.Context, _ bool) error {
	_, err := s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(full)`)
	if err = Explain(err); errors.Is(err, ErrFull) {
		s.logger.WarnContext(ctx, "moving the log into the database failed", "error", err)
		return nil
	}
	return err
}

// needLog writes something, so that there is a log, and then marks that it must not be lost. On a
// full disk that waits for the next start.
func (s *sqlite) needLog(ctx context.Context, _ bool) error {
	_, err := s.writer.ExecContext(ctx, `UPDATE schema_step SET version = version WHERE version = 1`)
	if err = Explain(err); err == nil {
		err = markOpen(s.path)
	}
	if err != nil {
		s.logger.WarnContext(ctx, "marking the database's log as needed failed: its loss would not be noticed", "error",
			err)
	}
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return nil
}

// close closes the writer last, because the last connection to leave moves the
// write-ahead log into the database.
func (s *sqlite) close() error {
	var err error
	if s.writer != nil {
		err = markClosed(s.path)
	}
	err = errors.Join(err, pools{writer: s.writer, reader: s.reader}.close())
	if s.writer != nil && err == nil {
		err = markMoved(s.path)
	}
	return err
}

func (s *sqlite) begin(ctx context.Context) (transaction, error) {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return transaction{}, err
	}
	return transaction{tx, tx.Commit}, nil
}

// failure: no other process writes, and no connection is lost.
func (s *sqlite) failure(error) failure { return final }

func (s *sqlite) reading(context.Context, *sql.Tx) (time.Time, error) { return s.now(), nil }

func (s *sqlite) snapshot() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }
