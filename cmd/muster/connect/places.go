package connect

import (
	"os"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// KeyVariable has the key that seals keys. It is no flag, because everybody on the machine can see a
// command line.
const KeyVariable = "MUSTER_KEY"

// Places are the flags that name what several nodes share, in place of a data folder.
type Places struct {
	Database string `placeholder:"URL" env:"MUSTER_DATABASE" help:"Work on this PostgreSQL database, such as postgres://muster@db.example.com/muster, with --files; servers may be using both. A password belongs in MUSTER_DATABASE, PGPASSWORD or PGPASSFILE: everybody on the machine can see a command line."`
	Files    string `placeholder:"URL" env:"MUSTER_FILES" help:"With --database: where files are, azblob://CONTAINER/PREFIX, s3://BUCKET/PREFIX or file://DIR. Credentials belong in variables."`
	Key      string `placeholder:"FILE" help:"With --database: file with the key that seals keys, 32 random bytes as hexadecimal digits or base64, which MUSTER_KEY may have instead. Default: the key beside the files, which the first command makes."`
	Cache    string `placeholder:"DIR" env:"MUSTER_CACHE" help:"Folder for what can be fetched or made again. Default: muster in the user's folder for caches."`
}

// Shared tells whether any of them is given.
func (p *Places) Shared() bool { return p.Database != "" || p.Files != "" }

// Of returns the flags as settings.
func (p *Places) Of(k *kong.Context) (node.Places, error) {
	if err := NoPassword(k, p.Database); err != nil {
		return node.Places{}, err
	}
	if !p.Shared() {
		if p.Key != "" {
			return node.Places{}, console.Usage("--key needs --database; a data folder has a key of its own")
		}
		return node.Places{}, nil
	}
	where := node.Places{Database: p.Database, Files: p.Files, KeyFile: p.Key, Cache: p.Cache}
	if p.Key == "" { // a flag takes precedence over a variable
		where.KeyText = os.Getenv(KeyVariable)
	}
	return where, nil
}

// NoPassword refuses a password in --database on the command line.
func NoPassword(k *kong.Context, database string) error {
	if console.OnLine(k, "database") && node.HasPassword(database) {
		return plain.Hinted(console.Usage("--database has a password, which everybody on this machine can see"),
			"put it into the variable PGPASSWORD, a file that PGPASSFILE names, or the whole URL into MUSTER_DATABASE")
	}
	return nil
}

// Prefer decides between a data folder and places where both are given: what is on the command line.
func (p *Places) Prefer(k *kong.Context, data *string) error {
	switch line, places := console.OnLine(k, "data"), p.onLine(k); {
	case line && !places:
		p.clear()
	case places && !line:
		*data = ""
	}
	if *data != "" && p.Shared() {
		return console.Usage("--data and --database exclude each other")
	}
	return nil
}

// clear forgets them, because others were given on the command line.
func (p *Places) clear() { p.Database, p.Files = "", "" }

// onLine tells whether any of them is on the command line.
func (p *Places) onLine(k *kong.Context) bool {
	return console.OnLine(k, "database") || console.OnLine(k, "files")
}

// NodeName is the name of a node that was given none: that of the host.
func NodeName(given string) string {
	if given != "" {
		return given
	}
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
