package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/testneed"
)

// newPlaces returns an empty database, and a folder for files.
func newPlaces(t *testing.T) Places {
	t.Helper()
	server := testneed.Postgres(t)
	name := "node_" + strings.ToLower(rand.Text()[:10])
	server.SQL(t, "postgres", "CREATE DATABASE "+name)
	return Places{Database: server.URL(name), Files: "file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "files")),
		Cache: filepath.Join(t.TempDir(), "cache")}
}

// openNode opens places as one of several nodes; it is closed with the test.
func openNode(t *testing.T, p Places) (*Node, error) {
	t.Helper()
	n, err := Open(context.Background(), Config{Places: p, Name: "node", Command: "test", Make: true,
		Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return n, err
}

// First commands at the same time end with one key, one administrator, and keys that all of them know.
func TestFirstNodesAgree(t *testing.T) {
	p := newPlaces(t)
	nodes := make([]*Node, 3)
	made := make([]*Administrator, len(nodes))
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() {
			var err error
			if nodes[i], err = openNode(t, p); err != nil {
				t.Error(err)
				return
			}
			if made[i], err = nodes[i].EnsureAdministrator(context.Background(), "https://muster.example.com", ""); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	if t.Failed() {
		return
	}
	administrators := 0
	for i, n := range nodes {
		if n.key != nodes[0].key || n.key == [32]byte{} {
			t.Errorf("node %d has another key", i)
		}
		if n.Path == nodes[(i+1)%len(nodes)].Path {
			t.Errorf("two nodes work in %q", n.Path)
		}
		sealed, err := n.keys.Seal(auth.Pages, 1, nil, []byte("state"))
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range nodes {
			if _, err := other.keys.Open(auth.Pages, 1, nil, sealed); err != nil {
				t.Errorf("what node %d sealed is not opened by another: %v", i, err)
			}
		}
		if made[i] != nil {
			administrators++
			if made[i].File != "" || !strings.Contains(string(made[i].Text), "clientSecret") {
				t.Errorf("the administrator was written to %q: %s", made[i].File, made[i].Text)
			}
		}
	}
	if administrators != 1 {
		t.Errorf("%d administrators were made", administrators)
	}
}

// A node needs the key with which the keys of the database are sealed, wherever it is from.
func TestKeysOfNodes(t *testing.T) {
	p := newPlaces(t)
	bits := make([]byte, 32)
	rand.Read(bits)
	p.KeyText = hex.EncodeToString(bits)
	first, err := openNode(t, p)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	write := func(text []byte) Places {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return Places{Database: p.Database, Files: p.Files, Cache: p.Cache, KeyFile: file}
	}
	for name, text := range map[string][]byte{"as it is": bits, "hexadecimal": []byte(p.KeyText + "\n"),
		"base64": []byte(base64.StdEncoding.EncodeToString(bits)), "for URLs": []byte(base64.RawURLEncoding.EncodeToString(bits))} {
		if n, err := openNode(t, write(text)); err != nil || n.key != first.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, refused := range map[string]Places{
		"another":  write([]byte(strings.Repeat("ab", 32))),
		"none":     {Database: p.Database, Files: p.Files, Cache: p.Cache},
		"too much": {Database: p.Database, Files: p.Files, Cache: p.Cache, KeyText: p.KeyText + "00"},
		"zeros":    {Database: p.Database, Files: p.Files, Cache: p.Cache, KeyText: strings.Repeat("00", 32)},
		"two":      {Database: p.Database, Files: p.Files, Cache: p.Cache, KeyText: p.KeyText, KeyFile: file},
	} {
		_, err := openNode(t, refused)
		if !errors.Is(err, ErrPlace) && !errors.Is(err, ErrSetting) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), p.KeyText) {
			t.Errorf("%s: the error has the key: %v", name, err)
		}
	}
}

// A key that is lost, damaged or another's can be given up: what was sealed with it is not opened any more, and the
// next node goes on with the new one.
func TestKeyOfPlacesIsGivenUp(t *testing.T) {
	p := newPlaces(t)
	path := filepath.Join(strings.TrimPrefix(p.Files, "file://"), KeyFile)
	reopen := func(p Places, give GivenUp) (*Node, error) {
		return Open(t.Context(), Config{Places: p, Command: "test", Give: give, Log: slog.New(slog.DiscardHandler)})
	}
	first, err := openNode(t, p)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := first.keys.Seal(auth.Pages, 1, nil, []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	another := bytes.Repeat([]byte{7}, 32)
	for _, lost := range []struct {
		name, given string
		beside      []byte // nil: gone
	}{{"gone", "", nil}, {"cut off", "", another[1:]}, {"another's", "", another}, {"another is given", hex.EncodeToString(another), nil}} {
		p.KeyText = lost.given
		err := os.Remove(path)
		if lost.beside != nil {
			err = errors.Join(err, os.WriteFile(path, lost.beside, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reopen(p, GivenUp{}); !errors.Is(err, ErrPlace) {
			t.Fatalf("%s: %v", lost.name, err)
		}
		n, err := reopen(p, GivenUp{Key: true})
		if err != nil {
			t.Fatalf("%s: given up: %v", lost.name, err)
		}
		if _, err := n.keys.Open(auth.Pages, 1, nil, sealed); !errors.Is(err, auth.ErrSeal) {
			t.Errorf("%s: what the lost key sealed is opened: %v", lost.name, err)
		}
		sealed, err = n.keys.Seal(auth.Pages, 1, nil, []byte("state"))
		if err := errors.Join(err, n.Close()); err != nil {
			t.Fatal(err)
		}
		again, err := reopen(p, GivenUp{})
		if err != nil {
			t.Fatalf("%s: afterwards: %v", lost.name, err)
		}
		if _, err := again.keys.Open(auth.Pages, 1, nil, sealed); err != nil {
			t.Errorf("%s: afterwards: %v", lost.name, err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
		aside, err := filepath.Glob(path + ".given-up-*")
		if err != nil || (len(aside) == 1) != (lost.beside != nil) {
			t.Fatalf("%s: set aside: %q, %v", lost.name, aside, err)
		}
		for _, name := range aside {
			if text, err := os.ReadFile(name); err != nil || !bytes.Equal(text, lost.beside) {
				t.Errorf("%s: %x was set aside, want %x (%v)", lost.name, text, lost.beside, err)
			}
			os.Remove(name)
		}
	}
}

// What is no place is refused before anything is opened, and no secret is in a message.
func TestPlacesAreChecked(t *testing.T) {
	const database, files = "postgres://u:hush@db.example.com:5433/muster?sslmode=require&password=hush", "azblob://muster/p?account=hush"
	for _, p := range []Places{
		{Database: database}, {Files: files}, {Database: "mysql://u:hush@db/muster", Files: files},
		{Database: "hush", Files: files}, {Database: database, Files: "ftp://u:hush@host/"},
		{Database: database, Files: "file://relative"}, {Database: database, Files: "hush"},
	} {
		_, err := Open(t.Context(), Config{Places: p, Log: slog.New(slog.DiscardHandler)})
		if !errors.Is(err, ErrSetting) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	const want = `database "postgres://db.example.com:5433/muster" with files in "azblob://muster/p"`
	if told := (Places{Database: database, Files: files}).String(); told != want {
		t.Errorf("told %s, want %s", told, want)
	}
	for text, want := range map[string]bool{database: true, "postgres://u@db/muster": false, "postgres:///m?host=/run": false,
		"postgres://db/m?password=x": true, "postgres://u:p%zz@db/m": true} {
		if HasPassword(text) != want {
			t.Errorf("HasPassword(%q) = %v", text, !want)
		}
	}
}

// Nodes that share a database publish, and one that is alone on it as well.
func TestNodesPublish(t *testing.T) {
	p := newPlaces(t)
	for range 2 {
		n, err := openNode(t, p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
