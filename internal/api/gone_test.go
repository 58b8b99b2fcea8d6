package api_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/edge/trail"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// retire says that the files of all snapshots are no longer kept.
func (l *lab) retire(some ...publication.Snapshot) {
	l.Helper()
	if len(some) == 0 {
		var err error
		if some, err = l.store.Publication.Snapshots(l.Context(), org); err != nil {
			l.Fatal(err)
		}
	}
	for i := range some {
		if err := l.retain(some[i].Number, publication.Retired, publication.Retired); err != nil {
			l.Fatal(err)
		}
	}
}

// rebuild publishes a snapshot that does not continue the one before.
func (l *lab) rebuild() {
	l.Helper()
	l.sealManifest(func(n int64) string { return fmt.Sprintf("%s/manifest/%d.json", org, n) }, func(m *snapshot.Manifest) {
		l.seals++
		m.Previous = 0
		m.Add(l.write(snapshot.Naming{Organization: org, Begun: m.Begun,
			Attempt: fmt.Sprintf("00000000-0000-4000-8000-%012d", l.seals)}, l.fleet(0, 90, 91, 1)))
	})
}

// goneRequests make what leads to each reply with 410, and return the address that gets it.
var goneRequests = map[string]func(l *lab) string{
	"changes since a snapshot that is not known": func(l *lab) string {
		l.publish()
		return "/v1/changes?from=77"
	},
	"changes up to a snapshot that is not known": func(l *lab) string {
		l.publish()
		return "/v1/changes?snapshot=77"
	},
	"exceptions after one that was removed": func(*lab) string { return "/v1/exceptions?after=gone" },
	"what is excepted in a snapshot that never was": func(*lab) string {
		return "/v1/exceptions/findings?after=99.0.0.0"
	},
	"the newest snapshot has no files": func(l *lab) string {
		l.retire(l.seal(l.fleet(0, 0, 3, 1)))
		return "/api/machines/SoftwareVulnerabilitiesByMachine"
	},
	"a $skiptoken of an export": func(l *lab) string {
		s := l.seal(l.fleet(0, 0, 3, 1))
		next := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=1")).NextLink
		l.retire(s)
		return next
	},
	"a sinceTime of lost changes": func(l *lab) string {
		l.retire(l.seal(l.fleet(0, 0, 3, 1)))
		return changesSince(noon.Add(-time.Hour), 1)
	},
	"a sinceTime before a rebuild": func(l *lab) string {
		l.seal(l.fleet(0, 0, 3, 1))
		l.advance(time.Minute)
		l.rebuild()
		return changesSince(noon.Add(-time.Hour), 1)
	},
	"a $skiptoken into lost changes": func(l *lab) string {
		next := l.grownInto(func() {
			l.seal(l.fleet(0, 10, 12, 1))
		})
		all, err := l.store.Publication.Snapshots(l.Context(), org)
		if err != nil {
			l.Fatal(err)
		}
		l.retire(all[1])
		return next
	},
	"a $skiptoken into a rebuild": func(l *lab) string { return l.grownInto(l.rebuild) },
	"a $skiptoken of a list": func(l *lab) string {
		l.accept(report("one.example.com", "1.0"), jsonBody)
		l.publish()
		next := *l.page(l.get("/api/Software?$filter=id+ne+'x'")).NextLink
		l.retire()
		return next
	},
	"a $skip": func(l *lab) string {
		l.accept(report("one.example.com", "1.0"), jsonBody)
		l.publish()
		l.page(l.get("/api/machines?$top=1&$skip=0"))
		l.retire()
		return "/api/machines?$top=1&$skip=1"
	},
	"an after of a list by risk": func(l *lab) string {
		l.accept(`{"device":{"name":"a.example.com","osPlatform":"Linux","osVersion":"amazon_linux_2023"},
			"software":[{"kind":"deb","name":"openssl","version":"1"},{"kind":"deb","name":"zlib","version":"1"}]}`, jsonBody)
		l.publish()
		var first struct{ Next string }
		l.decode(l.get("/v1/software?limit=1"), http.StatusOK, &first)
		l.retire()
		return "/v1/software?limit=1&after=" + first.Next
	},
	"a snapshot of a list by risk": func(l *lab) string {
		l.accept(report("one.example.com", "1.0"), jsonBody)
		l.publish()
		l.equal("while it is kept", l.get("/v1/software?snapshot=1").StatusCode, http.StatusOK)
		l.retire()
		return "/v1/software?snapshot=1"
	},
	"a snapshot of a list that never was": func(l *lab) string {
		l.publish()
		return "/v1/software?snapshot=77"
	},
	"an after of the audit log": func(l *lab) string {
		other := newLab(l, auditedInFiles(l))
		other.get("/v1/devices")
		other.get("/v1/devices")
		var first struct{ Next string }
		other.until("lines are written", func() bool {
			other.decode(other.get("/v1/audit?limit=1"), http.StatusOK, &first)
			return first.Next != ""
		})
		return "/v1/audit?after=" + first.Next
	},
}

