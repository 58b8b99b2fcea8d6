package snapshot

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// List calls yield with the name of every file below a folder, "." for all. A missing folder has
// no files.
func (f *Files) List(ctx context.Context, folder string, yield func(name string) error) error {
	prefix := folder + "/"
	if folder == "." {
		prefix = ""
	}
	for name, err := range f.store.List(ctx, prefix) {
		if err == nil {
			err = yield(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Exists reports whether a file exists.
func (f *Files) Exists(name string) bool {
	file, err := f.Open(name)
	if err == nil {
		file.Close()
	}
	return !errors.Is(err, fs.ErrNotExist)
}

// AttemptOf returns the attempt in the name of a part, sheet, projection, index, manifest, summary or
// file of deltas; empty for any other name.
func AttemptOf(name string) string {
	base := path.Base(name)
	const id = 36
	for _, form := range []struct{ prefix, suffix string }{{"part-", partSuffix}, {"sheet-", ""}, {"projection-", ""},
		{"index-", ""}, {"", manifestSuffix}, {"", deltasSuffix}, {"", summarySuffix}, {"", manifestV1Suffix}} {
		rest, begins := strings.CutPrefix(base, form.prefix)
		rest, ends := strings.CutSuffix(rest, form.suffix)
		if number, attempt, ok := strings.Cut(rest, "-"); begins && ends && ok && len(attempt) == id && isNumber(number) {
			return attempt
		}
	}
	return ""
}

// NumberOf returns the number in the name of a manifest: that of its snapshot. It is 0 for other names.
func NumberOf(manifest string) int64 {
	digits, _, _ := strings.Cut(path.Base(manifest), "-")
	number, _ := strconv.ParseInt(digits, 10, 64) // 0 if it is none
	return number
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// IsManifest reports whether a name is that of a manifest of an organization.
func IsManifest(organization, name string) bool {
	return path.Dir(name) == manifestFolder(organization) && path.Ext(name) != deltasSuffix &&
		path.Ext(name) != summarySuffix && AttemptOf(name) != ""
}

// Organizations lists the organizations that have files, by the first element of the names.
func (f *Files) Organizations() (names []string, err error) {
	return f.store.Children(context.Background(), "")
}
