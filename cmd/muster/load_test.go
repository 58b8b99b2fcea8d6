package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// load is the size of the load.
type load struct {
	devices int
	// pulls is the number of concurrent pulls in each of the waves; misfits is the number of
	// clients that misbehave meanwhile.
	pulls, waves, misfits int
}

// TestLoad has the program serve many pulls of different sizes at a time, while one client in
// twenty misbehaves. Every pull must be complete, and the program's memory must not grow with
// what it has served. The time to the first byte is only reported: it depends on the machine.
func TestLoad(t *testing.T) {
	l := load{devices: 30, pulls: 200, waves: 2, misfits: 10}
	if testing.Short() {
		l = load{devices: 10, pulls: 20, waves: 2, misfits: 5}
	}
	s := newSite(t)
	s.muster("demo", "--once", "--days", "1", "--devices", strconv.Itoa(l.devices))
	server := s.startProgram()
	work := newWorkload(s)
	s.pretend("misfits").misbehave(l.misfits)
	var peaks []int64
	for wave := range l.waves {
		peak := server.peak(func() { work.wave(t, l.pulls, uint64(wave)) })
		peaks = append(peaks, peak>>20)
	}
	work.report(t)
	t.Logf("memory of the program at its peak in each wave: %d MiB", peaks)
	if first, last := peaks[0], peaks[len(peaks)-1]; last > first*5/4+32 {
		t.Errorf("memory grows from %d to %d MiB", first, last)
	}
}

// workload is what clients pull, and what they must get.
type workload struct {
	site   *site
	tasks  []task
	client *http.Client

	mu     sync.Mutex
	firsts []time.Duration // until the first byte, of each request
	busy   int             // replies that asked to try again
	bytes  int64
}

// task is one export and the hash of its rows.
type task struct {
	export export
	rows   int
	hash   uint64
}

var loadSeed = maphash.MakeSeed()

// newWorkload pulls every export without load. Pages must have the rows of the files, so that what
// equals them later also equals the files.
func newWorkload(s *site) *workload {
	s.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	s.whole.Cleanup(transport.CloseIdleConnections)
	w := &workload{site: s, client: &http.Client{Transport: transport}}
	for _, call := range defender.Calls() {
		e := export{call: call}
		if call.Delta {
			e.query = "sinceTime=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
		}
		rows := s.rows(e)
		if !call.Files {
			s.sameAsFiles(e, rows)
		}
		w.tasks = append(w.tasks, task{export: e, rows: len(rows),
			hash: maphash.Bytes(loadSeed, bytes.Join(trimmed(rows), []byte(",")))})
	}
	return w
}

// sameAsFiles compares pages with the files of the same rows.
func (s *site) sameAsFiles(e export, pages []json.RawMessage) {
	s.Helper()
	files := s.rows(export{callOf(e.call.Dataset, e.call.Delta, true), e.query})
	if len(pages) != len(files) || len(pages) == 0 {
		s.Fatalf("%s: %d rows of pages, %d of files", e.call.Name, len(pages), len(files))
	}
	for i := range pages {
		if diff := cmp.Diff(s.meaning(files[i]), s.meaning(pages[i])); diff != "" {
			s.Fatalf("%s: row %d (-file +page):\n%s", e.call.Name, i, diff)
		}
	}
}

func trimmed(rows []json.RawMessage) [][]byte {
	var texts [][]byte
	for _, row := range rows {
		texts = append(texts, bytes.TrimSpace(row))
	}
	return texts
}

// wave runs a number of pulls at once, every export in turn, in pages of a size.
func (w *workload) wave(t *testing.T, pulls int, seed uint64) {
	t.Helper()
	var all sync.WaitGroup
	for i := range pulls {
		chosen, random := w.tasks[i%len(w.tasks)], rand.New(rand.NewPCG(seed, uint64(i)))
		size := 1 + chosen.rows/(1+random.IntN(25))
		packed := random.IntN(2) == 0
		all.Go(func() {
			if err := w.pull(t.Context(), chosen, size, packed); err != nil {
				t.Errorf("%s in pages of %d, gzip %v: %v", chosen.export.call.Name, size, packed, err)
			}
		})
	}
	all.Wait()
}

// pull is one pull by a client that reads as fast as it can, and tries again when asked to.
func (w *workload) pull(ctx context.Context, of task, size int, packed bool) error {
	var got maphash.Hash
	got.SetSeed(loadSeed)
	rows := w.pages
	if of.export.call.Files {
		rows = w.files
	}
	if err := rows(ctx, &got, of.export, size, packed); err != nil {
		return err
	}
	if got.Sum64() != of.hash {
		return errors.New("the rows are not those of the files")
	}
	return nil
}

