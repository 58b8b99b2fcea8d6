package store

import (
	"database/sql"
	"fmt"
)

// regroup puts every device where the present rules say, if those of another
// revision said it last; a hidden one, too, which is to be hidden again.
func (p *Pinning) regroup() error {
	var behind bool
	err := p.tx.QueryRowContext(p.ctx, `
		SELECT rules_applied <> rules_revision FROM organization WHERE id = $1`, p.org).Scan(&behind)
	if err != nil || !behind {
		return err
	}
	moves, err := p.moves()
	if err != nil {
		return err
	}
	if err := p.move(moves); err != nil {
		return err
	}
	_, err = p.tx.ExecContext(p.ctx, `UPDATE organization SET rules_applied = rules_revision WHERE id = $1`, p.org)
	return err
}

// move says which group a device is wanted in from now on.
type move struct {
	device string
	group  int64
}

// moves lists the devices that the present rules want elsewhere, in the order
// in which they are stored: written in any other, each would cost a page of
// the file. Appending nothing to the organization keeps SQLite from reading
// them by the index of ids.
func (p *Pinning) moves() (moves []move, err error) {
	g, err := loadGrouping(p.ctx, p.tx, p.org)
	if err != nil {
		return nil, err
	}
	rows, err := p.tx.QueryContext(p.ctx, `
		SELECT id, name, os_platform, tags, wanted_group, named_group, named_by FROM device WHERE organization || '' = $1`, p.org)
	_, err = collect(rows, err, func(r *sql.Rows) (_ struct{}, err error) {
		var d Device
		var tags string
		if err := r.Scan(&d.ID, &d.Name, &d.OSPlatform, &tags, &d.WantedGroup, &d.NamedGroup, &d.Rank); err != nil {
			return struct{}{}, err
		}
		if err := decodeTags(tags, &d); err != nil {
			return struct{}{}, err
		}
		if group := g.of(&d); group != d.WantedGroup {
			moves = append(moves, move{d.ID, group})
		}
		return struct{}{}, nil
	})
	return moves, err
}

// move pins at once: to leave it to moveDevices would write every device twice.
func (p *Pinning) move(moves []move) error {
	put, err := p.tx.PrepareContext(p.ctx, `
		UPDATE device SET wanted_group = $1, pinned_group = $1 WHERE organization = $2 AND id = $3`)
	if err != nil {
		return err
	}
	defer put.Close()
	for _, m := range moves {
		if _, err := put.ExecContext(p.ctx, m.group, p.org, m.device); err != nil {
			return fmt.Errorf("device %q: %w", m.device, err)
		}
	}
	return nil
}
