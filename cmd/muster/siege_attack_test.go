package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/internal/auth"
)

// attack is what some senders do repeatedly to disturb a server.
type attack struct {
	name    string
	senders int
	// once is what a sender does, for the time-th time.
	once func(ctx context.Context, a *attacker, sender, time int)
}

const ndjson = "application/x-ndjson"

// attacks returns the attacks of issue 7, each by its own caller. Their bodies are made
// beforehand, so that they take little time from the server on the same machine.
func attacks(t testing.TB) []attack {
	sources := packed(t, "", 4000, func(i int) string {
		return fmt.Sprintf(`{"device":{"name":"victim"},"source":"s%d","software":[]}`+"\n", i)
	}, "")
	many := packed(t, "", 300_000, func(int) string { return `{"device":{"name":"a"}}` + "\n" }, "")
	large := packed(t, "", 10_000, func(i int) string {
		return fmt.Sprintf(`{"device":{"name":"crowd-%d"},"software":[{"name":"a","version":"%d"},{"name":"b"},{"name":"c"}]}`+"\n", i, i)
	}, "")
	bomb := packed(t, `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","pedigree":{"ancestors":[{}`,
		198_000, func(int) string { return ",{}" }, `]}}]}`)
	var feeds [2][]byte // a refused one, and one of the largest size
	const head, tail = `{"cve":{"id":"CVE-2024-000%d","configurations":[{"nodes":[{"cpeMatch":[`, `]}]}]}}`
	feeds[0] = packed(t, `{"vulnerabilities":[`+fmt.Sprintf(head, 1)+`{}`, 9_000_000,
		func(int) string { return ",{}" }, tail+`]}`)
	feeds[1] = packed(t, `{"vulnerabilities":[`, 4*90_000, func(i int) string {
		before := ","
		if n := i / 90_000; i%90_000 == 0 {
			before = strings.Repeat(tail+",", min(n, 1)) + fmt.Sprintf(head, n)
		}
		return before + fmt.Sprintf(`{"vulnerable":true,"criteria":"cpe:2.3:a:v%d:p:1.%d:*:*:*:*:*:*:*"}`, i%1000, i)
	}, tail+`]}`)
	var wide [25][]byte
	for s := range wide {
		wide[s] = packed(t, fmt.Sprintf(`{"device":{"name":"wide"},"source":"s%d","software":[{"name":"first"}`, s),
			20_000-1, func(i int) string { return fmt.Sprintf(`,{"kind":"npm","name":"%d-of-%d","version":"%d"}`, i, s, i) },
			`]}`)
	}
	return []attack{
		{"4,000 sources", 4, func(ctx context.Context, a *attacker, _, _ int) { a.report(ctx, ndjson, sources) }},
		{"300,000 reports", 4, func(ctx context.Context, a *attacker, _, _ int) { a.report(ctx, ndjson, many) }},
		{"stalled bodies", 60, func(ctx context.Context, a *attacker, _, _ int) { a.stall(ctx, 349_000) }},
		{"pedigrees", 30, func(ctx context.Context, a *attacker, sender, _ int) {
			a.send(ctx, http.MethodPost, fmt.Sprint("/v1/reports?deviceName=bomb-", sender),
				"application/vnd.cyclonedx+json", bomb)
		}},
		{"wide device", 1, func(ctx context.Context, a *attacker, _, _ int) {
			for _, body := range wide {
				a.report(ctx, "application/json", body)
			}
			a.send(ctx, http.MethodPost, "/v1/generations", "", nil)
		}},
		{"hostile feed", 1, func(ctx context.Context, a *attacker, _, time int) {
			a.send(ctx, http.MethodPut, "/v1/feeds/nvd/hostile?allowShrink=true&file=a.json.gz",
				"application/octet-stream", feeds[time%2])
		}},
		{"nobodies", 4, func(ctx context.Context, a *attacker, sender, time int) {
			a.send(ctx, http.MethodPost, fmt.Sprintf("/%d-%d/oauth2/v2.0/token", sender, time),
				"application/x-www-form-urlencoded", []byte("nonsense=1"))
		}},
		{"large bodies", 16, func(ctx context.Context, a *attacker, _, _ int) { a.report(ctx, ndjson, large) }},
	}
}

