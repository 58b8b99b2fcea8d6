package node

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/plain/plaintest"
)

// The log is split into files of a size, of which a number is kept.
func TestRotationOfTheAuditLog(t *testing.T) {
	folder := t.TempDir()
	log, err := Audit{File: AuditFile, Size: 1, Keep: 2}.open(folder)
	if err != nil {
		t.Fatal(err)
	}
	line := append(bytes.Repeat([]byte("x"), 1<<16), '\n')
	for range 100 {
		if _, err := log.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, AuditFile)); err != nil || info.Size() > 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
	kept := func() int {
		files, err := fs.Glob(os.DirFS(folder), "audit-*")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	for range 100 { // older files are removed in the background
		if n := kept(); n > 0 && n <= 2 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d older files are kept, want 1 or 2", kept())
}

// The audit log's file is JSON of visible characters, whatever a path contains.
func TestNoTextFromOutsideSteersWhoReadsTheAuditLog(t *testing.T) {
	folder := t.TempDir()
	file, err := Audit{}.open(folder)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(file, nil))
	log.Info("read device", "path", plaintest.Hostile)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, AuditFile))
	if err != nil {
		t.Fatal(err)
	}
	var line struct{ Path string }
	if err := json.Unmarshal(text, &line); err != nil || line.Path != plaintest.Hostile ||
		plaintest.Steers(string(text)) != "" {
		t.Errorf("%v: %s: %q", err, plaintest.Steers(string(text)), text)
	}
}
