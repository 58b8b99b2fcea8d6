package catalog_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/eol"
	"github.com/muster-project/muster/internal/intel/kev"
	"github.com/muster-project/muster/internal/intel/nvd"
	"github.com/muster-project/muster/internal/intel/osv"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/testneed"
)

// source is one file of the real data beside the clone.
type source struct {
	name, path string
	feed       intel.Feed
}

var sources = []source{
	{"vulnrichment", "cve5/vulnrichment-develop.tar.gz", cve5.Feed{}},
	{"overrides", "nvd/nvd-data-overrides-main.tar.gz", nvd.Feed{}},
	{"nvd", "nvd/nvdcve-2.0-sample.json.gz", nvd.Feed{}},
	{"kev", "kev/known_exploited_vulnerabilities.json", kev.Feed{}},
	{"almalinux-8", "osv/AlmaLinux-8/all.zip", osv.Feed{}},
	{"almalinux-9", "osv/AlmaLinux-9/all.zip", osv.Feed{}},
	{"debian", "osv/Debian/dsa-dla.zip", osv.Feed{}},
	{"ubuntu", "osv/Ubuntu/sample.zip", osv.Feed{}},
	{"go", "osv/Go/all.zip", osv.Feed{}},
	{"bitnami", "osv/Bitnami/sample.zip", osv.Feed{}},
	{"eol", "endoflife/api-v1-products-full.json.gz", eol.Feed{}},
}

type built struct {
	data    []byte
	feeds   []catalog.Source
	summary counts.Catalog
	parsing time.Duration
	making  time.Duration
	err     error
}

var buildOnce struct {
	sync.Once
	built
}

// corpus is the catalog of all real data, built once for all tests.
func corpus(t testing.TB) *catalog.Catalog {
	t.Helper()
	b := corpusFile(t)
	c, err := catalog.Decode(b.data, known(b.feeds...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func corpusFile(t testing.TB) built {
	t.Helper()
	dir := testneed.Shared(t)
	buildOnce.Do(func() { buildOnce.built = buildCorpus(dir) })
	if buildOnce.err != nil {
		t.Fatal(buildOnce.err)
	}
	return buildOnce.built
}

func buildCorpus(dir string) (b built) {
	start := time.Now()
	for _, s := range sources {
		builder := table.NewBuilder(s.name)
		for r, err := range s.feed.Parse(context.Background(), only{dir, s.path}) {
			if _, odd := errors.AsType[*intel.RecordError](err); odd {
				continue
			}
			if err != nil {
				return built{err: err}
			}
			builder.Add(r)
		}
		made, err := builder.Table()
		if err != nil {
			return built{err: err}
		}
		b.feeds = append(b.feeds, catalog.Source{Name: s.name, Table: made})
	}
	b.parsing = time.Since(start)
	merged, err := catalog.Merge(catalog.Config{}, b.feeds)
	if err != nil {
		return built{err: err}
	}
	var file bytes.Buffer
	b.summary, b.err = merged.Summary(), merged.WriteFile(&file)
	b.making = time.Since(start) - b.parsing
	b.data = file.Bytes()
	return b
}

// only is a folder that shows one of its files.
type only struct{ dir, path string }

func (o only) Open(name string) (fs.File, error) {
	return os.Open(filepath.Join(o.dir, filepath.Dir(o.path), name))
}

func (o only) ReadDir(string) ([]fs.DirEntry, error) {
	info, err := os.Stat(filepath.Join(o.dir, o.path))
	if err != nil {
		return nil, err
	}
	return []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
}