// grownInto returns the nextLink of a delta that goes on into what publish publishes.
func (l *lab) grownInto(publish func()) string {
	l.Helper()
	l.seal(l.fleet(0, 0, 5, 1))
	first := l.page(l.get(changesSince(noon.Add(-time.Hour), 3)))
	l.advance(time.Minute)
	publish()
	last := l.page(l.get(*first.NextLink))
	if last.NextLink == nil {
		l.Fatal("the delta does not grow")
	}
	return *last.NextLink
}

func auditedInFiles(t testing.TB) func(*api.Config) {
	log, err := trail.Open(filepath.Join(t.TempDir(), "audit.jsonl"), 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(c *api.Config) { c.Audit, c.Trail = log, log }
}

// Every reply with 410 speaks of what the client sent, of nothing that it did not send, and says what to do.
// There is a request here for every place in the program that refuses with 410.
func TestWordsOfGone(t *testing.T) {
	unseen := map[string]*regexp.Regexp{}
	for _, words := range wordsOfGone(t) {
		unseen[words] = regexp.MustCompile("^" + regexp.MustCompile(`%[sdq]`).ReplaceAllString(regexp.QuoteMeta(words), ".+") + "$")
	}
	for what, prepare := range goneRequests {
		t.Run(what, func(t *testing.T) {
			l := newLab(t, auditedInFiles(t), func(c *api.Config) { c.MaxSifted = 1 })
			address := prepare(l)
			r := l.get(address)
			var failure struct{ Error struct{ Message string } }
			if err := json.Unmarshal(r.body, &failure); err != nil || r.StatusCode != http.StatusGone {
				t.Fatalf("status %d: %s", r.StatusCode, r.body)
			}
			message := failure.Error.Message
			begun, help, _ := strings.Cut(message, ": ")
			if !regexp.MustCompile(`begin|start|wait`).MatchString(help) {
				t.Errorf("%q does not say what to do", message)
			}
			parsed, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"$skiptoken", "$skip", "sinceTime", "after"} {
				named := regexp.MustCompile(`(^| )(of )` + regexp.QuoteMeta(name) + `( |$)`).MatchString(begun)
				if named && !parsed.Query().Has(name) {
					t.Errorf("%q speaks of %s, which %s does not have", message, name, address)
				}
			}
			for words, is := range unseen {
				if is.MatchString(message) {
					delete(unseen, words)
				}
			}
		})
	}
	// The token of such a page is refused before, unless the changes are retired between the two.
	delete(unseen, "the changes of snapshot %d are no longer kept: begin with a full export")
	for words := range unseen {
		t.Errorf("no request of the table gets 410 with %q", words)
	}
}

// wordsOfGone returns the words of all refusals with 410 in the sources of the server.
func wordsOfGone(t *testing.T) (all []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 {
				return true
			}
			status, ok := call.Args[0].(*ast.SelectorExpr)
			if !ok || status.Sel.Name != "StatusGone" {
				return true
			}
			words, ok := call.Args[2].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: the words of a reply with 410 are no text", path)
				return true
			}
			text, err := strconv.Unquote(words.Value)
			if err != nil {
				t.Error(err)
			}
			all = append(all, text)
			return true
		})
		return nil
	})
	if err != nil || len(all) < 9 {
		t.Fatalf("found %q, %v", all, err)
	}
	return all
}
