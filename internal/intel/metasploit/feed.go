// Package metasploit reads which CVEs Metasploit has modules for, in one of two forms. Rapid7's own metadata is one
// JSON object of all modules (db/modules_metadata_base.json of https://github.com/rapid7/metasploit-framework):
//
//	{"exploit_windows/smb/ms17_010_psexec":{"fullname":"exploit/windows/smb/ms17_010_psexec","type":"exploit","rank":300,
//	  "references":["CVE-2017-0143","EDB-41891"],"path":"/modules/exploits/windows/smb/ms17_010_psexec.rb",
//	  "mod_time":"2025-05-21 08:32:40 +0000"}}
//
// The list of https://github.com/vulsio/msfdb-list has a file for each CVE, with its modules and without their ranks.
// The kind of a module is in the address of its source, which is a reference:
//
//	[{"Name":"ms17_010_psexec.rb","CveIDs":["CVE-2017-0143"],"EdbIDs":["EDB-41891"],"References":[
//	  "https://github.com/rapid7/metasploit-framework/blob/master/modules/exploits/windows/smb/ms17_010_psexec.rb"]}]
//
// An exploit of the rank "normal" or a better one is an exploit in a kit, and so is one whose rank is not told.
// Exploits of lower ranks, which fail often, and other modules that use a weakness are verified exploits
// (matching.md, 3.4).
package metasploit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// The official addresses of Rapid7's metadata, and of the list.
const (
	Address     = "https://raw.githubusercontent.com/rapid7/metasploit-framework/master/db/modules_metadata_base.json"
	ListAddress = "https://github.com/vulsio/msfdb-list/archive/refs/heads/main.tar.gz"
)

// Feed is the modules of Metasploit.
type Feed struct {
	Client *http.Client
	// URL replaces the official address.
	URL string
	// Name is List for the list, else Rapid7's metadata are fetched.
	Name string
}

var _ intel.Feed = Feed{}

// Address returns where the feed is fetched from.
func (f Feed) Address() string {
	official := Address
	if f.Name == List {
		official = ListAddress
	}
	return cmp.Or(f.URL, official)
}

// Fetch downloads the modules if they have changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	file := "modules_metadata_base.json"
	if f.Name == List {
		file = "msfdb-list.tar.gz"
	}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{file: f.Address()})
}

const (
	// maxMetadata bounds the metadata of all modules, in bytes; they had 11 MB in 2026.
	maxMetadata = 128 << 20
	// maxModule bounds what is said of one module, in bytes; real ones have about 30 kB at most.
	maxModule = 1 << 20
)

// Parse yields one record for each CVE of a module (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxMetadata
	return intel.Decode(ctx, intel.Parts(limits.Documents(fsys), modules), decode)
}

// modules yields the modules of a document: members of an object, or of a list.
func modules(doc intel.Document) (iter.Seq2[intel.Document, error], bool) {
	return members(doc), isModules(doc.Data)
}

// isModules reports whether a text may have modules: an object of objects, or a list.
func isModules(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	token, err := d.Token()
	if err == nil && token == json.Delim('{') {
		if _, err = d.Token(); err == nil {
			token, err = d.Token()
		}
		return err == nil && token == json.Delim('{')
	}
	return err == nil && token == json.Delim('[')
}

// members yields the members of a document that are objects. If modules end in the middle, their file is damaged; of
// other documents one is left out.
func members(doc intel.Document) iter.Seq2[intel.Document, error] {
	return func(yield func(intel.Document, error) bool) {
		r := reader{d: json.NewDecoder(bytes.NewReader(doc.Data)), doc: doc}
		opened, err := r.d.Token()
		for n := 0; err == nil && r.d.More(); n++ {
			var module intel.Document
			if module, err = r.next(n, opened == json.Delim('{')); err != nil {
				break
			}
			var odd error
			if len(module.Data) > maxModule {
				module, odd = intel.Document{}, module.Odd("more than %d bytes: %w", maxModule, intel.ErrTooLarge)
			}
			if !yield(module, odd) {
				return
			}
		}
		if err == nil {
			_, err = r.d.Token()
		}
		switch {
		case err == nil:
		case r.modules:
			yield(intel.Document{}, fmt.Errorf("document %q: %w", doc.Name, err))
		default:
			yield(intel.Document{}, doc.Odd("%w", err))
		}
	}
}

// reader reads members of an object, or of a list.
type reader struct {
	d   *json.Decoder
	doc intel.Document
	// modules says that a member of the object was a module.
	modules bool
}

// next reads member n.
func (r *reader) next(n int, named bool) (intel.Document, error) {
	name := fmt.Sprintf("%s#%d", r.doc.Name, n)
	if named {
		key, err := r.d.Token()
		if err != nil {
			return intel.Document{}, err
		}
		name = fmt.Sprintf("%s#%.200s", r.doc.Name, key)
	}
	var raw json.RawMessage
	if err := r.d.Decode(&raw); err != nil {
		return intel.Document{}, err
	}
	r.modules = r.modules || named && bytes.Contains(raw, []byte(`"fullname"`))
	return intel.Document{Name: name, Data: raw}, nil
}
