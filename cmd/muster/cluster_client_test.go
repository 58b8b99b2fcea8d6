//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory"
)

// crowd are the clients of a cluster: some report, some pull, and all turn to another node when one does not
// answer.
type crowd struct {
	*cluster
	site   *site // decodes rows
	token  string
	client *http.Client
	ctx    context.Context // ends with the streams
	end    context.CancelFunc
	busy   sync.WaitGroup

	mu       sync.Mutex
	members  []*member
	devices  map[string]told
	receipts []string
	streams  []*stream
	pulls    []pulled
	silent   map[*member]time.Time // when a node did not answer
	odd      map[string]int        // replies that no fault explains
}

// told is what of a device was sent, and what of that was acknowledged.
type told struct {
	sent, acked int
}

// stream is one client: it does one thing after another.
type stream struct {
	what string
	done []time.Time // when each ended well
}

// pulled is a pull that was complete.
type pulled struct {
	begun     time.Time
	generated time.Time // zero for pages
	rows      []json.RawMessage
}

// attemptTime is how long a client waits for a reply before it turns to another node, and silentTime how long
// it then leaves the one alone.
const (
	attemptTime = 4 * time.Second
	silentTime  = 2 * time.Second
)

func newCrowd(c *cluster, members []*member, token string) *crowd {
	w := &crowd{cluster: c, site: &site{TB: c.TB, whole: c.TB}, token: token, members: members,
		client: &http.Client{Timeout: attemptTime}, devices: map[string]told{}, odd: map[string]int{},
		silent: map[*member]time.Time{}}
	w.ctx, w.end = context.WithCancel(context.Background())
	c.Cleanup(w.stop)
	return w
}

// stop ends the streams after what they are doing.
func (w *crowd) stop() {
	w.end()
	w.busy.Wait()
	w.client.CloseIdleConnections()
}

// run runs a client again and again.
func (w *crowd) run(what string, pause time.Duration, do func() bool) {
	s := &stream{what: what}
	w.streams = append(w.streams, s)
	w.busy.Go(func() {
		for w.ctx.Err() == nil {
			if do() {
				w.mu.Lock()
				s.done = append(s.done, time.Now())
				w.mu.Unlock()
			}
			select {
			case <-w.ctx.Done():
			case <-time.After(pause):
			}
		}
	})
}

// recovered is how long it took all clients of a kind, from a time on, until they had what they wanted.
func (w *crowd) recovered(what string, from time.Time) (longest time.Duration, all bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.streams {
		if s.what != what {
			continue
		}
		if last := len(s.done) - 1; last < 0 || s.done[last].Before(from) {
			return 0, false
		}
		for i := len(s.done) - 1; i >= 0 && s.done[i].After(from); i-- {
			if i == 0 || !s.done[i-1].After(from) {
				longest = max(longest, s.done[i].Sub(from))
			}
		}
	}
	return longest, true
}

// any returns a node, rather one that answered when it was last asked; like a proxy.
func (w *crowd) any() *member {
	w.mu.Lock()
	defer w.mu.Unlock()
	var up []*member
	for _, m := range w.members {
		if time.Since(w.silent[m]) > silentTime {
			up = append(up, m)
		}
	}
	if len(up) == 0 {
		up = w.members
	}
	return up[rand.IntN(len(up))]
}

// ask sends a request to one node after another until one has done it, for two minutes at most.
func (w *crowd) ask(method, path, body string) ([]byte, bool) {
	w.Helper()
	var last string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		m := w.any()
		reply, status, err := w.attempt(m, method, path, body)
		switch {
		case err != nil:
			last = err.Error()
			w.mu.Lock()
			w.silent[m] = time.Now()
			w.mu.Unlock()
			continue
		case status/100 == 2:
			return reply, true
		}
		last = fmt.Sprintf("%s %.40s: status %d: %.300s", method, path, status, reply)
		if status/100 == 4 && status != http.StatusTooManyRequests {
			w.Error(last)
			return nil, false
		}
		if status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
			w.mu.Lock()
			w.odd[last]++
			w.mu.Unlock()
		}
	}
	w.Errorf("%s %s: no node did it in two minutes: %s", method, path, last)
	return nil, false
}

