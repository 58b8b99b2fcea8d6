package bundle

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// Format is the version of bundles that this program writes, and the newest that it reads.
const Format = 1

// The names of the first entries.
const (
	manifestName  = "muster-bundle.json"
	signatureName = "muster-bundle.sig"
)

// entryName is the name of the entry with a raw file.
func entryName(feed, file int) string { return fmt.Sprintf("feed/%d/%d", feed, file) }

// Limits of what is read.
const (
	// MaxFeed bounds the raw files of one feed, MaxTotal those of all, in bytes.
	MaxFeed  = 16 << 30
	MaxTotal = 128 << 30

	maxManifest  = 16 << 20
	maxSignature = 1 << 10
	maxFeeds     = 5_000
	maxFiles     = 100_000
	maxName      = 200
)

// Why a bundle is refused. Each error of a Reader wraps one of these, or is that of the source.
var (
	ErrInvalid   = errors.New("it is not a bundle of feeds")
	ErrUnsigned  = errors.New("it is not signed")
	ErrUnknown   = errors.New("it is signed by a key that is not trusted here")
	ErrTampered  = errors.New("it was changed after it was signed")
	ErrTruncated = errors.New("it is cut off")
	ErrTooLarge  = errors.New("it is too large")
	ErrDuplicate = errors.New("it has two of one name")
	ErrName      = errors.New("it has a name that is not allowed")
	ErrNewer     = errors.New("it was made by a newer program")
)

// Manifest says what a bundle holds.
type Manifest struct {
	Format int       `json:"format"`
	Made   time.Time `json:"madeTime"`
	// Key is the id of the key that signed it; empty before that.
	Key   string `json:"key,omitempty"`
	Feeds []Feed `json:"feeds"`
}

// Feed is a feed of a bundle.
type Feed struct {
	Kind intel.Kind `json:"kind"`
	Name string     `json:"name"`
	// URL is where its publisher has it, for people. Nothing is fetched from there.
	URL string `json:"url,omitempty"`
	// Fetched is when its source was last asked with success at the site of the bundle; zero if the feed was
	// imported by hand. Imported is when it was imported there. AsOf is the time up to which it knows.
	Fetched  time.Time `json:"fetchedTime,omitzero"`
	Imported time.Time `json:"importedTime"`
	AsOf     time.Time `json:"asOfTime"`
	Records  int64     `json:"records"`
	Bytes    int64     `json:"bytes"`
	// SHA256 is that of all files, one after the other.
	SHA256 string `json:"sha256"`
	Files  []File `json:"files"`
}

// File is a raw file of a feed.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// readManifest decodes a manifest. It says first if its format is newer.
func readManifest(text []byte) (m Manifest, err error) {
	var first struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(text, &first); err != nil || first.Format == nil || *first.Format < 1 {
		return m, fmt.Errorf("%w: entry %q is no manifest", ErrInvalid, manifestName)
	}
	if *first.Format > Format {
		return m, fmt.Errorf("%w: its format is %d, the newest that this program reads is %d", ErrNewer, *first.Format, Format)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%w: its manifest: %v", ErrInvalid, err)
	}
	return m, nil
}

// check refuses a manifest that promises too much, or something twice, or a name that means another place.
func (m *Manifest) check() error {
	if len(m.Feeds) == 0 {
		return fmt.Errorf("%w: it has no feeds", ErrInvalid)
	}
	if len(m.Feeds) > maxFeeds {
		return fmt.Errorf("%w: it has %d feeds, more than %d", ErrTooLarge, len(m.Feeds), maxFeeds)
	}
	type id struct {
		kind intel.Kind
		name string
	}
	seen := map[id]bool{}
	files, total := 0, int64(0)
	for i := range m.Feeds {
		f := &m.Feeds[i]
		if seen[id{f.Kind, f.Name}] {
			return fmt.Errorf("%w: feed %.200q of kind %.50q", ErrDuplicate, f.Name, f.Kind)
		}
		seen[id{f.Kind, f.Name}] = true
		if err := f.check(m.Made); err != nil {
			return fmt.Errorf("feed %.200q of kind %.50q: %w", f.Name, f.Kind, err)
		}
		files, total = files+len(f.Files), total+f.Bytes
		if files > maxFiles || total > MaxTotal {
			return fmt.Errorf("%w: it has more than %d files or %d bytes", ErrTooLarge, maxFiles, int64(MaxTotal))
		}
	}
	return nil
}

// check is Manifest.check for one feed.
func (f *Feed) check(made time.Time) error {
	if f.Name == "" || len(f.Name) > maxName || f.Kind == "" || len(f.Files) == 0 {
		return fmt.Errorf("%w: a feed without kind, name or files", ErrInvalid)
	}
	if f.Fetched.After(made) || f.Imported.After(made) || f.AsOf.After(made) {
		return fmt.Errorf("%w: a time of a feed is after that of the bundle", ErrInvalid)
	}
	seen, total := map[string]bool{}, int64(0)
	for _, file := range f.Files {
		switch sum, err := hex.DecodeString(file.SHA256); {
		case !isFileName(file.Name):
			return fmt.Errorf("%w: file %.200q", ErrName, file.Name)
		case seen[file.Name]:
			return fmt.Errorf("%w: file %q", ErrDuplicate, file.Name)
		case file.Bytes < 0 || file.Bytes > MaxFeed:
			return fmt.Errorf("%w: file %q of %d bytes", ErrTooLarge, file.Name, file.Bytes)
		case err != nil || len(sum) != 32:
			return fmt.Errorf("%w: file %q has no SHA-256", ErrInvalid, file.Name)
		}
		seen[file.Name] = true
		if total += file.Bytes; total > MaxFeed {
			return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, int64(MaxFeed))
		}
	}
	if total != f.Bytes {
		return fmt.Errorf("%w: its files have %d bytes, not %d", ErrInvalid, total, f.Bytes)
	}
	return nil
}

// isFileName tells whether a raw file may have a name: it is a name in one folder on every system.
func isFileName(name string) bool {
	return name != "" && len(name) <= maxName && strings.Trim(name, ".") != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || strings.ContainsRune(`/\:`, r)
	})
}