// pages follows nextLinks and hashes the rows, with commas between them.
func (w *workload) pages(ctx context.Context, into *maphash.Hash, e export, size int, packed bool) error {
	for next := w.site.url + "/api/machines/" + e.address(fmt.Sprintf("pageSize=%d", size)); next != ""; {
		body, err := w.get(ctx, next, packed)
		if err != nil {
			return err
		}
		_, rest, _ := bytes.Cut(body, []byte(`"value":[`))
		end := bytes.LastIndex(rest, []byte(`]`))
		if end < 0 {
			return fmt.Errorf("no page: %.100s", body)
		}
		into.Write(rest[:end])
		next = ""
		if _, link, more := bytes.Cut(rest[end:], []byte(`"@odata.nextLink":"`)); more {
			next = string(bytes.TrimSuffix(bytes.TrimSpace(link), []byte(`"}`)))
			into.WriteByte(',')
		}
	}
	return nil
}

// files downloads all files of an export, and hashes the rows as pages does.
func (w *workload) files(ctx context.Context, into *maphash.Hash, e export, _ int, packed bool) error {
	body, err := w.get(ctx, w.site.url+"/api/machines/"+e.address(), packed)
	if err != nil {
		return err
	}
	var reply defender.ExportFilesResponse
	if err := json.Unmarshal(body, &reply); err != nil {
		return err
	}
	for i, link := range reply.ExportFiles {
		part, err := w.get(ctx, link, false)
		if err != nil {
			return err
		}
		text, err := gunzip(bytes.NewReader(part))
		if err != nil {
			return err
		}
		if i > 0 {
			into.WriteByte(',')
		}
		into.Write(bytes.ReplaceAll(bytes.TrimSuffix(text, []byte("\n")), []byte("}\n{"), []byte("},{")))
	}
	return nil
}

func gunzip(packed io.Reader) ([]byte, error) {
	text, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(text)
}

// get reads a reply, which must be complete, with retries.
func (w *workload) get(ctx context.Context, address string, packed bool) ([]byte, error) {
	for {
		body, wait, err := w.try(ctx, address, packed)
		if wait == 0 {
			return body, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try makes one attempt. It returns a body, or how long to wait before the next attempt.
func (w *workload) try(ctx context.Context, address string, packed bool) (body []byte, wait time.Duration, err error) {
	var first time.Time
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Now() }})
	request, err := w.site.request(ctx, address)
	if err != nil {
		return nil, 0, err
	}
	if packed {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	begun := time.Now()
	response, err := w.client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if response.Header.Get("Content-Encoding") == "gzip" {
		body, err = gunzip(response.Body)
	} else {
		body, err = io.ReadAll(response.Body)
	}
	w.observe(first.Sub(begun), len(body), response.StatusCode)
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("after %d bytes: %w", len(body), err)
	case response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			return nil, 0, fmt.Errorf("status %d with Retry-After %q", response.StatusCode, response.Header.Get("Retry-After"))
		}
		return nil, time.Duration(seconds) * time.Second, nil
	case response.StatusCode != http.StatusOK:
		return nil, 0, fmt.Errorf("status %d: %.200s", response.StatusCode, body)
	}
	return body, 0, nil
}

func (w *workload) observe(first time.Duration, bytes, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.firsts = append(w.firsts, first)
	w.bytes += int64(bytes)
	if status != http.StatusOK {
		w.busy++
	}
}

// report logs the results.
func (w *workload) report(t *testing.T) {
	slices.Sort(w.firsts)
	at := func(percent int) time.Duration {
		return w.firsts[(len(w.firsts)-1)*percent/100].Round(time.Millisecond)
	}
	t.Logf("%d requests, %d of them told to come again, %d MiB; first byte after %v (half), %v (p99), %v (all)",
		len(w.firsts), w.busy, w.bytes>>20, at(50), at(99), at(100))
}

// misbehave starts clients that do what they should not, until the test ends.
func (s *site) misbehave(clients int) {
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	s.whole.Cleanup(func() { stop(); all.Wait() })
	kinds := []func(context.Context, *site){readSlowly, neverRead, reset, sendGarbage, retryForEver}
	for i := range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				kinds[i%len(kinds)](ctx, s)
			}
		})
	}
}

// largestPage is more than the buffers between a client and the server hold.
const largestPage = "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=200000"

