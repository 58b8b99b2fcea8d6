package node

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/plain"
)

// Places are what several nodes share in place of a data folder, and what each of them has besides.
type Places struct {
	// Database is the URL of a PostgreSQL database. It may contain a password.
	Database string
	// Files is where files are: azblob://CONTAINER/PREFIX, s3://BUCKET/PREFIX or file://DIR. There they
	// have the names that they have in a data folder.
	Files string
	// KeyFile is a file with the key that seals keys, KeyText that key itself. Without either it is
	// beside the files, where the first command makes it.
	KeyFile, KeyText string
	// Cache is a folder on this machine for copies of files and for what is fetched. Every process takes
	// a part of it for itself. That of the user if empty.
	Cache string
	// CacheBytes bounds the copies of one process; 0 is the default of package bucket.
	CacheBytes int64
	// DirectLinks says that clients get links of object storage itself, and not of the nodes.
	DirectLinks bool
}

// Shared tells whether there are places, and not a data folder.
func (p Places) Shared() bool { return p.Database != "" || p.Files != "" }

// fileScheme begins the place of files in a folder.
const fileScheme = "file://"

// check refuses places that cannot be any.
func (p Places) check() error {
	scheme, _, _ := strings.Cut(p.Database, "://")
	switch {
	case p.Database == "" || p.Files == "":
		return settingError("--database and --files need each other")
	case scheme != "postgres" && scheme != "postgresql":
		return settingError("--database must be a URL such as postgres://muster@db.example.com/muster")
	case bucket.Is(p.Files):
		return nil
	case p.DirectLinks && strings.HasPrefix(p.Files, fileScheme):
		return plain.Hinted(settingError("--links direct needs object storage, and --files is a folder"),
			"leave --links out: nodes then serve the links")
	case !strings.HasPrefix(p.Files, fileScheme):
		return settingError("--files must be azblob://CONTAINER/PREFIX, s3://BUCKET/PREFIX or file://DIR")
	case !filepath.IsAbs(p.folder()):
		return settingError("--files is %q, must have an absolute path, such as file:///srv/muster", p.Files)
	}
	return nil
}

// folder returns the folder of files.
func (p Places) folder() string { return filepath.FromSlash(strings.TrimPrefix(p.Files, fileScheme)) }

// String names the places without user, password and parameters.
func (p Places) String() string {
	return fmt.Sprintf("database %q with files in %q", withoutSecrets(p.Database), withoutSecrets(p.Files))
}

// withoutSecrets returns a URL without user, password and parameters.
func withoutSecrets(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a URL that cannot be parsed"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// HasPassword tells whether a URL contains a password.
func HasPassword(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return strings.Contains(text, "@")
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password")
}
