package database

import (
	"context"
	"fmt"
)

// oldestServer is the oldest PostgreSQL that is served: 15.0.
const oldestServer = 150000

func (p *postgres) open(ctx context.Context, cfg Config) (pools, error) {
	var err error
	if p.config, err = parseURL(cfg.URL); err != nil {
		return pools{}, err
	}
	if err := p.migrate(ctx, cfg, false); err != nil {
		return pools{}, err
	}
	c := connector{config: p.config, patience: patience}
	p.writer = c.pool(cfg.WriteConns, settings("synchronous_commit", "on"))
	// Nobody waits for what these write to reach the disk: a commit that needs it comes later in the
	// server's log, and takes it along.
	p.beside = c.pool(cfg.WriteConns, settings("synchronous_commit", "off"))
	c.reads = true
	p.reader = c.pool(cfg.ReadConns, settings("default_transaction_read_only", "on", "statement_timeout", "5min",
		"idle_in_transaction_session_timeout", "60s"))
	return p.pools, p.inspect(ctx)
}

// inspect refuses a server that is too old or spells texts differently, and tells of one that does not
// keep what it acknowledges.
func (p *postgres) inspect(ctx context.Context) error {
	var version int
	var name, encoding, fsync, pages string
	err := p.reader.QueryRowContext(ctx, `
		SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'),
			current_setting('fsync'), current_setting('full_page_writes')`).Scan(&version, &name, &encoding, &fsync, &pages)
	switch {
	case err != nil:
		return err
	case version < oldestServer:
		return fmt.Errorf("the server is PostgreSQL %s: muster needs 15 or later", name)
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s: muster needs UTF8", encoding)
	case fsync != "on", pages != "on":
		p.logger.WarnContext(ctx, "the database server may lose what it acknowledged when its power fails", "fsync", fsync,
			"full_page_writes", pages)
	}
	return nil
}

func (p *postgres) close() error { return p.pools.close() }
