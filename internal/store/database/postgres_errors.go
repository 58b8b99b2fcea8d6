package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// States of errors (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03" // lock_timeout
	queryCanceled        = "57014" // statement_timeout, or its sender
	diskFull             = "53100"
)

// away are the states of a server that does not serve, or of a connection that it ended: it is stopped,
// crashed, starts, is a replica, has too many connections, or waited too long for this one.
func away() []string { return []string{"57P01", "57P02", "57P03", "57P05", "25P03", "25006", "53300"} }

// damagedStates are those of pages and indexes that are not as they were written.
func damagedStates() []string { return []string{"XX001", "XX002"} }

// state returns the state of a server's error; empty if it is none.
func state(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// isState reports whether an error has one of some states.
func isState(err error, states ...string) bool {
	code := state(err)
	return code != "" && slices.Contains(states, code)
}

// isConflict reports whether others were in the way of a transaction, which was undone.
func isConflict(err error) bool {
	return isState(err, serializationFailure, deadlockDetected, lockNotAvailable)
}

// isLost reports whether an error is the connection's, and not the end of a context.
func isLost(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) && !pgconn.Timeout(err) {
		return false
	}
	if code := state(err); code != "" {
		return strings.HasPrefix(code, "08") || slices.Contains(away(), code)
	}
	ends := []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		os.ErrDeadlineExceeded, pgconn.ErrConnClosed, syscall.ECONNRESET, syscall.EPIPE}
	var network *net.OpError
	var connecting *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connecting) || pgconn.SafeToRetry(err) ||
		slices.ContainsFunc(ends, func(end error) bool { return errors.Is(err, end) })
}

// explainPostgres is Explain for errors of PostgreSQL. Other errors stay as they are.
func explainPostgres(err error) error {
	switch {
	case isState(err, damagedStates()...):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case isConflict(err), isState(err, queryCanceled), isServer(err) && isLost(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// isServer reports whether an error is of a PostgreSQL server or of a connection to one, and not of
// anything else on the network.
func isServer(err error) bool {
	var connecting *pgconn.ConnectError
	return state(err) != "" || errors.As(err, &connecting) || pgconn.SafeToRetry(err) || errors.Is(err, errLost)
}

// errLost is wrapped by errors of a connection that was lost.
var errLost = errors.New("the connection was lost")
