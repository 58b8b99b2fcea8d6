package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/table"
)

// compiledFeed is a feed with its table.
type compiledFeed struct {
	name    string
	table   *table.Table
	skipped int
	first   string
	// at is when the newest of its files was written, fetched when its source was asked last.
	at, fetched time.Time
}

// keyOf hashes the names and the contents of a feed's files.
func keyOf(ctx context.Context, b feeds.Batch) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n", b.Kind)
	for _, name := range b.Files {
		file, err := os.Open(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%q\n", filepath.Base(name))
		n, err := io.Copy(sum, reading{ctx, file})
		if err := errors.Join(err, file.Close()); err != nil {
			return "", fmt.Errorf("reading %q: %w", name, err)
		}
		fmt.Fprintf(sum, "%d\n", n)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// reading is a reader that ends with a context.
type reading struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// times returns when the newest of a feed's files was written, and when its source was asked last, which
// only a feed that Fetch brought has.
func times(b feeds.Batch) (at, fetched time.Time, err error) {
	for _, name := range b.Files {
		info, err := os.Stat(name)
		if err != nil {
			return at, fetched, err
		}
		if info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	if info, err := os.Stat(markOf(filepath.Dir(b.Files[0]))); err == nil {
		fetched = info.ModTime()
	}
	return at, fetched, nil
}

// compile reads a feed to its end.
func (f *compiledFeed) compile(ctx context.Context, b feeds.Batch, key string) error {
	parser, err := feeds.New(b.Kind, feeds.Config{})
	if err != nil {
		return err
	}
	contents := &feeds.Contents{}
	builder := table.NewBuilder("")
	builder.Kind = b.Kind
	for record, err := range parser.Parse(ctx, b.Open()) {
		var odd *intel.RecordError
		switch {
		case errors.As(err, &odd):
			if f.skipped++; f.skipped == 1 {
				f.first = odd.Error()
			}
		case err != nil:
			return err
		default:
			contents.Add(&record)
			builder.Add(record)
		}
	}
	contents.Sum()
	if f.name, err = contents.Name(b.Kind); errors.Is(err, feeds.ErrUnnamed) {
		f.name, err = nameless(b.Kind, key), nil
	}
	if err == nil {
		f.table, err = builder.Table()
	}
	return err
}

// nameless is the name of a feed whose records do not name it: its kind, and the number that its files
// give it.
func nameless(kind intel.Kind, key string) string { return string(kind) + "-" + key[:8] }

// folderOf names the folder of a feed. Names hold what ecosystems hold, "Rocky Linux:9" for example.
func folderOf(kind intel.Kind, name string) string {
	return string(kind) + "-" + strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r == '.' || r <= ' ' {
			return '-'
		}
		return r
	}, name)
}

// markOf names the file that says how far the feed in a folder has been read. It lies beside the folder.
func markOf(folder string) string { return folder + ".mark" }
