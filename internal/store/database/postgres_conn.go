package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// How connections are kept: an idle one is closed after a while, and each after an hour, so that after a
// fail-over the pools spread over what is there.
const (
	idleTime = 5 * time.Minute
	lifetime = time.Hour
)

// connector makes connections. While a server does not answer it tries again, for as long as patience.
type connector struct {
	config   *pgx.ConnConfig
	patience time.Duration
	// reads: statements only read, so one whose connection is lost may run again on another.
	reads bool
}

// pool returns a pool of so many connections with some settings.
func (c connector) pool(size int, settings map[string]string) *sql.DB {
	c.config = c.config.Copy()
	for name, value := range settings {
		if _, chosen := c.config.RuntimeParams[name]; !chosen || name != "application_name" {
			c.config.RuntimeParams[name] = value
		}
	}
	// Sessions that only read are not "read-write", as the URL may want it, though their server is.
	if chosen := c.config.ValidateConnect != nil; chosen && c.reads || !chosen && len(c.config.Fallbacks) > 0 {
		c.config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	types := new(atomic.Uint32)
	made := connecting{c, stdlib.GetConnector(*c.config, stdlib.OptionAfterConnect(
		func(ctx context.Context, conn *pgx.Conn) error { return registerBlob(ctx, conn, types) }))}
	db := sql.OpenDB(made)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxIdleTime(idleTime)
	db.SetConnMaxLifetime(lifetime)
	return db
}

// registerBlob tells a connection the number of the type blob, which it asks for once.
func registerBlob(ctx context.Context, conn *pgx.Conn, known *atomic.Uint32) error {
	number := known.Load()
	if number == 0 {
		if err := conn.QueryRow(ctx, `SELECT coalesce(to_regtype('blob')::oid, 0)`).Scan(&number); err != nil {
			return fmt.Errorf("looking for the type blob: %w", err)
		}
		known.Store(number)
	}
	if number != 0 {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "blob", OID: number, Codec: pgtype.ByteaCodec{}})
	}
	return nil
}

// connecting is a connector with the driver's own.
type connecting struct {
	connector
	driver driver.Connector
}

// Driver implements driver.Connector.
func (c connecting) Driver() driver.Driver { return c.driver.Driver() }

// Connect implements driver.Connector.
func (c connecting) Connect(ctx context.Context) (driver.Conn, error) {
	tries := tries{waited: patience - c.patience}
	for {
		conn, err := c.driver.Connect(ctx)
		if err == nil {
			return connection{conn.(*stdlib.Conn), c.reads}, nil
		}
		if !isLost(err) || !tries.again(ctx, lost) {
			return nil, ended(ctx, err)
		}
	}
}

// connection is one to a PostgreSQL server.
type connection struct {
	*stdlib.Conn
	reads bool
}

// CheckNamedValue makes a text of an argument that PostgreSQL can hold: it knows no character 0, and
// nothing that is not UTF-8. A text with one equals nothing that is stored.
func (c connection) CheckNamedValue(value *driver.NamedValue) error {
	if text, ok := value.Value.(string); ok {
		value.Value = storable(text)
	}
	return nil
}

// storable returns a text that PostgreSQL can hold.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// QueryContext implements driver.QueryerContext.
func (c connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, query, args)
	return rows, c.mend(ctx, err)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c connection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	prepared, err := c.Conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, c.mend(ctx, err)
	}
	return statement{prepared.(*stdlib.Stmt), c}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c connection) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, options)
	if err != nil && ctx.Err() == nil && isLost(err) {
		err = driver.ErrBadConn // nothing was done
	}
	return tx, err
}

// mend makes an error of a lost connection one after which package sql tries another connection, if that
// does no harm.
func (c connection) mend(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() != nil || !isLost(err):
		return err
	case c.reads:
		return driver.ErrBadConn
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

// statement is a prepared statement of a connection.
type statement struct {
	*stdlib.Stmt
	conn connection
}

// QueryContext implements driver.StmtQueryContext.
func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.Stmt.QueryContext(ctx, args)
	return rows, s.conn.mend(ctx, err)
}

// ExecContext implements driver.StmtExecContext.
func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := s.Stmt.ExecContext(ctx, args)
	return result, s.conn.mend(ctx, err)
}
