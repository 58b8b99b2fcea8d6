package feeds_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/intel/table"
)

var update = flag.Bool("update", false, "write testdata anew")

// compiled is what the parsers and the compiler of tables make of some files.
type compiled struct {
	// Files is the hash of the files' names and bytes, Table that of the table, without the format's version.
	Files, Table string
}

// golden is what testdata/tables.json remembers: the tables of a format, by kind and name.
type golden struct {
	Format uint32
	Tables map[string]compiled
}

const (
	goldenPath = "testdata/tables.json"
	again      = "\n\tgo test ./internal/intel/feeds -run TestFormatIsRaised -update"
)

// Tables keep what the parsers of then have read, until the version of their format is raised: then they are
// compiled anew. So whoever mends a parser, or what a table has of a record, must raise it, or what was mended
// reaches no feed that is there already.
func TestFormatIsRaised(t *testing.T) {
	var old golden
	data, err := os.ReadFile(goldenPath)
	if err == nil {
		err = json.Unmarshal(data, &old)
	}
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	now := golden{Tables: map[string]compiled{}}
	for _, f := range documents() {
		now.add(t, f)
	}
	for _, kind := range feeds.Kinds() {
		if !slices.ContainsFunc(documents(), func(f sample.Feed) bool { return f.Kind == kind }) {
			t.Errorf("there are no files of kind %s", kind)
		}
	}
	for name, before := range old.Tables {
		if is := now.Tables[name]; now.Format <= old.Format && is.Files == before.Files && is.Table != before.Table {
			t.Errorf("%s: of the same files the table is another one, and tables still have format %d: raise the version of "+
				"format in internal/intel/table/file.go and in doc/design.md section 6, so that the tables of all feeds are "+
				"compiled anew from their raw files; then%s", name, now.Format, again)
		}
	}
	if t.Failed() {
		return // a new golden file must not hide it
	}
	text, err := json.MarshalIndent(now, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if text = append(text, '\n'); bytes.Equal(text, data) {
		return
	}
	if !*update {
		t.Fatalf("the format's version or the files are new: write the tables down with%s", again)
	}
	if err := os.WriteFile(goldenPath, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// documents are files of every kind: the sample, and what the tests of the parsers have.
func documents() []sample.Feed {
	return append(sample.Feeds(),
		sample.Feed{Kind: intel.CVE5, Name: "testdata", Files: os.DirFS("../cve5/testdata")},
		sample.Feed{Kind: intel.NVD, Name: "testdata", Files: os.DirFS("../nvd/testdata")},
		sample.Feed{Kind: intel.OSV, Name: "testdata", Files: os.DirFS("../osv/testdata")},
		sample.Feed{Kind: intel.Debian, Name: "testdata", Files: os.DirFS("../debian/testdata")},
		sample.Feed{Kind: intel.SecDB, Name: "testdata", Files: os.DirFS("../secdb/testdata")},
		sample.Feed{Kind: intel.Arch, Name: "testdata", Files: os.DirFS("../arch/testdata")},
		sample.Feed{Kind: intel.Photon, Name: "testdata", Files: os.DirFS("../photon/testdata")},
		sample.Feed{Kind: intel.SOFA, Name: "testdata", Files: os.DirFS("../sofa/testdata")},
		sample.Feed{Kind: intel.Bodhi, Name: "testdata", Files: os.DirFS("../bodhi/testdata")},
		sample.Feed{Kind: intel.UpdateInfo, Name: "literal", Files: fstest.MapFS{"updateinfo.xml": {Data: []byte(
			`<updates><update type="security"><id>ALAS2KERNEL-5.10-2022-001</id><references><reference id="CVE-2022-0001" type="cve"/>` +
				`</references><pkglist><collection><package name="kernel" epoch="0" version="5.10.96" release="90.amzn2" arch="x86_64"/>` +
				`</collection></pkglist></update></updates>`)}}},
		sample.Feed{Kind: intel.OVAL, Name: "testdata", Files: os.DirFS("../oval/testdata")},
		sample.Feed{Kind: intel.Ubuntu, Name: "testdata", Files: os.DirFS("../ubuntu/testdata")},
		sample.Feed{Kind: intel.CSAF, Name: "testdata", Files: os.DirFS("../csaf/testdata")},
		sample.Feed{Kind: intel.EPSS, Name: "literal", Files: fstest.MapFS{"epss.csv": {Data: []byte(
			"#model_version:v2026.06.15,score_date:2026-11-22T00:00:00Z\ncve,epss,percentile\n" +
				"CVE-2023-3079,0.97565,0.99\nCVE-2024-9143,0.00043,0.1\n")}}},
		sample.Feed{Kind: intel.Metasploit, Name: "literal", Files: fstest.MapFS{"modules_metadata_base.json": {Data: []byte(
			`{"exploit_a/b":{"fullname":"exploit/a/b","type":"exploit","rank":200,"references":["CVE-2023-3079","EDB-1"],` +
				`"path":"/modules/exploits/a/b.rb","mod_time":"2025-05-21 08:32:40 +0000"}}`)},
			"CVE-2024-9143.json": {Data: []byte(`[{"Name":"a.rb","CveIDs":["CVE-2024-9143"],"References":[` +
				`"https://github.com/rapid7/metasploit-framework/blob/master/modules/exploits/a.rb"]}]`)}}},
		sample.Feed{Kind: intel.ExploitDB, Name: "literal", Files: fstest.MapFS{"files_exploits.csv": {Data: []byte(
			"id,file,type,platform,port,date_updated,verified,codes\n1,,remote,linux,,2024-01-01,1,CVE-2023-3079;OSVDB-1\n" +
				"2,,dos,linux,,,0,CVE-2024-9143\n")}}},
		sample.Feed{Kind: intel.Nuclei, Name: "literal", Files: fstest.MapFS{"cves.json": {Data: []byte(
			`{"ID":"CVE-2023-3079","Info":{"Name":"x"},"file_path":"http/cves/2023/CVE-2023-3079.yaml"}` + "\n")}}},
		sample.Feed{Kind: intel.Checks, Name: "literal", Files: fstest.MapFS{"own.yaml": {Data: []byte(
			"version: 1\nwithout: [scid-900101]\n")}}},
		sample.Feed{Kind: intel.Titles, Name: "literal", Files: fstest.MapFS{"acme.titles": {Data: []byte(
			"titles 1\nproduct acme/rocket\n\tcpe a:acme:rocket\n\tvendor Acme\n\ttitle Rocket\n\tsource acme.example\n")}}},
		sample.Feed{Kind: intel.MSRC, Name: "testdata", Files: os.DirFS("../msrc/testdata")})
}

// add compiles the files of a feed.
func (g *golden) add(t *testing.T, f sample.Feed) {
	t.Helper()
	var one compiled
	sum := sha256.New()
	err := fs.WalkDir(f.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(f.Files, path)
		fmt.Fprintf(sum, "%s %d\n", path, len(data))
		sum.Write(data)
		return err
	})
	one.Files = hex.EncodeToString(sum.Sum(nil)[:16])
	if err != nil {
		t.Fatal(err)
	}
	feed, err := feeds.New(f.Kind, feeds.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b, records := table.NewBuilder(f.Name), 0
	for record, err := range feed.Parse(t.Context(), f.Files) {
		var odd *intel.RecordError
		if errors.As(err, &odd) {
			continue
		}
		if err != nil {
			t.Fatalf("%s %s: %v", f.Kind, f.Name, err)
		}
		b.Add(record)
		records++
	}
	made, err := b.Table()
	if err != nil || records == 0 {
		t.Fatalf("%s %s: %d records, %v", f.Kind, f.Name, records, err)
	}
	one.Table = made.ID()
	g.Tables[fmt.Sprintf("%s %s", f.Kind, f.Name)] = one
	var file bytes.Buffer
	if err := made.WriteFile(&file); err != nil {
		t.Fatal(err)
	}
	_, rest, found := bytes.Cut(file.Bytes(), []byte("\n"))
	if !found || len(rest) < 4 {
		t.Fatalf("a file of %d bytes", file.Len())
	}
	g.Format = binary.LittleEndian.Uint32(rest)
}
