package database

import (
	"embed"
	"fmt"
	"io/fs"
)

// migrations holds schema/NNNN.sql: the step from version NNNN-1 to NNNN, one text for all databases. A
// released step is never edited; a change of the schema is a new step.
//
//go:embed schema/*.sql
var migrations embed.FS

// schemaSteps returns the paths of the steps, in order.
func schemaSteps() ([]string, error) { return fs.Glob(migrations, "schema/*.sql") }

// schemaTable is where each step that was taken has a row.
const schemaTable = `CREATE TABLE IF NOT EXISTS schema_step (version BIGINT NOT NULL PRIMARY KEY)`

// takenSteps is how many steps were taken.
const takenSteps = `SELECT coalesce(max(version), 0) FROM schema_step`

// upgrading is what people are told before steps are taken.
const upgrading = "upgrading the database; this happens once after an upgrade of the program"

// refuseNewer returns ErrNewer if more steps were taken than this program knows.
func refuseNewer(have, known int) error {
	if have <= known {
		return nil
	}
	return fmt.Errorf("%w: its schema is version %d, this program knows up to %d: use a newer muster",
		ErrNewer, have, known)
}

// noSchema is the error of a database that should have tables.
func noSchema() error { return Damaged("it has no schema") }
