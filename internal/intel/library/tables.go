package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/database"
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

// openSound opens a table; nil if there is none, or it has to be compiled again.
func (l *shelf) openSound(ctx context.Context, known intelligence.Table) (*table.Table, error) {
	if known.Path == "" {
		return nil, nil
	}
	opened, err := l.openTable(ctx, known)
	if canCompile(err) {
		return nil, nil
	}
	return opened, err
}

// tableOf returns the table of a feed. A table that is missing, damaged or was written by an older
// program, or one that did not store what the records are about, is compiled again from the feed's
// raw files.
func (l *shelf) tableOf(ctx context.Context, f intelligence.Feed) (*table.Table, intelligence.Table, error) {
	opened, err := l.openSound(ctx, f.Table)
	if err != nil || opened != nil && f.Contents != "" {
		return opened, f.Table, err
	}
	l.tell(fmt.Sprintf("compiling feed %q of kind %q from its raw files", f.Name, f.Kind))
	read, err := l.compile(ctx, f)
	if err != nil && opened != nil && ctx.Err() == nil {
		l.tell(fmt.Sprintf("what feed %q of kind %q is about stays unknown until it is imported again: %v", f.Name, f.Kind, err))
		return opened, f.Table, nil
	}
	if err != nil {
		if ctx.Err() == nil {
			l.tell(fmt.Sprintf("feed %q of kind %q has to be imported or fetched again: %v", f.Name, f.Kind, err))
		}
		return nil, intelligence.Table{}, err
	}
	written, err := l.writeTable(ctx, read.table)
	if err != nil {
		return nil, intelligence.Table{}, err
	}
	l.taking.Lock()
	defer l.taking.Unlock()
	now, err := l.store.Feed(ctx, f.Kind, f.Name)
	if errors.Is(err, database.ErrNotFound) { // removed meanwhile: the next build is without it
		return read.table, written, l.made(ctx, written.Path)
	}
	if err == nil && now.Path == f.Path { // not replaced meanwhile
		now.Table, now.Contents, now.Skipped = written, read.Feed.Contents, read.Feed.Skipped
		l.trace("put table")
		err = l.store.PutCompiled(ctx, now, read.rejectedText())
	}
	return read.table, written, errors.Join(err, l.made(ctx, written.Path))
}
