package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/testneed"
)

// remoteVariable begins the names of the variables that say where the remotes of copyObjects are.
const remoteVariable = "MUSTER_TEST_REMOTE_"

// remote is a place of files for copyObjects.
type remote struct {
	URL string
	Env map[string]string
}

// copyObjects is the program `rclone copy FROM:muster TO:muster`, where the tests have no rclone.
func copyObjects() {
	ctx := context.Background()
	stores := map[int]*bucket.Store{}
	for i, arg := range os.Args[2:4] {
		name, _, _ := strings.Cut(arg, ":")
		var at remote
		err := json.Unmarshal([]byte(os.Getenv(remoteVariable+name)), &at)
		folder, failed := os.MkdirTemp("", "copy")
		if err == nil && failed == nil {
			defer os.RemoveAll(folder)
			stores[i], err = bucket.Open(ctx, bucket.Config{URL: at.URL, Cache: folder,
				Getenv: func(name string) string { return at.Env[name] }})
		}
		if err != nil || failed != nil {
			fmt.Fprintln(os.Stderr, name, err, failed)
			os.Exit(1)
		}
	}
	for key, err := range stores[0].List(ctx, "") {
		if err == nil {
			err = copyObject(ctx, stores[0], stores[1], key)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func copyObject(ctx context.Context, from, to blob.Store, key string) error {
	source, err := from.Open(ctx, key)
	if err != nil {
		return err
	}
	defer source.Close()
	w, err := to.NewBatch().Create(ctx, key)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err = io.Copy(w, source); err == nil {
		_, err = w.Commit()
	}
	return err
}

// drill returns the commands of a block of the manual's section on backups, which begins with a word.
func drill(t *testing.T, first string) (lines []string) {
	t.Helper()
	_, section, _ := strings.Cut(readDocument(t, "doc/operations.md"), "### Of several nodes\n")
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(section, -1) {
		if strings.HasPrefix(block[1], first) {
			return strings.Split(strings.TrimSpace(block[1]), "\n")
		}
	}
	t.Fatalf("the manual has no commands that begin with %q", first)
	return nil
}

// TestBackupIsRestored runs the manual's commands: a backup is taken while a node serves, with reports and
// snapshots between them, and restored to another database and another store of files. What clients had
// goes on, what came after the database's copy is lost and said to be, and numbers go on above it.
func TestBackupIsRestored(t *testing.T) {
	for _, program := range []string{"createdb", "pg_dump", "pg_restore"} {
		testneed.Command(t, program)
	}
	production, elsewhere := testneed.S3(t), testneed.S3(t)
	c := newClusterOn(t, production)
	server := testneed.Postgres(t)
	remotes := map[string]remote{"production": {production.URL, production.Env}, "restored": {elsewhere.URL, elsewhere.Env},
		"backup": {strings.Replace(elsewhere.URL, "/test", "/backup", 1), elsewhere.Env}}
	c.env = append(c.env, "PGHOST="+server.Folder, "PGUSER=muster", "MUSTER_KEY="+strings.Repeat("5a", 32))
	for name, at := range remotes {
		text, err := json.Marshal(at)
		if err != nil {
			t.Fatal(err)
		}
		c.env = append(c.env, remoteVariable+name+"="+string(text))
	}
	s := newMovedScene(t, c, "")
	folder := t.TempDir()
	run := func(line string) {
		t.Helper()
		command := exec.Command("/bin/sh", "-e", "-c", line)
		command.Dir, command.Env = folder, c.env
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	one := s.start("one")
	var lost int64
	var lostPage string
	for _, line := range drill(t, "muster retention pause") {
		run(line)
		switch word, _, _ := strings.Cut(line, " "); word {
		case "pg_dump":
			s.report(one, chrome("d", mendedChrome))
			lost, lostPage = s.report(one, chrome("late", affectedChrome)).Number, s.firstLink(one)
		case "rclone":
			s.do(one, s.token, http.MethodPost, "/v1/reports", chrome("later", affectedChrome), http.StatusAccepted)
		}
	}
	s.stop(one)

	server.SQL(t, "postgres", "DROP DATABASE IF EXISTS muster")
	t.Cleanup(func() { server.SQL(t, "postgres", "DROP DATABASE muster WITH (FORCE)") })
	c.env = append(c.env, "MUSTER_DATABASE="+server.URL("muster"), "MUSTER_FILES="+elsewhere.URL)
	for name, value := range elsewhere.Env {
		c.env = append(c.env, name+"="+value)
	}
	for _, line := range drill(t, "createdb") {
		run(line)
	}
	if out := c.muster("verify", "--json"); !strings.Contains(out, `"unknown": []`) {
		t.Errorf("verified: %s", out)
	}
	if out := c.muster("retention", "status"); out != "removals are not paused\n" {
		t.Errorf("the pause was restored: %s", out)
	}
	var paused struct {
		Paused bool
		Until  *time.Time
	}
	told := json.Unmarshal([]byte(c.muster("retention", "pause", "--for", "2h", "--json")), &paused)
	if told != nil || !paused.Paused || paused.Until == nil || time.Until(*paused.Until) < time.Hour {
		t.Errorf("a pause of 2h is told as %+v, %v", paused, told)
	}
	c.muster("retention", "resume")
	two := s.start("two")
	s.goesOn(two)
	s.do(two, s.token, http.MethodGet, lostPage, "", http.StatusGone)
	if made := s.report(two, chrome("late", mendedChrome)); made.Number <= lost {
		t.Errorf("the next snapshot is %d, and %d was lost", made.Number, lost)
	}
	s.stop(two)
	c.muster("verify")
	s.losesFiles(elsewhere)
}

// losesFiles goes on with an empty store of files, as the manual says: feeds are imported again, and devices are made
// of their reports.
func (s *movedScene) losesFiles(storage *testneed.Storage) {
	s.Helper()
	s.env = append(s.env, "MUSTER_FILES="+strings.Replace(storage.URL, "/test", "/empty", 1))
	s.muster("feed", "import", "cve5", s.record, "--name", "records")
	s.muster("repair", "--give-up", "files")
	s.muster("verify")
	three := s.start("three")
	defer s.stop(three)
	if rows := s.pull(three, movedPull); len(rows) != 4 {
		s.Errorf("made of the reports: %d findings, want those of a, b, c and d", len(rows))
	}
	s.do(three, s.token, http.MethodGet, s.nextLink, "", http.StatusGone)
}
