package rpmdb_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"
	"pgregory.net/rapid"
)

// recovered returns what SQLite reads from a file and a log after a crash: the complete
// transactions of the log.
func recovered(t *rapid.T, folder string, data, log []byte) ([][]byte, error) {
	file := filepath.Join(folder, "rpmdb.sqlite")
	err := errors.Join(os.RemoveAll(file+"-shm"), os.WriteFile(file, data, 0o600), os.WriteFile(file+"-wal", log, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	db, err := driver.Open("file:" + filepath.ToSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return askSQLite(db)
}

// TestDamagedLogIsWhatSQLiteRecovers damages logs of random transactions: it changes a byte, cuts
// the end, repeats a piece or inserts one from elsewhere. Salts and checksums must end the log
// where they end it for SQLite.
func TestDamagedLogIsWhatSQLiteRecovers(t *testing.T) {
	made, crashed := t.TempDir(), t.TempDir()
	ends := map[int]bool{}
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.SampledFrom([]int{512, 1024, 4096}).Draw(r, "page size")
		db, file := newSQLite(t, made, fmt.Sprintf(
			"PRAGMA page_size=%d; PRAGMA synchronous=off; %s; PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0", size,
			packagesTable))
		defer db.Close()
		for range rapid.IntRange(1, 5).Draw(r, "transactions") {
			n, length := rapid.IntRange(1, 20).Draw(r, "rows"), rapid.SampledFrom([]int{10, 600, 5000}).Draw(r, "length")
			if _, err := db.Exec(`WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM i WHERE i < $1)
				INSERT INTO Packages (blob) SELECT randomblob($2) FROM i`, n, length); err != nil {
				r.Fatal(err)
			}
		}
		data, err := os.ReadFile(file)
		log, logErr := os.ReadFile(file + "-wal")
		if err = errors.Join(err, logErr); err != nil {
			r.Fatal(err)
		}
		log = damageLog(r, log)
		if err := os.WriteFile(file+"-wal", log, 0o600); err != nil { // SQLite has it open and does not read it again
			r.Fatal(err)
		}
		got, gotErr := readBeside(t, file)
		want, err := recovered(r, crashed, data, log)
		if (err == nil) != (gotErr == nil) || err == nil && !slices.EqualFunc(want, got, bytes.Equal) {
			r.Fatalf("SQLite recovers %d blobs, %v; this package reads %d, %v", len(want), err, len(got), gotErr)
		}
		ends[len(want)] = true
	})
	if len(ends) < 5 {
		t.Errorf("the logs ended in %d ways only", len(ends))
	}
}

// damageLog changes one piece of a log.
func damageLog(r *rapid.T, log []byte) []byte {
	log = bytes.Clone(log)
	at := rapid.IntRange(0, len(log)-1).Draw(r, "at")
	switch rapid.IntRange(0, 4).Draw(r, "damage") {
	case 0:
		log[at] ^= byte(rapid.IntRange(1, 255).Draw(r, "bits"))
	case 1:
		return log[:at]
	case 2:
		copy(log[at:], log)
	case 3:
		return append(log, log[at:]...)
	}
	return log
}
