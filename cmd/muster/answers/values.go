package answers

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// scoreOf formats a CVSS score.
func scoreOf(score float64) string { return strconv.FormatFloat(score, 'f', 1, 64) }

// severityOf is a severity in small letters; "unrated" if there is none.
func severityOf(s string) string { return cmp.Or(strings.ToLower(s), "unrated") }

// exploitOf is a level of exploit in words; "" for none.
func exploitOf(level string) string {
	switch level {
	case defender.ExploitIsPublic:
		return "public"
	case defender.ExploitIsVerified:
		return "verified"
	case defender.ExploitIsInKit:
		return "in kit"
	}
	return ""
}

// epssOf formats a score of EPSS; "" if it is not known.
func epssOf(score *float64) string {
	if score == nil {
		return ""
	}
	return strconv.FormatFloat(*score, 'f', 5, 64)
}

// dueOf is the day until when CISA wants a CVE mended; "" if it does not list it.
func dueOf(listed bool, due *time.Time) string {
	switch {
	case !listed:
		return ""
	case due == nil:
		return "listed"
	}
	return due.UTC().Format(time.DateOnly)
}

// timeOf formats a time; "" if it is not known.
func timeOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// severityFields are the fields of severityValues.
func severityFields() []string { return []string{"critical", "high", "medium", "low", "unrated"} }

func severityValues(s *counts.Severities) []string {
	return []string{number(s.Critical), number(s.High), number(s.Medium), number(s.Low), number(s.Unrated)}
}

// commas lists versions for people.
func commas(all []control.TargetRow) string { return strings.Join(versionsOf(all), ", ") }

// targetsOf lists versions for programs.
func targetsOf(all []control.TargetRow) string { return strings.Join(versionsOf(all), "; ") }

func versionsOf(all []control.TargetRow) []string {
	versions := make([]string, len(all))
	for i := range all {
		versions[i] = all[i].Version
	}
	return versions
}
