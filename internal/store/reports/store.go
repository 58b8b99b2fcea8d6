package reports

import (
	"context"

	"github.com/muster-project/muster/internal/store/database"
)

// Config bounds how many reports may wait to be stored.
type Config struct {
	// QueueCalls and QueueBytes bound the reports that wait in Receive. When either is reached,
	// the caller with the most waiting gets ErrSaturated. Zero: 1,024 calls, 64 MiB.
	QueueCalls int
	QueueBytes int64
	// Observe, if set, is called after each transaction with reports, by the goroutine that writes
	// them.
	Observe func(Commit)
}

func (c Config) withDefaults() Config {
	if c.QueueCalls <= 0 {
		c.QueueCalls = 1024
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 64 << 20
	}
	if c.Observe == nil {
		c.Observe = func(Commit) {}
	}
	return c
}

// Store keeps devices and what they reported. Its methods may be called from any
// goroutine.
type Store struct {
	db *database.DB
	readStatements
	examiner
	writer *writer
}

// Open returns the devices of a database and starts to write the reports of Receive.
func Open(ctx context.Context, db *database.DB, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	w := &writer{db: db, queue: newQueue(cfg.QueueCalls, cfg.QueueBytes), observe: cfg.Observe,
		sampled: sampled{next: firstSample},
		drained: make(chan struct{})}
	s := &Store{db: db, writer: w}
	var err error
	if s.readStatements, err = prepareRead(ctx, db.Reader()); err != nil {
		return nil, err
	}
	if s.examiner, err = prepareExaminer(ctx, db); err != nil {
		return nil, err
	}
	if w.statements, err = prepareReceive(ctx, db); err != nil {
		return nil, err
	}
	go w.run()
	return s, nil
}

// StopReceiving makes Receive return ErrClosed from now on. Waiting calls get it, too, once the
// slices being written are durable.
func (s *Store) StopReceiving() { s.writer.queue.close() }

// Close stops receiving and waits until the slices being written are durable.
func (s *Store) Close() {
	s.StopReceiving()
	<-s.writer.drained
}
