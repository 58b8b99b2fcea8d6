package clienttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/testneed"
)

const (
	rulesFolder = "../../deploy/prometheus"
	boardFolder = "../../deploy/grafana"
)

// TestRulesOfPrometheus lets promtool check the rules and run their unit tests, in which every alert
// fires.
func TestRulesOfPrometheus(t *testing.T) {
	promtool := testneed.Command(t, "promtool")
	rules, err := filepath.Glob(filepath.Join(rulesFolder, "*.rules.yml"))
	if err != nil || len(rules) == 0 {
		t.Fatalf("%v, %v", rules, err)
	}
	for _, path := range rules {
		tests := strings.TrimSuffix(path, ".yml") + ".test.yml"
		for _, args := range [][]string{{"check", "rules", path}, {"test", "rules", tests}} {
			if said, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
				t.Errorf("promtool %v: %v\n%s", args, err, said)
			}
		}
		text, tested := read(t, path), read(t, tests)
		for _, name := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(text, -1) {
			fires := regexp.MustCompile(`alertname: ` + name[1] + `\n +eval_time: \w+\n +exp_alerts:\n +- exp_labels`)
			if !fires.MatchString(tested) {
				t.Errorf("%s: no test lets %s fire", tests, name[1])
			}
		}
	}
}

// Every metric that a rule or a board names is one of those in the manual, which a test of package
// api compares with the code.
func TestBoardsAndRulesNameMetrics(t *testing.T) {
	manual := read(t, "../../doc/operations.md")
	files, err := filepath.Glob("../../deploy/[gp]r*/*")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, path := range files {
		for _, name := range regexp.MustCompile(`\bmuster_[a-z_]+`).FindAllString(read(t, path), -1) {
			if name = strings.TrimSuffix(name, "_bucket"); !strings.Contains(manual, "`"+name+"`") {
				t.Errorf("%s names %s, which doc/operations.md does not", path, name)
			}
		}
	}
}

// TestNodesAreNotCounted: what is read from the database and the files is the same at every node, so no rule and no
// board adds it up over nodes, or alerts once for each.
func TestNodesAreNotCounted(t *testing.T) {
	shared := regexp.MustCompile(`muster_(findings|(group_)?(exposure|compliance)_score|devices|checks|coverage|snapshot|generation|` +
		`publish|feed|catalog|verify|metrics_omitted)\w*`)
	once := regexp.MustCompile(`count by \(organization\) \($|max (without \(instance, pod\)|by \([a-z, ]+\)) \((sum by \(job, instance[a-z, ]*\) \()?$`)
	expressions := expressionsOf(t, filepath.Join(boardFolder, "muster.json"))
	for _, found := range regexp.MustCompile(`(?m)^ +expr: (>-\n( {10}.*\n)+|.*)`).FindAllStringSubmatch(
		read(t, filepath.Join(rulesFolder, "muster.rules.yml")), -1) {
		expressions = append(expressions, found[1])
	}
	checked := 0
	for _, expression := range expressions {
		for _, at := range shared.FindAllStringIndex(expression, -1) {
			checked++
			if !once.MatchString(expression[:at[0]]) {
				t.Errorf("%s: %s is counted once for each node", expression, expression[at[0]:at[1]])
			}
		}
	}
	if checked < 40 {
		t.Errorf("%d uses of metrics were found", checked)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// usePrometheus runs Prometheus as deploy/ configures it. It scrapes the server with a token of a
// client that may read metrics alone, and finds data for every expression of the boards and of the
// rules that record; alerts are evaluated without errors.
func usePrometheus(t *testing.T, s *site) {
	var expressions []string
	boards, err := filepath.Glob(filepath.Join(boardFolder, "*.json"))
	if err != nil || len(boards) == 0 {
		t.Fatalf("%v, %v", boards, err)
	}
	for _, path := range boards {
		expressions = append(expressions, expressionsOf(t, path)...)
	}
	if len(expressions) < 30 {
		t.Fatalf("the boards have %d expressions", len(expressions))
	}
	s.get(http.StatusOK, s.url+"/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=10", "Authorization: Bearer "+s.token())
	s.verify()
	p := s.prometheus()
	for name, health := range p.rules() {
		if health != "ok" {
			t.Errorf("rule %s: %s", name, health)
		}
		if strings.Contains(name, ":") {
			expressions = append(expressions, name)
		}
	}
	for _, expression := range expressions {
		p.until(expression, func() bool { return p.results(expression) > 0 })
	}
	if n := p.results(`up{job="muster"} == 1`); n != 1 {
		t.Errorf("%d targets are up", n)
	}
}

// expressionsOf returns the expressions of a board's panels, with the variables as Grafana has them
// when all organizations are selected, and those of its variables.
func expressionsOf(t *testing.T, path string) (all []string) {
	t.Helper()
	var board struct {
		Panels     []struct{ Targets []struct{ Expr string } }
		Templating struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal([]byte(read(t, path)), &board); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	variables := strings.NewReplacer("$organization", ".*", "$__rate_interval", "1m")
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			all = append(all, variables.Replace(target.Expr))
		}
	}
	for _, variable := range board.Templating.List {
		if values, ok := strings.CutPrefix(variable.Definition, "label_values("); ok {
			metric, label, _ := strings.Cut(strings.TrimSuffix(values, ")"), ", ")
			all = append(all, fmt.Sprintf("count by (%s) (%s)", label, metric))
		}
	}
	for _, expression := range all {
		if strings.Contains(expression, "$") {
			t.Fatalf("%s: %q has an unknown variable", path, expression)
		}
	}
	return all
}

// verify verifies what is stored, which boards show.
func (s *site) verify() {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/v1/verify", nil)
	if err != nil {
		s.Fatal(err)
	}
	manager := *s
	manager.app = s.administrator
	r.Header.Set("Authorization", "Bearer "+manager.token())
	response, err := s.http.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		s.Fatalf("verifying: status %d", response.StatusCode)
	}
}

