package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// writeTable makes a table durable. The caller calls made when something names it, or nothing
// will.
func (l *shelf) writeTable(ctx context.Context, compiled *table.Table) (intelligence.Table, error) {
	name, err := l.newFile(ctx, tableFolder)
	if err != nil {
		return intelligence.Table{}, err
	}
	if err := l.writeFile(ctx, name, compiled.WriteFile); err != nil {
		return intelligence.Table{}, errors.Join(err, l.made(ctx, name))
	}
	return intelligence.Table{ID: compiled.ID(), Path: name}, nil
}

// openTable opens a table, unless it is already open.
func (l *shelf) openTable(ctx context.Context, known intelligence.Table) (*table.Table, error) {
	l.catalogs.Lock()
	opened := l.tables[known.ID]
	l.catalogs.Unlock()
	if opened != nil {
		return opened, nil
	}
	folder, name := l.lying(ctx, known.Path)
	opened, err := table.Open(folder, name)
	if err == nil && opened.ID() != known.ID {
		err = fmt.Errorf("%w: it is table %q", column.ErrDamaged, opened.ID())
	}
	return opened, damage(err)
}

// canCompile reports whether compiling again helps if a table cannot be opened.
func canCompile(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, column.ErrDamaged) || errors.Is(err, column.ErrOlder)
}

// tableOf returns the table of a feed. A table that is missing, damaged or was written by an older
// program, or one that did not store what the records are about, is compiled again from the feed's
// raw files.
func (l *shelf) tableOf(ctx context.Context, f intelligence.Feed) (*table.Table, intelligence.Table, error) {
	if f.Table.Path != "" && f.Contents != "" {
		opened, err := l.openTable(ctx, f.Table)
		switch {
		case err == nil:
			return opened, f.Table, nil
		case !canCompile(err):
			return nil, intelligence.Table{}, err
		}
	}
	l.tell(fmt.Sprintf("compiling feed %q of kind %q from its raw files", f.Name, f.Kind))
	read, err := l.compile(ctx, f)
	if err != nil {
		return nil, intelligence.Table{}, err
	}
	written, err := l.writeTable(ctx, read.table)
	if err != nil {
		return nil, intelligence.Table{}, err
	}
	l.taking.Lock()
	defer l.taking.Unlock()
	now, err := l.store.Feed(ctx, f.Kind, f.Name)
	if err == nil && now.Path == f.Path { // not replaced meanwhile
		now.Table, now.Contents, now.Skipped = written, read.Feed.Contents, read.Feed.Skipped
		l.trace("put table")
		err = l.store.PutCompiled(ctx, now, read.rejectedText())
	}
	return read.table, written, errors.Join(err, l.made(ctx, written.Path))
}
