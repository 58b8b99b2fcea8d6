package scan

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel/coverage"
)

// SARIF is a log in the Static Analysis Results Interchange Format, version 2.1.0 (OASIS standard), with
// the members that tools for showing results read.
type SARIF struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	Properties  map[string]any    `json:"properties,omitempty"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	HelpURI          string         `json:"helpUri,omitempty"`
	Properties       map[string]any `json:"properties,omitempty"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful        bool          `json:"executionSuccessful"`
	ToolExecutionNotifications []sarifNotice `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotice struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Level               string            `json:"level"`
	Message             sarifText         `json:"message"`
	Locations           []sarifLocation   `json:"locations"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Properties          map[string]any    `json:"properties,omitempty"`
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
	} `json:"physicalLocation"`
}

// NewSARIF makes a log of results, one run for each. subject is the document or folder that was scanned:
// the location of software without a path of its own.
func NewSARIF(version, subject string, results []*Result) *SARIF {
	log := &SARIF{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{}}
	for _, r := range results {
		log.Runs = append(log.Runs, r.run(version, subject))
	}
	return log
}

// run makes the run of one result.
func (r *Result) run(version, subject string) sarifRun {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "muster", Version: version,
			InformationURI: "https://github.com/muster-project/muster", Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: true, ToolExecutionNotifications: r.notices()}},
		Results:     []sarifResult{},
		Properties:  map[string]any{"deviceName": r.Device.Name},
	}
	rules := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		at, known := rules[f.CVE]
		if !known {
			at = len(rules)
			rules[f.CVE] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, f.rule())
		}
		run.Results = append(run.Results, f.result(at, r.Device.Name, subject))
	}
	return run
}

// notices say what was not looked at: silence is not health.
func (r *Result) notices() (list []sarifNotice) {
	if c := &r.Coverage; c.State != coverage.Assessed {
		text := c.State.Text()
		if reason := c.Reason.Explain(); reason != "" {
			text += ": " + reason
		}
		list = append(list, sarifNotice{"warning", sarifText{r.Device.Name + " is " + text}})
	}
	if n := r.Coverage.Software.Of(coverage.NotAssessed); n > 0 {
		list = append(list, sarifNotice{"warning", sarifText{fmt.Sprintf("%d of %d pieces of software are not assessed", n,
			r.Coverage.Software.Sum())}})
	}
	return list
}

// rule describes the CVE of a finding. The property security-severity is what code hosts sort by.
func (f *Finding) rule() sarifRule {
	rule := sarifRule{ID: f.CVE, ShortDescription: sarifText{f.CVE}, Properties: map[string]any{"tags": []string{"security"}}}
	if strings.HasPrefix(f.CVE, "CVE-") {
		rule.HelpURI = "https://www.cve.org/CVERecord?id=" + url.QueryEscape(f.CVE)
	}
	if f.CVSS > 0 {
		rule.Properties["security-severity"] = strconv.FormatFloat(f.CVSS, 'f', 1, 64)
	}
	return rule
}

// result makes a result of the rule with an index.
func (f *Finding) result(rule int, device, subject string) sarifResult {
	text := fmt.Sprintf("%s %s of %s is affected by %s", f.Name, f.Version, f.Vendor, f.CVE)
	if f.FixVersion != "" {
		text += "; fixed in " + f.FixVersion
	}
	if update := f.update(); update != "" {
		text += "; fixed by " + update
	}
	if unfixed := f.Unfixed(); unfixed != "" {
		text += "; " + unfixed
	}
	paths := f.Paths
	if len(paths) == 0 {
		paths = []string{subject}
	}
	out := sarifResult{RuleID: f.CVE, RuleIndex: rule, Level: f.level(), Message: sarifText{text},
		PartialFingerprints: map[string]string{"finding/v1": strings.Join([]string{device, f.Vendor, f.Name, f.CVE}, "_")},
		Properties:          map[string]any{"exploitabilityLevel": f.Exploit}}
	for _, p := range paths {
		var one sarifLocation
		one.PhysicalLocation.ArtifactLocation.URI = uri(p)
		out.Locations = append(out.Locations, one)
	}
	return out
}

// level maps a severity: what may be grave, or nobody rates, is no note.
func (f *Finding) level() string {
	switch f.Severity {
	case "Critical", "High":
		return "error"
	case "Low", "None":
		return "note"
	}
	return "warning"
}

// uri writes a path as a URI reference (RFC 3986).
func uri(path string) string {
	path = strings.ReplaceAll(filepath.ToSlash(path), `\`, "/")
	u := url.URL{Path: path}
	switch {
	case strings.HasPrefix(path, "/"):
		u.Scheme = "file"
	case len(path) > 1 && path[1] == ':':
		u.Scheme, u.Path = "file", "/"+path
	}
	return u.String()
}