// packed returns a compressed text with n items in its middle.
func packed(t testing.TB, head string, n int, item func(i int) string, tail string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	write := func(text string) {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	write(head)
	for i := range n {
		write(item(i))
	}
	write(tail)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// attacker is a running attack, and its results.
type attacker struct {
	url, token string // no token for nobodies
	client     *http.Client

	mu       sync.Mutex
	statuses map[int]int // of replies; 0 where none came
}

// assault runs the attacks until they are stopped, and then logs the replies they got.
func (g *siege) assault(chosen []attack) (stop func() (told string)) {
	ctx, cancel := context.WithCancel(context.Background())
	g.whole.Cleanup(cancel)
	all := map[string]*attacker{}
	var senders sync.WaitGroup
	for _, k := range chosen {
		a := &attacker{url: g.url, token: g.attackers[k.name], client: g.client, statuses: map[int]int{}}
		all[k.name] = a
		for sender := range k.senders {
			senders.Go(func() {
				for time := 0; ctx.Err() == nil; time++ {
					k.once(ctx, a, sender, time)
				}
			})
		}
	}
	return func() (told string) {
		cancel()
		senders.Wait()
		for _, k := range chosen {
			told += fmt.Sprintf("\n%s: %v", k.name, all[k.name].statuses)
		}
		return told
	}
}

// enlist makes a caller for each attack in the organization crowd; that of the feed is in the home
// organization.
func (g *siege) enlist(chosen []attack, crowd string) {
	g.Helper()
	g.attackers = map[string]string{}
	for _, k := range chosen {
		switch k.name {
		case "nobodies":
		case "hostile feed":
			g.attackers[k.name] = g.hire(g.token, k.name, auth.Manage)
		default:
			g.attackers[k.name] = g.hire(crowd, k.name, auth.WriteReports, auth.Manage)
		}
	}
}

// report sends a compressed body with reports.
func (a *attacker) report(ctx context.Context, kind string, body []byte) {
	a.send(ctx, http.MethodPost, "/v1/reports", kind, body)
}

// send sends a body, whatever the reply is. Without a reply it waits a little: the server may
// have ended.
func (a *attacker) send(ctx context.Context, method, path, kind string, body []byte) {
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return
	}
	if request.Header.Set("Content-Type", kind); bytes.HasPrefix(body, []byte("\x1f\x8b")) &&
		!strings.Contains(path, ".gz") {
		request.Header.Set("Content-Encoding", "gzip")
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	status := 0
	if response, err := a.client.Do(request); err == nil {
		status = response.StatusCode
		_, _ = io.Copy(io.Discard, response.Body) // it is the attacker's loss
		response.Body.Close()
	} else {
		time.Sleep(10 * time.Millisecond)
	}
	a.count(ctx, status)
}

func (a *attacker) count(ctx context.Context, status int) {
	if ctx.Err() == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.statuses[status]++
	}
}

// stall sends the beginning of a body, and then a byte a minute for as long as the server allows.
func (a *attacker) stall(ctx context.Context, beginning int) {
	c, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
	if err != nil {
		return // the server may refuse more connections
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	fmt.Fprintf(c, "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		a.token, beginning+1000, strings.Repeat(" ", beginning))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reply := make([]byte, len("HTTP/1.1 429"))
		_, _ = io.ReadFull(c, reply) // none is one, too
		status, _ := strconv.Atoi(string(reply[len(reply)-3:]))
		a.count(ctx, status)
	}()
	for {
		select {
		case <-ended:
			return
		case <-time.After(time.Minute):
			_, _ = io.WriteString(c, " ") // the reply tells
		}
	}
}
