package reports

import (
	"context"
	"database/sql"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// receiveStatements are prepared once, because they run for every report.
type receiveStatements struct {
	db                                                      *database.DB
	takeRevisions, deviceByID, deviceByName, documentHashes *sql.Stmt
	putDevice, touchDevice, placeDevice, rehashDevice       *sql.Stmt
	putDocument, ownSource, putReceipt, putCollector        *sql.Stmt
	putAddresses                                            *sql.Stmt
	groupings                                               *organization.Groupings
}

// Queries that read a device before it is written. Two devices of a name are enough to know that
// there are several.
const (
	deviceByName     = namedDevices + ` LIMIT 2`
	documentHashesOf = `SELECT source, section, hash, writer FROM document WHERE organization = $1 AND device = $2`
)

func prepareReceive(ctx context.Context, db *database.DB) (receiveStatements, error) {
	st := receiveStatements{db: db, groupings: new(organization.Groupings)}
	err := db.PrepareBeside(ctx, database.Statements{&st.takeRevisions: organization.ReserveRevisions})
	if err != nil {
		return st, err
	}
	err = db.PrepareWrite(ctx, database.Statements{
		&st.deviceByID:     deviceByID,
		&st.deviceByName:   deviceByName,
		&st.documentHashes: documentHashesOf,
		&st.putDevice:      deviceRow.of(1),
		// Not touchedRow.of(1): SQLite would make a table of the row first.
		&st.touchDevice: `
			UPDATE device SET last_seen = $1, received = $2, agreed = CASE WHEN CAST($3 AS BIGINT) > 0 THEN $3 ELSE agreed END
			WHERE organization = $4 AND id = $5`,
		&st.rehashDevice: `UPDATE device SET hash = $1 WHERE organization = $2 AND id = $3`,
		&st.placeDevice: `
			UPDATE device SET wanted_group = $1, named_group = $2, claims = $3, named_by = $4 WHERE organization = $5 AND id = $6`,
		&st.putDocument:  documentRow.of(1),
		&st.ownSource:    `UPDATE document SET writer = $1 WHERE organization = $2 AND device = $3 AND source = $4`,
		&st.putReceipt:   receiptRow.of(1),
		&st.putCollector: collectorRow.of(1),
		&st.putAddresses: addressRow.of(1),
	})
	return st, err
}

// in binds the statements to a transaction.
func (st receiveStatements) in(ctx context.Context, tx *sql.Tx) receiveStatements {
	return receiveStatements{
		db:             st.db,
		takeRevisions:  st.db.Beside(ctx, tx, st.takeRevisions),
		deviceByID:     tx.StmtContext(ctx, st.deviceByID),
		deviceByName:   tx.StmtContext(ctx, st.deviceByName),
		documentHashes: tx.StmtContext(ctx, st.documentHashes),
		putDevice:      tx.StmtContext(ctx, st.putDevice),
		touchDevice:    tx.StmtContext(ctx, st.touchDevice),
		placeDevice:    tx.StmtContext(ctx, st.placeDevice),
		rehashDevice:   tx.StmtContext(ctx, st.rehashDevice),
		putDocument:    tx.StmtContext(ctx, st.putDocument),
		ownSource:      tx.StmtContext(ctx, st.ownSource),
		putReceipt:     tx.StmtContext(ctx, st.putReceipt),
		putCollector:   tx.StmtContext(ctx, st.putCollector),
		putAddresses:   tx.StmtContext(ctx, st.putAddresses),
		groupings:      st.groupings,
	}
}

// inRead binds the statements of an examiner to a transaction.
func (st receiveStatements) inRead(ctx context.Context, tx *sql.Tx) receiveStatements {
	return receiveStatements{
		deviceByID:     tx.StmtContext(ctx, st.deviceByID),
		deviceByName:   tx.StmtContext(ctx, st.deviceByName),
		documentHashes: tx.StmtContext(ctx, st.documentHashes),
	}
}

// readStatements are also prepared once: they run for every device of a generation, every range
// and every request.
type readStatements struct {
	load, devicesFrom, devicesBetween *sql.Stmt
}

func prepareRead(ctx context.Context, db *sql.DB) (st readStatements, err error) {
	err = database.Statements{&st.load: loadDevice, &st.devicesFrom: devicesFrom,
		&st.devicesBetween: devicesBetween}.Prepare(ctx, db)
	return st, err
}

// A range is compared as (group, id), because SQLite would otherwise use the index of all ids and
// read every other group's devices too. There are two texts, because SQLite does not search an
// index for "no end, or before hi".
const (
	devicesFrom = `
		SELECT ` + deviceColumns + ` FROM device
		WHERE organization = $1 AND (pinned_group, device.id) >= ($2, $3) AND pinned_group <= $2
		ORDER BY pinned_group, device.id`
	devicesBetween = `
		SELECT ` + deviceColumns + ` FROM device
		WHERE organization = $1 AND (pinned_group, device.id) >= ($2, $3) AND (pinned_group, device.id) < ($2, $4)
		ORDER BY pinned_group, device.id`
)

// loadDevice reads a device and its documents in one statement, and so as of one moment, on every
// database.
const loadDevice = `
	SELECT ` + deviceColumns + `, document.source, document.section, document.hash, document.data, document.writer
	FROM device LEFT JOIN document ON document.organization = device.organization AND document.device = device.id
	WHERE device.organization = $1 AND device.id = $2
	ORDER BY document.source, document.section`

// namedDevices selects the devices with a name and a rank.
const namedDevices = `SELECT ` + deviceColumns +
	` FROM device WHERE organization = $1 AND name_key = $2 AND named_by = $3`
