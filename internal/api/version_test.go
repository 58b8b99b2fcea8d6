package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/api"
)

// A version of the API stands for what clients see: addresses, parameters, permissions, statuses,
// and the keys and types of every body and row, without descriptions. It is recorded in a folder
// with the version's name, which never changes: -update only writes the folder of a new version.
func TestVersion(t *testing.T) {
	l := newLab(t)
	for name, path := range map[string]string{"openapi.txt": "/openapi.json", "metadata.xml": "/api/$metadata"} {
		text := bytes.ReplaceAll(l.get(path).body, []byte(l.server.URL), []byte("https://muster.example.com"))
		if name == "openapi.txt" {
			text = outline(t, text)
		}
		file := filepath.Join("testdata", "wire", api.Version, name)
		want, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) && *update {
			want, err = text, writeNew(file, text)
		}
		if err != nil {
			t.Fatalf("%v: version %s is new, so write it down with\n\tgo test ./internal/api -run TestVersion -update", err,
				api.Version)
		}
		if !bytes.Equal(want, text) {
			t.Errorf("What clients see is not any more what version %s stands for.\n"+
				"If it was meant to change, raise Version in internal/api/openapi.go (the first number where a client could break, "+
				"else the second), then\n\tgo test ./internal/api -run TestVersion -update\n%s (-of the version +now):\n%s",
				api.Version, file, cmp.Diff(string(want), string(text)))
		}
	}
}

// writeNew writes a file that does not exist.
func writeNew(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// outline returns a description without its texts: a line for each parameter, status and
// property, in order.
func outline(t *testing.T, document []byte) []byte {
	t.Helper()
	var whole any
	if err := json.Unmarshal(document, &whole); err != nil {
		t.Fatal(err)
	}
	dropWords(whole)
	const deep = 5 // paths, path, method, responses, status
	var lines []string
	var descend func(at string, value any, depth int)
	descend = func(at string, value any, depth int) {
		object, ok := value.(map[string]any)
		if !ok || len(object) == 0 || depth == deep {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, at+" "+string(text)+"\n")
			return
		}
		for key, v := range object {
			descend(strings.TrimPrefix(at+" "+key, " "), v, depth+1)
		}
	}
	descend("", whole, 0)
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}

// dropWords drops texts called description or summary, wherever they are.
func dropWords(value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range []string{"description", "summary"} {
			if _, ok := value[key].(string); ok {
				delete(value, key)
			}
		}
		for _, v := range value {
			dropWords(v)
		}
	case []any:
		for _, v := range value {
			dropWords(v)
		}
	}
}
