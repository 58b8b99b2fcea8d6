package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/store/publication"
)

// The progress of a running generation follows from the completed ranges, for callers that see
// the whole organization.
func TestProgressOfAGeneration(t *testing.T) {
	l := newLab(t)
	pin := []byte(`{"ranges":[{"group":0,"lo":""},{"group":1,"lo":""},{"group":2,"lo":""}]}`)
	g, _, err := l.store.Publication.Begin(t.Context(), org, l.clock(),
		func(*publication.Pinning) (publication.Terms, error) {
			return publication.Terms{Pin: []byte(`{}`)}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	progress := func(server *lab) *control.Progress {
		t.Helper()
		r := server.get("/v1/generations/1")
		if r.StatusCode != http.StatusOK {
			t.Fatalf("status %d: %s", r.StatusCode, r.body)
		}
		var shown control.Generation
		if err := json.Unmarshal(r.body, &shown); err != nil {
			t.Fatal(err)
		}
		return shown.Progress
	}
	if diff := cmp.Diff(&control.Progress{}, progress(l)); diff != "" {
		t.Errorf("before it is planned (-want +got):\n%s", diff)
	}
	if _, err := l.store.Publication.Plan(t.Context(), org, g.Number,
		func(*publication.Planning) ([]byte, error) { return pin, nil }); err != nil {
		t.Fatal(err)
	}
	worker, err := l.store.Workers.Join(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	a, b := publication.Attempt{ID: "a", Range: 0}, publication.Attempt{ID: "b", Range: 2}
	if _, err := worker.Start(t.Context(), org, g.Number, a, b); err != nil {
		t.Fatal(err)
	}
	if _, err := worker.Complete(t.Context(), org, g.Number, publication.Outcome{Attempt: a, Devices: 40},
		publication.Outcome{Attempt: b, Devices: 2}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&control.Progress{Ranges: 2, TotalRanges: 3, Devices: 42}, progress(l)); diff != "" {
		t.Errorf("two of three ranges (-want +got):\n%s", diff)
	}
	l.config.Trusted = &auth.Caller{Organization: org, ID: "few", Permissions: auth.Permissions(), Groups: []int64{1}}
	l.start()
	if got := progress(l); got != nil {
		t.Errorf("who sees one group is told %+v", got)
	}
}
