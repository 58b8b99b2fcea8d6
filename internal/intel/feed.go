package intel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
)

// Kind names a feed's format ("cve5", "osv", "sofa"), or that of a publisher of distributions ("debian", "csaf").
type Kind string

// The kinds of feed.
const (
	CVE5 Kind = "cve5" // CVE records, format 5, of the CVE Program and CISA
	NVD  Kind = "nvd"  // NVD API 2.0 pages, yearly feeds and overrides
	OSV  Kind = "osv"  // OSV advisories of one ecosystem
	KEV  Kind = "kev"  // CISA's Known Exploited Vulnerabilities
	EOL  Kind = "eol"  // endoflife.date, API v1
	EPSS Kind = "epss" // FIRST's Exploit Prediction Scoring System
	MSRC Kind = "msrc" // Microsoft's updates and the CVEs that they fix
	SOFA Kind = "sofa" // Apple's releases of macOS, as SOFA lists them

	Metasploit Kind = "metasploit" // modules of Metasploit and the CVEs that they use
	ExploitDB  Kind = "exploitdb"  // the list of Exploit-DB
	Nuclei     Kind = "nuclei"     // the index of nuclei's templates about CVEs

	Titles Kind = "titles" // titles of software and the products that they are
	Checks Kind = "checks" // a site's own checks of settings

	Debian     Kind = "debian"     // Debian's security tracker
	SecDB      Kind = "secdb"      // security fixes of Alpine, Wolfi and Chainguard
	Arch       Kind = "arch"       // Arch Linux's security tracker
	Photon     Kind = "photon"     // Photon OS's lists of CVEs
	CSAF       Kind = "csaf"       // Red Hat's VEX and advisories
	Ubuntu     Kind = "ubuntu"     // Canonical's VEX
	Bodhi      Kind = "bodhi"      // Fedora's updates
	UpdateInfo Kind = "updateinfo" // advisories in repositories of rpms
	OVAL       Kind = "oval"       // OVAL definitions of Oracle, SUSE and Microsoft
)

// Advises reports whether feeds of a kind are advisories on packages of ecosystems: OSV's, and those that
// publishers of distributions make themselves (IsOwn).
func (k Kind) Advises() bool { return k == OSV || k.IsOwn() }

// IsOwn reports whether feeds of a kind are made by a publisher of packages itself. What such a feed says of a
// package of a release and a CVE counts in place of what OSV's copy says (doc/decision/0121). The ecosystems that
// have one name the kind (ecosystem.Ecosystem.Own).
func (k Kind) IsOwn() bool {
	return slices.Contains([]Kind{Debian, SecDB, Arch, Photon, CSAF, Ubuntu, OVAL, UpdateInfo, Bodhi}, k)
}

// Mark says how far a source has been read. Only the feed that made it can read it; the empty mark
// means not at all.
type Mark string

// Feed is one source of intelligence.
type Feed interface {
	// Fetch updates the raw files in dst and returns the new mark. dst has a file, possibly empty,
	// for each file written by the Fetches up to the one that returned since; without since it is
	// empty. For an unchanged source it makes a request and returns since. A file is replaced
	// whole or not at all: after an error since stays valid. The caller makes the files durable.
	Fetch(ctx context.Context, dst *os.Root, since Mark) (Mark, error)

	// Parse yields the records of the raw files in fsys, in an order that depends only on the
	// files. A *RecordError reports one document that was left out, and the sequence goes on. Any
	// other error is the last element and means that the files are damaged, too large or not of
	// this kind: the records before it must not be used.
	Parse(ctx context.Context, fsys fs.FS) iter.Seq2[Record, error]

	// Address returns where people find the files: the file itself where there is one, else the page or folder that
	// leads to its files; empty if they are published nowhere.
	Address() string
}

// ErrNoRecords says that not a single document in a folder is of the feed's kind.
var ErrNoRecords = errors.New("no records of this kind")

// ErrNotRecord is returned by a decode function for a document that is not a record but lies
// beside them (an index, a schema). Decode skips it.
var ErrNotRecord = errors.New("not a record")

// RecordError reports one document that does not follow the format, or is not even JSON, in a file
// that was read to its end. The document is left out, or the part of it that is wrong, if a record of it
// was yielded just before; its feed stays usable.
type RecordError struct {
	// Source names file and entry: "all.zip/GO-2024-2687.json".
	Source string
	Err    error
}

func (e *RecordError) Error() string { return fmt.Sprintf("record %q: %v", e.Source, e.Err) }

// Unwrap returns the reason.
func (e *RecordError) Unwrap() error { return e.Err }
