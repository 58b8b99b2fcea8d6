package reports

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// kind is a table row that reports write.
type kind int

// The kinds, in the order in which they are written.
const (
	deviceRow kind = iota
	documentRow
	touchedRow
	collectorRow
	addressRow
	receiptRow
	kinds
)

// rowsText is the text of a statement that writes rows: before them, one row, and after them.
type rowsText struct {
	before string
	// columns is how many parameters a row has; casts are their types, where the text does not tell them.
	columns int
	casts   []string
	after   string
}

// text returns the parts of a kind's statement.
func (k kind) text() rowsText {
	switch k {
	case deviceRow:
		return rowsText{`
			INSERT INTO device (organization, id, name, name_key, os_platform, os_version, os_architecture,
				tags, first_seen, last_seen, received, revision, hash, named_by, agreed, wanted_group, named_group, claims)
			VALUES `, 18, nil, `
			ON CONFLICT (organization, id) DO UPDATE SET
				name = excluded.name, name_key = excluded.name_key, os_platform = excluded.os_platform,
				os_version = excluded.os_version, os_architecture = excluded.os_architecture, tags = excluded.tags,
				last_seen = excluded.last_seen, received = excluded.received,
				revision = excluded.revision, hash = excluded.hash, named_by = excluded.named_by,
				agreed = CASE WHEN excluded.agreed > 0 THEN excluded.agreed ELSE device.agreed END,
				wanted_group = excluded.wanted_group, named_group = excluded.named_group, claims = excluded.claims`}
	case documentRow:
		return rowsText{`
			INSERT INTO document (organization, device, source, section, hash, data, writer) VALUES `, 7, nil, `
			ON CONFLICT (organization, device, source, section) DO UPDATE SET
				hash = excluded.hash, data = excluded.data, writer = excluded.writer`}
	case touchedRow:
		return rowsText{`
			UPDATE device SET last_seen = v.column1, received = v.column2,
				agreed = CASE WHEN v.column3 > 0 THEN v.column3 ELSE agreed END
			FROM (VALUES `, 5, []string{"BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT"}, `) AS v
			WHERE device.organization = v.column4 AND device.id = v.column5`}
	case collectorRow: // nothing is written if the collector is unchanged
		return rowsText{`
			INSERT INTO collector (organization, device, source, program, version) VALUES `, 5, nil, `
			ON CONFLICT (organization, device, source) DO UPDATE SET program = excluded.program, version = excluded.version
			WHERE collector.program <> excluded.program OR collector.version <> excluded.version`}
	case addressRow: // nor if the addresses are
		return rowsText{`
			INSERT INTO address (organization, device, source, addresses) VALUES `, 4, nil, `
			ON CONFLICT (organization, device, source) DO UPDATE SET addresses = excluded.addresses
			WHERE address.addresses <> excluded.addresses`}
	}
	return rowsText{`
		INSERT INTO receipt (organization, id, device, source, revision, received, changed) VALUES `, 7, nil, ""}
}

// of returns the statement for so many rows.
func (k kind) of(rows int) string {
	var b strings.Builder
	t, n := k.text(), 0
	b.WriteString(t.before)
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		for column := range t.columns {
			n++
			separator := ", "
			if column == 0 {
				separator = "("
			}
			if t.casts == nil {
				fmt.Fprintf(&b, "%s$%d", separator, n)
			} else {
				fmt.Fprintf(&b, "%sCAST($%d AS %s)", separator, n, t.casts[column])
			}
		}
		b.WriteString(")")
	}
	b.WriteString(t.after)
	return b.String()
}

// rowsAtOnce is how many rows one statement writes at most. There are few texts, so that they stay
// prepared: a statement writes a power of two of rows.
const rowsAtOnce = 64

// writes are rows to be written together, of reports about different devices.
type writes struct {
	rows [kinds][][]any
	// rare are statements that few reports need. They follow the documents and times.
	rare []func(ctx context.Context) error
}

// join takes over the rows of others.
func (w *writes) join(more *writes) {
	for k := range w.rows {
		w.rows[k] = append(w.rows[k], more.rows[k]...)
	}
	w.rare = append(w.rare, more.rare...)
}

// flush writes all rows.
func (w *writes) flush(ctx context.Context, tx *sql.Tx) error {
	for k := range kinds {
		if k == collectorRow {
			for _, do := range w.rare {
				if err := do(ctx); err != nil {
					return fmt.Errorf("storing reports: %w", err)
				}
			}
		}
		for rows := w.rows[k]; len(rows) > 0; {
			n := rowsAtOnce
			for n > len(rows) {
				n /= 2
			}
			var args []any
			for _, row := range rows[:n] {
				args = append(args, row...)
			}
			if _, err := tx.ExecContext(ctx, k.of(n), args...); err != nil {
				return fmt.Errorf("storing %d rows of reports: %w", n, err)
			}
			rows = rows[n:]
		}
	}
	return nil
}
