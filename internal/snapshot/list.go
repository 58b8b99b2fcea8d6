package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// List calls yield with the name of every file below a folder, "." for all.
// A folder that is not there has none.
func (f *Files) List(ctx context.Context, dir string, yield func(name string) error) error {
	err := fs.WalkDir(f.root.FS(), dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // it went meanwhile
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir() || name == probe:
			return nil
		}
		return yield(name)
	})
	if err != nil {
		return fmt.Errorf("listing files of %q: %w", dir, err)
	}
	return nil
}

// Exists tells whether a file is there.
func (f *Files) Exists(name string) bool {
	_, err := f.root.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// AttemptOf is the attempt that the name of a part, sheet, index, manifest or
// file of deltas carries. Empty: it is the name of none of them.
func AttemptOf(name string) string {
	base := path.Base(name)
	const id = 36
	for _, form := range []struct{ prefix, suffix string }{{"part-", partSuffix}, {"sheet-", ""}, {"index-", ""},
		{"", manifestSuffix}, {"", deltasSuffix}, {"", manifestV1Suffix}} {
		rest, begins := strings.CutPrefix(base, form.prefix)
		rest, ends := strings.CutSuffix(rest, form.suffix)
		if number, attempt, ok := strings.Cut(rest, "-"); begins && ends && ok && len(attempt) == id && isNumber(number) {
			return attempt
		}
	}
	return ""
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// IsManifest tells whether a name is that of a manifest of an organization.
func IsManifest(organization, name string) bool {
	return path.Dir(name) == manifestFolder(organization) && path.Ext(name) != deltasSuffix && AttemptOf(name) != ""
}

// Organizations lists the folders of organizations that are there.
func (f *Files) Organizations() (names []string, err error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("listing folder of snapshots: %w", err)
	}
	for _, e := range entries {
		if e.Name() != probe && !strings.HasPrefix(e.Name(), repairing) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// repairing begins the names of files that are being put back.
const repairing = ".repair-"