// attempt sends a request to a node.
func (w *crowd) attempt(m *member, method, path, body string) (reply []byte, status int, err error) {
	request, err := http.NewRequest(method, m.url+path, strings.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	if !strings.Contains(path, "/tvm-export/") {
		request.Header.Set("Authorization", "Bearer "+w.token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-ndjson")
	}
	response, err := w.client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	reply, err = io.ReadAll(response.Body)
	return bytes.ReplaceAll(reply, []byte(m.url), nil), response.StatusCode, err
}

// report sends the next report of a device until it is acknowledged.
func (w *crowd) report(name string) bool {
	w.mu.Lock()
	v := w.devices[name]
	v.sent++
	w.devices[name] = v
	w.mu.Unlock()
	r := inventory.Report{Device: inventory.Device{Name: name, OSPlatform: "Windows11", OSArchitecture: "x64"},
		Software: []inventory.Software{{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome",
			Version: fmt.Sprintf("90.0.%d", v.sent)}}}
	body, err := json.Marshal(r)
	if err != nil {
		w.Error(err)
		return false
	}
	reply, ok := w.ask(http.MethodPost, "/v1/reports", string(body))
	if !ok {
		return false
	}
	var receipt struct{ Reports []struct{ ID string } }
	if err := json.Unmarshal(reply, &receipt); err != nil || len(receipt.Reports) != 1 {
		w.Errorf("receipt %s: %v", reply, err)
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v.acked = v.sent
	w.devices[name] = v
	w.receipts = append(w.receipts, receipt.Reports[0].ID)
	return true
}

// versions returns what is known of devices now.
func (w *crowd) versions() map[string]told {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]told{}
	for name, v := range w.devices {
		all[name] = v
	}
	return all
}

// pages pulls an export of pages, each from any node.
func (w *crowd) pages(call, query string, size int) (rows []json.RawMessage, ok bool) {
	for next := fmt.Sprintf("/api/machines/%s?pageSize=%d%s", call, size, query); next != ""; {
		reply, ok := w.ask(http.MethodGet, next, "")
		if !ok {
			return nil, false
		}
		var page defender.Page[json.RawMessage]
		if err := json.Unmarshal(reply, &page); err != nil {
			w.Errorf("%s: %v", next, err)
			return nil, false
		}
		rows, next = append(rows, page.Value...), page.NextLink
	}
	return rows, true
}

// files pulls all findings as files, each from any node.
func (w *crowd) files() (p pulled, ok bool) {
	p.begun = time.Now()
	reply, ok := w.ask(http.MethodGet, "/api/machines/SoftwareVulnerabilitiesExport", "")
	if !ok {
		return p, false
	}
	var links defender.ExportFilesResponse
	if err := json.Unmarshal(reply, &links); err != nil {
		w.Error(err)
		return p, false
	}
	p.generated = w.site.time(links.GeneratedTime)
	for _, link := range links.ExportFiles {
		part, ok := w.ask(http.MethodGet, link, "")
		if !ok {
			return p, false
		}
		text, err := gunzip(bytes.NewReader(part))
		if err != nil {
			w.Errorf("%s: %v", link, err)
			return p, false
		}
		for line := range bytes.Lines(text) {
			p.rows = append(p.rows, bytes.Clone(line))
		}
	}
	return p, true
}

// pull pulls all findings, as pages or as files, and keeps them for later.
func (w *crowd) pull() bool {
	p, ok := pulled{begun: time.Now()}, false
	if rand.IntN(2) == 0 {
		p, ok = w.files()
	} else {
		p.rows, ok = w.pages("SoftwareVulnerabilitiesByMachine", "", 2+rand.IntN(20))
	}
	if ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.pulls = append(w.pulls, p)
	}
	return ok
}
