//go:build unix

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/testneed"
)

const (
	// benchSenders send the reports of a fleet at once, in requests of benchBatch reports.
	benchSenders, benchBatch = 4, 50
	// benchReplies is how often a page and a link are asked for; the median counts.
	benchReplies = 21
)

// BenchmarkPlaces does the same on a data folder, and on PostgreSQL and Azurite with one node and with two: a fleet
// of MUSTER_BENCH_DEVICES (1,000) reports, a generation is made of it, a tenth of the devices reports changes, the
// next generation is made, and a page of 10,000 findings and a file are asked for at each node. Everything runs on
// one machine, the database, the store of files and the senders included. It reports
//
//	reports/s   of the whole fleet, by four senders
//	full-s      of the first generation, in seconds
//	next-s      of the second one
//	page-ms     of a page of 10,000 findings, median
//	file-ms     of one file of an export, median
//
// and how many times the folder's each is, as ×NAME. Run it with -benchtime 1x.
func BenchmarkPlaces(b *testing.B) {
	devices := 1000
	if text := os.Getenv("MUSTER_BENCH_DEVICES"); text != "" {
		var err error
		if devices, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	folder := map[string]float64{}
	for _, place := range []struct {
		name string
		on   func(testing.TB) *cluster
		at   int
	}{
		{"folder", onFolder, 1},
		{"one_node", onServers, 1},
		{"two_nodes", onServers, 2},
	} {
		b.Run(place.name, func(b *testing.B) {
			for b.Loop() {
				found := measurePlace(b, place.on(b), place.at, devices)
				for name, value := range found {
					folder[name] = cmp.Or(folder[name], value)
					b.ReportMetric(value, name)
					b.ReportMetric(value/folder[name], "×"+name)
				}
			}
		})
	}
}

// onFolder is a cluster of one, on a data folder.
func onFolder(b testing.TB) *cluster {
	return &cluster{TB: b, env: append(os.Environ(), "MUSTER_DATA="+filepath.Join(b.TempDir(), "data"))}
}

// onServers is a cluster on Azurite and a PostgreSQL server as it comes: that of other tests does not look after its
// tables.
func onServers(b testing.TB) *cluster {
	server := testneed.NewPostgres(b)
	server.SQL(b, "postgres", "CREATE DATABASE muster")
	return clusterOn(b, server.URL("muster"), testneed.Azurite(b))
}

// measurePlace measures what [BenchmarkPlaces] reports.
func measurePlace(b *testing.B, c *cluster, nodes, devices int) map[string]float64 {
	var who control.Issued
	if err := json.Unmarshal([]byte(c.muster("client", "add", "bench", "--json", "--permission",
		"Muster.Manage.All,Reports.Write.All,Vulnerability.Read.All")), &who); err != nil {
		b.Fatal(err)
	}
	for _, f := range sample.Feeds() {
		folder := filepath.Join(b.TempDir(), f.Name)
		if err := os.CopyFS(folder, f.Files); err != nil {
			b.Fatal(err)
		}
		c.muster("feed", "import", string(f.Kind), folder, "--name", f.Name)
	}
	var members []*member
	for n := range nodes {
		var flags []string
		if nodes > 1 {
			flags = []string{"--node", fmt.Sprint("node-", n)}
		}
		members = append(members, c.serve(c.env, flags...))
	}
	token, err := tokenOf(members[0].url, who)
	if err != nil {
		b.Fatal(err)
	}
	f := fleet.Fleet{Seed: 1, Devices: devices, Begun: time.Now().Add(-time.Hour), Interval: time.Minute, Changing: 0.1}
	seconds := func(do func()) float64 {
		begun := time.Now()
		do()
		return time.Since(begun).Seconds()
	}
	publish := func() { c.do(members[0], token, http.MethodPost, "/v1/generations?wait=true", "", http.StatusOK) }
	found := map[string]float64{}
	found["reports/s"] = float64(devices) / seconds(func() { c.sendFleet(f, 0, members, token) })
	found["full-s"] = seconds(publish)
	c.sendFleet(f, 1, members, token)
	found["next-s"] = seconds(publish)
	const page = "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=10000"
	found["page-ms"] = medianOf(func(i int) { c.do(members[i%nodes], token, http.MethodGet, page, "", http.StatusOK) })
	var links defender.ExportFilesResponse
	if err := json.Unmarshal(c.do(members[0], token, http.MethodGet, "/api/machines/SoftwareVulnerabilitiesExport", "",
		http.StatusOK), &links); err != nil || len(links.ExportFiles) == 0 {
		b.Fatalf("links %v, %v", links.ExportFiles, err)
	}
	link := at(members[0], links.ExportFiles[0])
	found["file-ms"] = medianOf(func(i int) { c.do(members[i%nodes], "", http.MethodGet, link, "", http.StatusOK) })
	for _, m := range members {
		c.stop(m)
	}
	return found
}

// medianOf returns the median time of calls, in milliseconds. The first ones at each node fill its caches.
func medianOf(call func(i int)) float64 {
	var took []float64
	for i := range benchReplies {
		begun := time.Now()
		call(i)
		took = append(took, float64(time.Since(begun).Microseconds())/1000)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// sendFleet sends what the devices of a fleet report at a step, to all members in turn: at step 0 all of it.
func (c *cluster) sendFleet(f fleet.Fleet, step int, members []*member, token string) {
	c.Helper()
	var senders sync.WaitGroup
	var next atomic.Int64
	for range benchSenders {
		senders.Go(func() {
			for at := int(next.Add(benchBatch)) - benchBatch; at < f.Devices; at = int(next.Add(benchBatch)) - benchBatch {
				var body bytes.Buffer
				lines := json.NewEncoder(&body)
				for i := at; i < min(at+benchBatch, f.Devices); i++ {
					if step > 0 && !f.Changes(i, step) {
						continue
					}
					if err := lines.Encode(f.Report(i, step)); err != nil {
						c.Error(err)
					}
				}
				if body.Len() == 0 {
					continue
				}
				if err := sendReports(members[at/benchBatch%len(members)].url, token, &body); err != nil {
					c.Error(err)
				}
			}
		})
	}
	senders.Wait()
}

// sendReports sends reports, a line each, again while the server is full.
func sendReports(server, token string, lines *bytes.Buffer) error {
	for {
		request, err := http.NewRequest(http.MethodPost, server+"/v1/reports", bytes.NewReader(lines.Bytes()))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/x-ndjson")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		switch {
		case err != nil:
			return err
		case response.StatusCode == http.StatusTooManyRequests:
			time.Sleep(100 * time.Millisecond)
		case response.StatusCode != http.StatusAccepted:
			return fmt.Errorf("sending reports: %s: %s", response.Status, text)
		default:
			return nil
		}
	}
}
