package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/deliver"
)

// holder is a receiver of notices that holds the first message, and takes those after it.
type holder struct {
	mu   sync.Mutex
	keys []string
	came chan notice.Delivery
}

func (h *holder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var d notice.Delivery
	_ = json.NewDecoder(r.Body).Decode(&d) // what is no delivery has no notices
	h.mu.Lock()
	h.keys = append(h.keys, r.Header.Get(deliver.KeyHeader))
	first := len(h.keys) == 1
	h.mu.Unlock()
	h.came <- d
	if first {
		<-r.Context().Done() // the sender is killed
	}
}

// next returns the next message.
func (h *holder) next(t *testing.T) notice.Delivery {
	t.Helper()
	select {
	case d := <-h.came:
		return d
	case <-time.After(time.Minute):
		t.Fatal("no message came")
		return notice.Delivery{}
	}
}

// What is owed when the program is killed between a snapshot and its message is sent by the next one, with the key that
// it had before.
func TestNoticesSurviveAKill(t *testing.T) {
	h := &holder{came: make(chan notice.Delivery, 10)}
	receiver := httptest.NewServer(h)
	t.Cleanup(receiver.Close)
	t.Setenv("MUSTER_NOTIFY_NETWORKS", "127.0.0.0/8")
	s := newSite(t)
	s.muster("demo", "--once", "--days", "1", "--devices", "3")
	p := s.launch()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		_ = p.command.Wait() // by the kill
	})
	s.login(administratorOf(s, s.data))
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s.muster("notify", "set", file("rule.json", fmt.Sprintf(`{"name":"on-call","events":["finding"],"by":"product",
		"destination":{"kind":"webhook","url":%q,"secret":"sixteen characters and more"}}`, receiver.URL)))
	s.muster("report", file("report.json", `{"device":{"name":"desk-of-a-kill"},"software":[{"kind":"windows",
		"vendor":"Google LLC","name":"Google Chrome","version":"100.0.4896.60"}]}`))
	s.muster("publish")
	before := h.next(t)
	if err := p.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.command.Wait() // by the kill
	p = s.launch()
	after := h.next(t)
	if len(before.Notices) != 1 || after.Key != before.Key || len(after.Notices) != 1 ||
		after.Notices[0].Key != before.Notices[0].Key || after.Notices[0].Title != before.Notices[0].Title {
		t.Errorf("before the kill %+v was sent, after it %+v", before, after)
	}
	told := decodeTold[notices.History](s, s.muster("notify", "history", "--json"))
	for deadline := time.Now().Add(time.Minute); len(told.Notices) != 1 || told.Notices[0].State != "sent"; {
		if time.Now().After(deadline) {
			t.Fatalf("the history is %+v", told.Notices)
		}
		time.Sleep(50 * time.Millisecond)
		told = decodeTold[notices.History](s, s.muster("notify", "history", "--json"))
	}
}