// prometheus is a running Prometheus.
type prometheus struct {
	*site
	url string
}

// prometheus starts Prometheus with the configuration of deploy/, for this server.
func (s *site) prometheus() *prometheus {
	s.Helper()
	program := testneed.Command(s, "prometheus")
	folder := s.TempDir()
	rules, err := filepath.Abs(filepath.Join(rulesFolder, "muster.rules.yml"))
	if err != nil {
		s.Fatal(err)
	}
	host := strings.TrimPrefix(s.url, "https://")
	config := strings.NewReplacer("muster.rules.yml", rules, "muster.example.com", host, "TENANT-ID", s.scraper.TenantID,
		"CLIENT-ID", s.scraper.ClientID, "/etc/prometheus/muster.secret", filepath.Join(folder, "secret"),
		"scrape_interval: 30s", "scrape_interval: 1s\n    tls_config: {ca_file: "+s.authority.File+"}",
		"    oauth2:\n", "    oauth2:\n      tls_config: {ca_file: "+s.authority.File+"}\n",
	).Replace(read(s, filepath.Join(rulesFolder, "prometheus.yml")))
	config = "global: {evaluation_interval: 1s}\n" + config
	for name, text := range map[string]string{"secret": s.scraper.ClientSecret, "prometheus.yml": config} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			s.Fatal(err)
		}
	}
	s.run(testneed.Command(s, "promtool"), "check", "config", filepath.Join(folder, "prometheus.yml"))
	command := exec.Command(program, "--config.file", filepath.Join(folder, "prometheus.yml"), "--log.format", "json",
		"--storage.tsdb.path", filepath.Join(folder, "data"), "--web.listen-address", "127.0.0.1:0")
	log, err := command.StderrPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // Wait tells
		if err := command.Wait(); err != nil {
			s.Errorf("prometheus: %v", err)
		}
	})
	p := &prometheus{s, "http://" + s.listening(log)}
	p.until("ready", func() bool {
		response, err := http.Get(p.url + "/-/ready")
		if err != nil {
			p.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return p
}

// listening returns the address that Prometheus listens on, by its log, and reads the rest of that.
func (s *site) listening(log io.Reader) string {
	s.Helper()
	lines := bufio.NewScanner(log)
	var all strings.Builder
	for lines.Scan() {
		var line struct{ Msg, Address string }
		all.WriteString(lines.Text() + "\n")
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "Listening on" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return line.Address
		}
	}
	s.Fatalf("prometheus does not say where it listens:\n%s", &all)
	return ""
}

// ask asks Prometheus's API.
func (p *prometheus) ask(call string, into any) {
	p.Helper()
	response, err := http.Get(p.url + "/api/v1/" + call)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(body, into) != nil {
		p.Fatalf("%s: %d %v %s", call, response.StatusCode, err, body)
	}
}

// results is how many samples an expression has.
func (p *prometheus) results(expression string) int {
	p.Helper()
	var reply struct {
		Data struct{ Result []json.RawMessage }
	}
	p.ask("query?query="+url.QueryEscape(expression), &reply)
	return len(reply.Data.Result)
}

// rules returns the health of each rule, once all were evaluated.
func (p *prometheus) rules() map[string]string {
	p.Helper()
	all := map[string]string{}
	p.until("rules are evaluated", func() bool {
		var reply struct {
			Data struct {
				Groups []struct {
					Rules []struct{ Name, Health, LastError string }
				}
			}
		}
		p.ask("rules", &reply)
		for _, group := range reply.Data.Groups {
			for _, rule := range group.Rules {
				if all[rule.Name] = strings.TrimSpace(rule.Health + " " + rule.LastError); rule.Health == "unknown" {
					return false
				}
			}
		}
		return len(all) > 10
	})
	return all
}

// until asks again until something holds, for at most half a minute.
func (p *prometheus) until(what string, holds func() bool) {
	p.Helper()
	for range 300 {
		if holds() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.Errorf("not within 30 s: %s", what)
}
