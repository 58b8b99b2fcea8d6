package cve5

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// severity returns the container's own word: that of a metric ("Textual description of severity" of
// Apache, "Red Hat severity rating", OpenSSL's policy), else the one that Chrome's texts end with.
func (c *container) severity() intel.Severity {
	word := intel.SeverityUnknown
	for _, m := range c.Metrics {
		word = max(word, m.severity())
	}
	for _, d := range c.Descriptions {
		word = cmp.Or(word, described(d.Value))
	}
	return word
}

// severity reads a metric of another kind whose content is one word.
func (m *metric) severity() intel.Severity {
	var content struct {
		Text  string `json:"text"`
		Value string `json:"value"`
		Other string `json:"other"`
	}
	if len(m.Other.Content) == 0 || m.isDecision() || json.Unmarshal(m.Other.Content, &content) != nil {
		return intel.SeverityUnknown
	}
	return cmp.Or(intel.ParseSeverity(content.Text), intel.ParseSeverity(content.Value),
		intel.ParseSeverity(content.Other))
}

// isDecision reports whether a metric is CISA's and no rating.
func (m *metric) isDecision() bool {
	return strings.EqualFold(m.Other.Type, "kev") || strings.EqualFold(m.Other.Type, "ssvc")
}

// described reads the end of Chrome's descriptions: "(Chromium security severity: High)", before 2023
// "(Chrome security severity: High)".
func described(text string) intel.Severity {
	text, ok := strings.CutSuffix(strings.TrimSpace(text), ")")
	if !ok {
		return intel.SeverityUnknown
	}
	rest, word, ok := strings.Cut(text[max(0, strings.LastIndexByte(text, '(')):], " security severity: ")
	if !ok || rest != "(Chromium" && rest != "(Chrome" {
		return intel.SeverityUnknown
	}
	return intel.ParseSeverity(word)
}
