package msrc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/msrc"
	"github.com/muster-project/muster/internal/testneed"
)

// api is a server that behaves as Microsoft's: a list of months and the day of their last change, and the
// documents, in JSON for who asks for it. It has no validators.
type api struct {
	*httptest.Server
	months map[string]string // texts by month
	days   map[string]string
	// sent are the months that were asked for; fails is how often the answer for one is an error.
	sent  []string
	fails map[string]int
	puts  int // how many months were put: each has a CVE of its own
}

func newAPI(t *testing.T, months ...string) *api {
	a := &api{months: map[string]string{}, days: map[string]string{}, fails: map[string]int{}}
	for _, id := range months {
		a.put(id, "2025-09-09T07:00:00Z", "5065431")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3.0/updates", a.list)
	mux.HandleFunc("GET /v3.0/cvrf/{id}", a.month)
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

// put has a month with one CVE that an update fixes.
func (a *api) put(id, changed, update string) {
	a.days[id] = changed
	a.puts++
	a.months[id] = strings.Replace(month(fixed(fmt.Sprintf("CVE-2025-%04d", 1000+a.puts),
		`{"Type":2,"Description":{"Value":"`+update+`"},"ProductID":["1"]}`)),
		`"DocumentTracking":{`, `"DocumentTracking":{"Identification":{"ID":{"Value":"`+id+`"}},`, 1)
}

func (a *api) list(w http.ResponseWriter, _ *http.Request) {
	type entry struct{ ID, CurrentReleaseDate, CvrfUrl string }
	var list struct {
		Value []entry `json:"value"`
	}
	for id, changed := range a.days {
		list.Value = append(list.Value, entry{id, changed, a.URL + "/v3.0/cvrf/" + id})
	}
	json.NewEncoder(w).Encode(list)
}

func (a *api) month(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	a.sent = append(a.sent, id)
	text, ok := a.months[id]
	switch {
	case a.fails[id] > 0:
		a.fails[id]--
		http.Error(w, "busy", http.StatusServiceUnavailable)
	case !ok:
		http.NotFound(w, r)
	case r.Header.Get("Accept") != "application/json":
		io.WriteString(w, `<?xml version="1.0"?><cvrf:cvrfdoc/>`)
	default:
		io.WriteString(w, text)
	}
}

// fetch fetches, and checks which months were asked for.
func (a *api) fetch(t *testing.T, dst *os.Root, since intel.Mark, want ...string) intel.Mark {
	t.Helper()
	a.sent = nil
	mark, err := msrc.Feed{URL: a.URL + "/v3.0/"}.Fetch(t.Context(), dst, since)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.sent, want) {
		t.Errorf("asked for %q, want %q", a.sent, want)
	}
	return mark
}

// updates returns the numbers in the fetched files.
func updates(t *testing.T, dst *os.Root) []string {
	t.Helper()
	records, odd := inteltest.Parse(t, msrc.Feed{}, dst.FS())
	if len(odd) > 0 {
		t.Errorf("left out: %v", odd)
	}
	return numbersIn(records)
}

func numbersIn(records []intel.Record) (ids []string) {
	for _, r := range records {
		for _, u := range r.Updates {
			ids = append(ids, u.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func newFolder(t *testing.T) *os.Root {
	t.Helper()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dst.Close() })
	return dst
}

// TestFetch: a month is fetched when it is new or was changed; one that is listed no longer is removed.
func TestFetch(t *testing.T) {
	a, dst := newAPI(t, "2025-Aug", "2025-Sep"), newFolder(t)
	a.days["Edge Stable Channel"], a.days["../2025"] = "2025-09-09", "2025-09-09" // could be no files
	mark := a.fetch(t, dst, "", "2025-Aug", "2025-Sep")
	if again := a.fetch(t, dst, mark); again != mark {
		t.Errorf("the mark of an unchanged source went from %q to %q", mark, again)
	}
	a.put("2025-Sep", "2025-09-19T07:00:24Z", "5065999")
	a.put("2025-Oct", "2025-10-14T07:00:00Z", "5066791")
	changed := a.fetch(t, dst, mark, "2025-Oct", "2025-Sep")
	if changed == mark {
		t.Error("the mark of a changed source stays")
	}
	if got := updates(t, dst); !slices.Equal(got, []string{"5065431", "5065999", "5066791"}) {
		t.Errorf("updates %q", got)
	}
	delete(a.days, "2025-Aug")
	last := a.fetch(t, dst, changed)
	if got := updates(t, dst); !slices.Equal(got, []string{"5065999", "5066791"}) || last == changed {
		t.Errorf("updates %q; the mark is %q after %q", got, last, changed)
	}
	if err := dst.Remove("2025-Oct.json.gz"); err != nil {
		t.Fatal(err)
	}
	a.fetch(t, dst, last, "2025-Oct")
	a.fetch(t, dst, `{"definitions.zip":{"url":"x"}}`, "2025-Oct", "2025-Sep")
}

// TestFetchGoesOn: a month that cannot be had costs no other. The feed says so until the month is there, and asks
// for it alone. A server that is busy once is asked again.
func TestFetchGoesOn(t *testing.T) {
	a, dst := newAPI(t, "2025-Aug", "2025-Sep"), newFolder(t)
	a.fails["2025-Aug"] = 1
	mark := a.fetch(t, dst, "", "2025-Aug", "2025-Aug", "2025-Sep")
	sound := a.months["2025-Sep"]
	feed := msrc.Feed{URL: a.URL + "/v3.0"}
	for name, spoil := range map[string]func(){
		"busy":          func() { a.fails["2025-Sep"] = 2 },
		"another month": func() { a.months["2025-Sep"] = a.months["2025-Aug"] },
		"a page":        func() { a.months["2025-Sep"] = "<html>sign in</html>" },
		"cut off":       func() { a.months["2025-Sep"] = sound[:len(sound)-5] },
		"not there":     func() { delete(a.months, "2025-Sep") },
	} {
		a.put("2025-Aug", "2025-10-01T07:00:00Z "+name, "5065000")
		a.put("2025-Oct", "2025-10-14T07:00:00Z "+name, "5066791")
		a.days["2025-Sep"] = "2025-10-01T07:00:00Z " + name
		spoil()
		partly, err := feed.Fetch(t.Context(), dst, mark)
		if err != nil || partly == mark {
			t.Errorf("%s: the mark is %q, %v", name, partly, err)
		}
		records, odd := inteltest.Parse(t, feed, dst.FS())
		if got := numbersIn(records); len(got) != 3 || len(odd) != 1 || !strings.Contains(odd[0].Error(), `"2025-Sep"`) {
			t.Errorf("%s: updates %q, left out: %v", name, got, odd)
		}
		if a.fails["2025-Sep"] == 0 && name == "busy" {
			a.fails["2025-Sep"] = 2
		}
		again, err := feed.Fetch(t.Context(), dst, partly)
		if err == nil || !strings.Contains(err.Error(), "2025-Sep") || again != partly {
			t.Errorf("%s: without anything new the mark is %q, %v", name, again, err)
		}
		a.months["2025-Sep"], a.fails["2025-Sep"] = sound, 0
		mark = a.fetch(t, dst, partly, "2025-Sep")
		if got := updates(t, dst); len(got) != 3 {
			t.Errorf("%s: updates %q", name, got)
		}
	}
}

// TestFirstFetchGoesOn: the first fetch keeps what it has. One of which nothing comes fails, and asks a server that
// is not there for a few months only.
func TestFirstFetchGoesOn(t *testing.T) {
	all := []string{"2025-Apr", "2025-Aug", "2025-Jul", "2025-Jun", "2025-May", "2025-Oct", "2025-Sep"} // in order of names
	a, dst := newAPI(t, all...), newFolder(t)
	delete(a.months, "2025-Jul")
	mark := a.fetch(t, dst, "", "2025-Apr", "2025-Aug", "2025-Jul", "2025-Jul", "2025-Jun", "2025-May", "2025-Oct",
		"2025-Sep")
	if records, odd := inteltest.Parse(t, msrc.Feed{}, dst.FS()); len(numbersIn(records)) != 6 || len(odd) != 1 {
		t.Errorf("%d records, left out: %v", len(records), odd)
	}
	a.put("2025-Jul", "2025-09-09T07:00:00Z", "5065431")
	a.fetch(t, dst, mark, "2025-Jul")
	for name, fail := range map[string]func(id string){
		"busy": func(id string) { a.fails[id] = 2 }, "not there": func(id string) { delete(a.months, id) },
	} {
		for _, id := range all {
			fail(id)
		}
		a.sent = nil
		got, err := (msrc.Feed{URL: a.URL + "/v3.0"}).Fetch(t.Context(), newFolder(t), "")
		if want := map[string]int{"busy": 6, "not there": 14}[name]; err == nil || got != "" || len(a.sent) != want {
			t.Errorf("%s: the mark is %q, %v; asked for %q", name, got, err, a.sent)
		}
		for _, id := range all {
			a.put(id, "2025-09-09T07:00:00Z", "5065431")
		}
		clear(a.fails)
	}
	for _, id := range all[:4] { // more than a fetch has patience for, if the server were away
		delete(a.months, id)
	}
	dst = newFolder(t)
	if _, err := (msrc.Feed{URL: a.URL + "/v3.0"}).Fetch(t.Context(), dst, ""); err != nil {
		t.Error(err)
	}
	if records, odd := inteltest.Parse(t, msrc.Feed{}, dst.FS()); len(numbersIn(records)) != 3 || len(odd) != 1 {
		t.Errorf("%d records, left out: %v", len(records), odd)
	}
}

// TestFetchIsRefused: a list without months, or that is none, and a server that leads elsewhere without
// encryption.
func TestFetchIsRefused(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no months": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"value":[]}`) },
		"no list":   func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `<html>`) },
		"many": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"value":[`+strings.Repeat(`{"ID":"2025-Sep"},`, 3000)+`{}]}`)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://feeds.example.com/updates", http.StatusFound)
		},
	} {
		server := httptest.NewServer(answer)
		dst := newFolder(t)
		mark, err := msrc.Feed{URL: server.URL}.Fetch(t.Context(), dst, "since")
		if err == nil || mark != "since" {
			t.Errorf("%s: the mark is %q, %v", name, mark, err)
		}
		server.Close()
	}
}

// TestFetchOfDefinitions: the list has a name of its own, and is asked for by its validator.
func TestFetchOfDefinitions(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		w.Write(zipped(t, "CVEs.csv", header+`"20250909","CVE-2025-1000","5065431","","Windows 11","","","","",`+"\r\n"))
	}))
	defer server.Close()
	dst := newFolder(t)
	feed := msrc.Feed{Name: "wesng", URL: server.URL}
	mark, err := feed.Fetch(t.Context(), dst, "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := feed.Fetch(t.Context(), dst, mark); err != nil || again != mark || sent != 1 {
		t.Errorf("mark %q after %q, sent %d times, %v", again, mark, sent, err)
	}
	if got := updates(t, dst); len(got) != 1 {
		t.Errorf("updates %q", got)
	}
}

// TestFetchOfRealMonths: what a fetch keeps of a real month says what the month does.
func TestFetchOfRealMonths(t *testing.T) {
	const name = "cvrf-v2-2021-jan.json.gz"
	a, dst := newAPI(t), newFolder(t)
	a.months["2021-Jan"], a.days["2021-Jan"] = string(testneed.Unpacked(t, "msrc", name)), "2021-01-12T08:00:00Z"
	a.fetch(t, dst, "", "2021-Jan")
	want, _ := inteltest.Parse(t, msrc.Feed{}, inteltest.Shared(t, "msrc/"+name))
	got, _ := inteltest.Parse(t, msrc.Feed{}, dst.FS())
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 83 {
		t.Errorf("%d records (-want +got):\n%s", len(got), diff)
	}
	if entries, err := fs.ReadDir(dst.FS(), "."); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
