package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
)

// A feed that fails to refresh again and again is told by the list of feeds, metrics, coverage and the manifest; the
// next success ends that.
func TestFailingFeedIsTold(t *testing.T) {
	l := newLab(t)
	broken := false
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		_, _ = w.Write([]byte(kev))
	}))
	defer publisher.Close()
	refresh := func(times int) {
		t.Helper()
		for range times {
			source := library.Source{Kind: intel.KEV, Name: "kev", URL: publisher.URL}
			if _, _, err := l.library.Refresh(t.Context(), []library.Source{source}, false); err != nil {
				t.Fatal(err)
			}
		}
		l.publish()
	}
	told := func(failures int64, metric string) {
		t.Helper()
		var list control.FeedList
		l.decode(l.get("/v1/feeds"), 200, &list)
		if f := list.Feeds[0]; f.Failures != failures || (f.Failure != "") != (failures > 0) {
			t.Errorf("listed %+v, want %d failures", f, failures)
		}
		if metrics := string(l.get("/metrics").body); !strings.Contains(metrics, metric+"\n") {
			t.Errorf("no %s in the metrics", metric)
		}
		covered := into[control.Coverage](l, "/v1/coverage")
		if f := covered.Feeds[0]; f.Failures != failures || f.LimitDays != 30 {
			t.Errorf("covered by %+v, want %d failures", f, failures)
		}
	}
	l.accept(report("one.example.com", "1.0"), jsonBody)
	refresh(1)
	told(0, `muster_feed_failures{kind="kev",name="kev"} 0`)
	broken = true
	refresh(3)
	told(3, `muster_feed_failures{kind="kev",name="kev"} 3`)
	broken = false
	refresh(1)
	told(0, `muster_feed_failures{kind="kev",name="kev"} 0`)
}
