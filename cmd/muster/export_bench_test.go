package main

import (
	"bufio"
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
)

const (
	// exportDevices is how many devices BenchmarkExport has: more rows than a page.
	exportDevices = 800
	// exportPage is how many rows a page has: the most that a client may ask for.
	exportPage = 200_000
)

// BenchmarkExport exports the same vulnerability rows, those of the demo's
// fleet, to the same client over HTTP:
//
//	database   from a database table, in pages, the way a service would
//	pages      by muster, in pages
//	files      by muster, via files
//
// Each reports rows/s, and how many times the database's that is. `make compare`
// runs it.
func BenchmarkExport(b *testing.B) {
	s := newSite(b)
	s.muster("demo", "--once", "--days", "1", "--devices", strconv.Itoa(exportDevices))
	s.serve()
	rows := s.pageRows(export{callOf(defender.Vulnerabilities, false, false), ""}, exportPage)
	database := httptest.NewServer(newTable(b, rows))
	b.Cleanup(database.Close)
	checkSame(s, rows, database.URL)

	pages := fmt.Sprintf("%s/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=%d", s.url, exportPage)
	files := export{callOf(defender.Vulnerabilities, false, true), ""}
	var base float64
	for _, way := range []struct {
		name string
		pull func() error
	}{
		{"database", func() error { return pullPages(database.URL, "") }},
		{"pages", func() error { return pullPages(pages, s.token) }},
		{"files", func() error { return download(s.links(files)) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				if err := way.pull(); err != nil {
					b.Fatal(err)
				}
			}
			rate := float64(len(rows)*b.N) / b.Elapsed().Seconds()
			base = cmp.Or(base, rate)
			b.ReportMetric(rate, "rows/s")
			b.ReportMetric(rate/base, "×database")
		})
	}
}

// checkSame checks that the database exports what muster does, byte for byte.
func checkSame(s *site, want []json.RawMessage, address string) {
	s.Helper()
	var page defender.Page[json.RawMessage]
	for i := 0; address != ""; address, page.NextLink = page.NextLink, "" {
		if err := json.Unmarshal(s.get(http.StatusOK, address), &page); err != nil {
			s.Fatal(err)
		}
		for _, row := range page.Value {
			if !bytes.Equal(row, want[i]) {
				s.Fatalf("row %d is\n%s, want\n%s", i, row, want[i])
			}
			i++
		}
		if page.NextLink == "" && i != len(want) {
			s.Fatalf("%d rows, want %d", i, len(want))
		}
	}
}

// pullPages follows nextLinks to the end. It does not decode rows: the benchmark compares the
// servers.
func pullPages(address, token string) error {
	for more := true; more; {
		var end tail
		if err := fetch(address, token, &end); err != nil {
			return err
		}
		var link string
		_, link, more = strings.Cut(string(end.last), `"@odata.nextLink":"`)
		address, _, _ = strings.Cut(link, `"`)
	}
	return nil
}

// download downloads files as they are: compressed.
func download(links []string) error {
	for _, link := range links {
		if err := fetch(link, "", io.Discard); err != nil {
			return err
		}
	}
	return nil
}

func fetch(address, token string, into io.Writer) error {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	_, err = io.Copy(into, response.Body)
	return err
}

// tail keeps the end of what is written to it, where a nextLink is.
type tail struct{ last []byte }

// Write keeps only the end.
func (t *tail) Write(p []byte) (int, error) {
	const kept = 2 << 10
	t.last = append(t.last, p[max(0, len(p)-kept):]...)
	t.last = slices.Delete(t.last, 0, max(0, len(t.last)-kept))
	return len(p), nil
}

// table serves pages of a database table with the 27 columns of a row, as fast as a database can:
// one prepared statement, keyset paging in the order of the rows on disk, everything cached,
// buffers reused.
type table struct{ page *sql.Stmt }

const tableColumns = `id, deviceId, rbacGroupId, rbacGroupName, deviceName, osPlatform, osVersion, osArchitecture,
	softwareVendor, softwareName, softwareVersion, cveId, vulnerabilitySeverityLevel, recommendedSecurityUpdate,
	recommendedSecurityUpdateId, recommendedSecurityUpdateUrl, diskPaths, registryPaths, lastSeenTimestamp,
	firstSeenTimestamp, endOfSupportStatus, endOfSupportDate, exploitabilityLevel, recommendationReference, cvssScore,
	securityUpdateAvailable, cveMitigationStatus`