// ask sends a request on a connection of its own, which is closed when ctx ends. The connection has
// tiny buffers.
func ask(ctx context.Context, s *site, path string, headers ...string) *net.TCPConn {
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return nil // the server may refuse more connections
	}
	context.AfterFunc(ctx, func() { connection.Close() })
	_ = connection.(*net.TCPConn).SetReadBuffer(4 << 10) // else a system buffers more
	request, err := s.request(ctx, s.url+path)
	if err != nil {
		return nil
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	_ = request.Write(connection) // the outcome does not matter to this client
	return connection.(*net.TCPConn)
}

// readSlowly reads a few kB a second.
func readSlowly(ctx context.Context, s *site) {
	connection := ask(ctx, s, largestPage)
	if connection == nil {
		return
	}
	defer connection.Close()
	for piece := make([]byte, 512); ; time.Sleep(100 * time.Millisecond) {
		if _, err := connection.Read(piece); err != nil {
			return
		}
	}
}

// neverRead sends a request, and waits until it is cut off.
func neverRead(ctx context.Context, s *site) {
	connection := ask(ctx, s, largestPage)
	if connection == nil {
		return
	}
	defer connection.Close()
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Second):
	}
}

// reset resets the connection in the middle of a reply.
func reset(ctx context.Context, s *site) {
	connection := ask(ctx, s, largestPage)
	if connection == nil {
		return
	}
	_, _ = io.CopyN(io.Discard, connection, 100<<10)
	_ = connection.SetLinger(0)
	connection.Close()
	time.Sleep(50 * time.Millisecond)
}

// sendGarbage sends an invalid token.
func sendGarbage(ctx context.Context, s *site) {
	connection := ask(ctx, s, "/api/machines/SoftwareInventoryByMachine?$top=1",
		"Authorization: Bearer garbage.of.a_client", "Connection: close")
	if connection == nil {
		return
	}
	defer connection.Close()
	_, _ = io.Copy(io.Discard, connection)
}

// retryForEver retries at once after every error.
func retryForEver(ctx context.Context, s *site) {
	connection := ask(ctx, s, "/api/machines/SoftwareInventoryByMachine?pageSize=0", "Connection: close")
	if connection == nil {
		return
	}
	defer connection.Close()
	_, _ = io.Copy(io.Discard, connection)
}

// program is `muster serve` as a process of its own.
type program struct {
	command *exec.Cmd
	log     safeBuffer
}

// peak runs a function, and returns the highest memory of the program meanwhile, in bytes; 0 if the
// system does not tell.
func (p *program) peak(f func()) (peak int64) {
	ended := make(chan struct{})
	go func() { defer close(ended); f() }()
	for {
		peak = max(peak, p.memory("RssAnon:"))
		select {
		case <-ended:
			return peak
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// memory returns what the system reports under a name about the program's memory, in bytes:
// RssAnon is its own memory without files, VmHWM the highest memory it ever had, with files.
func (p *program) memory(name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), name)
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kB, _ := strconv.ParseInt(number, 10, 64)
	return kB << 10
}

// startProgram starts `muster serve` on the site's folder as a process of its
// own, until the end of the test.
func (s *site) startProgram() *program {
	s.Helper()
	p := s.launch()
	s.whole.Cleanup(func() {
		_ = p.command.Process.Signal(os.Interrupt)
		if err := p.command.Wait(); err != nil || s.whole.Failed() {
			s.whole.Errorf("serve: %v\n%s", err, &p.log)
		}
	})
	s.login(administratorOf(s, s.data))
	return p
}

// launch starts `muster serve` on the site's folder. The caller must end it.
func (s *site) launch() *program {
	s.Helper()
	p := &program{command: exec.Command("muster", "serve", "--data", s.data, "--listen", "127.0.0.1:0",
		"--interval", "0", "--limits", "off")}
	out, err := p.command.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	p.command.Stderr = &p.log
	if err := p.command.Start(); err != nil {
		s.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n') // no line if it ended; the check below tells
	_, address, ok := strings.Cut(strings.TrimSpace(line), "serving ")
	if !ok {
		s.Fatalf("serve printed %q\n%s", line, &p.log)
	}
	s.url = address
	return p
}

// pretend returns the site as seen by another client, with the same permissions.
func (s *site) pretend(name string) *site {
	s.Helper()
	who := decodeTold[control.Issued](s, s.muster("client", "add", name, "--json",
		"--permission", string(auth.ReadVulnerabilities), "--permission", string(auth.ReadSoftware)))
	token, err := tokenOf(s.url, who)
	if err != nil {
		s.Fatal(err)
	}
	other := *s
	other.token = token
	return &other
}

// request makes a request as the site's client. A link needs no token.
func (s *site) request(ctx context.Context, address string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil && !strings.Contains(address, "/tvm-export/") {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	return request, err
}