// tableRow is a row of the table, and of its pages. The table has the paths as
// JSON.
type tableRow struct {
	ID                           string          `json:"id"`
	DeviceID                     string          `json:"deviceId"`
	RBACGroupID                  int64           `json:"rbacGroupId"`
	RBACGroupName                string          `json:"rbacGroupName"`
	DeviceName                   string          `json:"deviceName"`
	OSPlatform                   string          `json:"osPlatform"`
	OSVersion                    string          `json:"osVersion"`
	OSArchitecture               string          `json:"osArchitecture"`
	SoftwareVendor               string          `json:"softwareVendor"`
	SoftwareName                 string          `json:"softwareName"`
	SoftwareVersion              string          `json:"softwareVersion"`
	CVEID                        *string         `json:"cveId"`
	VulnerabilitySeverityLevel   *string         `json:"vulnerabilitySeverityLevel"`
	RecommendedSecurityUpdate    *string         `json:"recommendedSecurityUpdate"`
	RecommendedSecurityUpdateID  *string         `json:"recommendedSecurityUpdateId"`
	RecommendedSecurityUpdateURL *string         `json:"recommendedSecurityUpdateUrl"`
	DiskPaths                    json.RawMessage `json:"diskPaths"`
	RegistryPaths                json.RawMessage `json:"registryPaths"`
	LastSeenTimestamp            string          `json:"lastSeenTimestamp"`
	FirstSeenTimestamp           string          `json:"firstSeenTimestamp"`
	EndOfSupportStatus           *string         `json:"endOfSupportStatus"`
	EndOfSupportDate             *string         `json:"endOfSupportDate"`
	ExploitabilityLevel          string          `json:"exploitabilityLevel"`
	RecommendationReference      string          `json:"recommendationReference"`
	CVSSScore                    float64         `json:"cvssScore"`
	SecurityUpdateAvailable      bool            `json:"securityUpdateAvailable"`
	CVEMitigationStatus          *string         `json:"cveMitigationStatus"`
}

// fields are where the columns of a row go.
func (r *tableRow) fields() []any {
	return []any{&r.ID, &r.DeviceID, &r.RBACGroupID, &r.RBACGroupName, &r.DeviceName, &r.OSPlatform,
		&r.OSVersion, &r.OSArchitecture,
		&r.SoftwareVendor, &r.SoftwareName, &r.SoftwareVersion, &r.CVEID, &r.VulnerabilitySeverityLevel,
		&r.RecommendedSecurityUpdate,
		&r.RecommendedSecurityUpdateID, &r.RecommendedSecurityUpdateURL, &r.DiskPaths,
		&r.RegistryPaths, &r.LastSeenTimestamp,
		&r.FirstSeenTimestamp, &r.EndOfSupportStatus, &r.EndOfSupportDate, &r.ExploitabilityLevel,
		&r.RecommendationReference, &r.CVSSScore,
		&r.SecurityUpdateAvailable, &r.CVEMitigationStatus}
}

// newTable fills a table with rows. The driver is the one that package store
// brings.
func newTable(b *testing.B, rows []json.RawMessage) *table {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "export.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if err := createTable(db, rows); err != nil {
		b.Fatal(err)
	}
	page, err := db.Prepare(`SELECT position, ` + tableColumns +
		` FROM vulnerability WHERE position > ? ORDER BY position LIMIT ?`)
	if err != nil {
		b.Fatal(err)
	}
	return &table{page}
}

func createTable(db *sql.DB, rows []json.RawMessage) error {
	_, err := db.Exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = wal; PRAGMA cache_size = -1048576;
		CREATE TABLE vulnerability (position INTEGER PRIMARY KEY, ` + tableColumns + `)`)
	if err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	insert, err := tx.Prepare(`INSERT INTO vulnerability (` + tableColumns + `) VALUES (?` +
		strings.Repeat(", ?", 26) + `)`)
	if err != nil {
		return err
	}
	for _, text := range rows {
		var row tableRow
		if err := json.Unmarshal(text, &row); err != nil {
			return err
		}
		if _, err := insert.Exec(row.fields()...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// ServeHTTP serves the page after the position that the query names.
func (t *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	out := bufio.NewWriterSize(w, 64<<10)
	last, count, err := t.write(out, after)
	if err != nil {
		panic(http.ErrAbortHandler) // the client sees a reply that is cut off
	}
	out.WriteString("]")
	if count == exportPage {
		fmt.Fprintf(out, `,"@odata.nextLink":"http://%s/?after=%d"`, r.Host, last)
	}
	out.WriteString("}")
	out.Flush()
}

// write writes the rows of a page, and returns how many, and the last position.
func (t *table) write(out *bufio.Writer, after int64) (last int64, count int, err error) {
	found, err := t.page.Query(after, exportPage)
	if err != nil {
		return 0, 0, err
	}
	defer found.Close()
	var row tableRow
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	into := append([]any{&last}, row.fields()...)
	out.WriteString(`{"value":[`)
	for ; found.Next(); count++ {
		text.Reset()
		if count > 0 {
			text.WriteByte(',')
		}
		if err := found.Scan(into...); err != nil {
			return last, count, err
		}
		if err := encoder.Encode(&row); err != nil {
			return last, count, err
		}
		text.Truncate(text.Len() - 1) // the newline
		if _, err := text.WriteTo(out); err != nil {
			return last, count, err
		}
	}
	return last, count, found.Err()
}
