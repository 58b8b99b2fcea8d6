package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/table"
)

// wordsOf tells an explanation in sentences.
func wordsOf(why *control.Why) []string {
	if why.CVE == "" {
		return []string{fmt.Sprintf("%s has %d pieces of software. Name a CVE to see what feeds say about them.",
			why.DeviceName, len(why.Software))}
	}
	var text []string
	switch why.Verdict {
	case coverage.Affected.String():
		text = []string{fmt.Sprintf("%s is affected by %s.", why.DeviceName, why.CVE)}
	case coverage.NotAffected.String():
		text = []string{fmt.Sprintf("%s is not affected by %s.", why.DeviceName, why.CVE)}
	case coverage.NotDecided.String():
		text = []string{fmt.Sprintf("Whether %s is affected by %s is not known: not all of what feeds state could be compared.",
			why.DeviceName, why.CVE)}
	case coverage.NotCompared.String():
		text = []string{fmt.Sprintf("Nothing was found of %s on %s, and nothing was compared.", why.CVE, why.DeviceName),
			"No software of the device was taken for a product that feeds name for it."}
	default:
		text = []string{fmt.Sprintf("Nobody looked for %s on %s.", why.CVE, why.DeviceName),
			fmt.Sprintf("No feed states anything on %s.", why.CVE)}
	}
	if n := len(why.Elsewhere); n > 0 && !why.Affected {
		some := why.Elsewhere[:min(n, maxNamed)]
		more := ""
		if n > len(some) {
			more = fmt.Sprintf(" and %d others", n-len(some))
		}
		text = append(text, fmt.Sprintf("Feeds name it for %s%s.", strings.Join(some, ", "), more))
	}
	return text
}

// maxNamed bounds the products that a sentence names.
const maxNamed = 10

// wordsOfSoftware tells what software was taken for, and what the CVE does to it.
func wordsOfSoftware(s *control.WhySoftware, cve string) []string {
	text := []string{fmt.Sprintf("%s %s: %s.", s.Name, s.Version, identified(s))}
	if words := coveredWords(&s.Coverage); words != "" {
		text = append(text, words)
	}
	isAssessed := s.Coverage.State != coverage.NotAssessed.String()
	switch {
	case cve == "" && (isAssessed || s.Findings+s.Advisories > 0):
		text = append(text, fmt.Sprintf("%d CVEs affect it.", s.Findings))
		if s.Advisories > 0 {
			text = append(text, fmt.Sprintf("%d advisories without a CVE do, too.", s.Advisories))
		}
		for _, name := range slices.Sorted(maps.Keys(s.Unfixed)) {
			if state, err := intel.ParseFixState(name); err == nil {
				text = append(text, fmt.Sprintf("Of %d the publisher says: %s.", s.Unfixed[name], state.Text()))
			}
		}
	case cve != "":
		text = append(text, wordOn(comparedOf(s).Word(), cve))
	}
	for i := range s.Statements {
		text = append(text, s.Statements[i].Text)
	}
	return text
}

// wordOn says what may be said of a CVE and a piece of software.
func wordOn(word coverage.Word, cve string) string {
	switch word {
	case coverage.Affected:
		return fmt.Sprintf("%s affects it.", cve)
	case coverage.NotAffected:
		return fmt.Sprintf("%s does not affect it.", cve)
	case coverage.NotDecided:
		return fmt.Sprintf("Whether %s affects it is not known.", cve)
	}
	return fmt.Sprintf("No feed states anything on it and %s.", cve)
}

// coveredWords says how far software was assessed; empty if wholly.
func coveredWords(c *control.WhyCoverage) string {
	state, err := coverage.ParseState(c.State)
	reason, unknown := coverage.ParseReason(c.Reason)
	if err != nil || unknown != nil || state == coverage.Assessed {
		return ""
	}
	return fmt.Sprintf("It is %s: %s%s.", state.Text(), reason.Explain(), wanted(c.Wants))
}

func wanted(wants string) string {
	if wants == "" {
		return ""
	}
	return fmt.Sprintf(" (wanted: %s)", wants)
}

// identified says how a product was found.
func identified(s *control.WhySoftware) string {
	how := map[string]string{
		catalog.RuleOverride: "the operator's table of titles", catalog.RuleSystem: "the build of the operating system",
		catalog.RuleDistribution: "the packages of its distribution", catalog.RulePURL: "its package URL or ecosystem",
		catalog.RuleCPE: "the CPE that was reported", catalog.RuleBundle: "its macOS bundle id",
		catalog.RuleAlias: "the curated table of titles", catalog.RulePattern: "a curated pattern of titles",
		catalog.RuleMined: "the title that CVE records write beside this CPE",
		catalog.RulePair:  "its vendor and name, which are a known CPE pair",
		catalog.RuleMaker: "its name, and another name of its maker that CVE records write",
	}[s.Rule]
	switch {
	case s.Rule == catalog.RuleExcluded:
		return "known to be no product with a product code"
	case how == "":
		return "no exact key leads to a product, so nothing is compared"
	}
	known := fmt.Sprintf("taken for %s/%s by %s", s.SoftwareVendor, s.SoftwareName, how)
	if len(s.Subjects) > 0 {
		known += fmt.Sprintf("; statements on %s were asked", strings.Join(s.Subjects, ", "))
	}
	if len(s.Compared) > 0 {
		known += fmt.Sprintf("; compared is %s, by the order of versions %q", strings.Join(s.Compared, ", "), s.Scheme)
	}
	return known
}

// versionsOf tells a range in words.
func versionsOf(r intel.Range) string {
	var words []string
	switch {
	case r.Exact != "":
		return r.Exact
	case r.Low != "" && r.Low != "0" && r.LowExcluded:
		words = append(words, "after "+r.Low)
	case r.Low != "" && r.Low != "0":
		words = append(words, "from "+r.Low)
	}
	switch {
	case r.High != "" && r.HighIncluded:
		words = append(words, "up to "+r.High)
	case r.High != "":
		words = append(words, "before "+r.High)
	}
	if len(words) == 0 {
		return "all versions"
	}
	return strings.Join(words, " and ")
}

// wordsOfStatement tells a statement and its effect.
func wordsOfStatement(s *control.WhyStatement) string {
	if words := updateWords(s); words != "" {
		return words
	}
	status := "affected"
	state, _ := intel.ParseFixState(s.FixState)
	switch {
	case state == intel.FixInvestigated:
		status = "not known yet to be affected"
	case s.Unaffected:
		status = "not affected"
	case state != intel.FixUnstated:
		status += ", " + state.Text()
	}
	said := fmt.Sprintf("%s (%s) says of %s: %s %s", s.Source, trustWords(s.Trust), s.Subject, s.Versions, status)
	if len(s.Platforms) > 0 {
		said += " on " + strings.Join(s.Platforms, ", ")
	}
	if s.Target != "" {
		said += fmt.Sprintf(", for %q", s.Target)
	}
	if s.Edition != "" {
		said += fmt.Sprintf(", edition %q", s.Edition)
	}
	text := said + ". " + effectWords(s)
	if s.Decides && s.Fix != "" {
		text += fmt.Sprintf(" Fix: %s.", s.Fix)
	}
	return text
}

func trustWords(trust string) string {
	switch trust {
	case table.TrustPublisher.String():
		return "the package's publisher"
	case table.TrustVendor.String():
		return "advisory"
	case table.TrustCNA.String():
		return "the CVE's own authority"
	case table.TrustADP.String():
		return "a publisher"
	case table.TrustOverride.String():
		return "an override"
	case table.TrustNVD.String():
		return "NVD"
	}
	return "doubtful about bounds"
}

// effectWords says what a statement does.
func effectWords(s *control.WhyStatement) string {
	switch rule.Effect(s.Effect) {
	case rule.Affects:
		if s.Decides {
			return "The finding rests on this."
		}
		return "It says so, too."
	case rule.Denies:
		return "The installed version is one of these."
	case rule.OtherVersion:
		return "The installed version is none of these." + overruledWords(s)
	case rule.NoVersion:
		return "These cannot be compared with the installed version."
	case rule.OtherPlatform:
		return "The device is none of these platforms." + overruledWords(s)
	case rule.OtherBuild:
		return "It ends after the installed build of Windows."
	case rule.OtherSoftware:
		return "The software is not known to be of that ecosystem or a part of that software."
	case rule.OtherEdition:
		return "The installed edition is another."
	case rule.OtherStream:
		return "The installed module stream is another."
	case rule.Outweighed:
		return "A more trusted source says that it is not affected."
	}
	return "It is overruled." + overruledWords(s)
}

// updateWords tells a statement that an update fixes a CVE; "" for another one.
func updateWords(s *control.WhyStatement) string {
	said := fmt.Sprintf("%s (%s) says that this update fixes it for %s. ", s.Source, trustWords(s.Trust), s.Subject)
	switch rule.Effect(s.Effect) {
	case rule.UpdateMissing:
		said += "It is missing, by the build or by the list of updates, and so is all that replaces it."
	case rule.UpdateInstalled:
		return said + "It is installed, or one that replaces it, by the build or by the list of updates."
	case rule.UpdateUnknown:
		return said + "Neither the build nor the list of updates tells whether it is installed."
	default:
		return ""
	}
	if s.Decides {
		said += fmt.Sprintf(" The finding rests on this. Fix: %s.", s.Fix)
	}
	return said
}

// overruledWords names the sources that decided about a property in place of a statement.
func overruledWords(s *control.WhyStatement) string {
	var words []string
	for _, property := range [...]struct {
		name string
		by   []string
	}{{"upper bound", s.UpperBy}, {"lower bound", s.LowerBy}, {"platforms", s.PlatformsBy}} {
		if len(property.by) > 0 {
			words = append(words, fmt.Sprintf("the %s: %s", property.name, strings.Join(property.by, ", ")))
		}
	}
	if len(s.WholeBy) > 0 {
		return " What counts instead is what the package's publisher says: " + strings.Join(s.WholeBy, ", ") + "."
	}
	if len(words) == 0 {
		return ""
	}
	return " What counts instead for " + strings.Join(words, "; for ") + "."
}

// comparedOf returns what came of comparing software with what feeds state on the CVE.
func comparedOf(s *control.WhySoftware) coverage.Compared {
	state, err := coverage.ParseState(s.Coverage.State)
	if err != nil {
		state = coverage.NotAssessed
	}
	return coverage.Compared{Affected: s.Affected, Stated: len(s.Statements) > 0, State: state,
		Open: slices.ContainsFunc(s.Statements, func(one control.WhyStatement) bool {
			switch rule.Effect(one.Effect) {
			case rule.UpdateUnknown, rule.NoVersion:
				return true
			case rule.Overruled, rule.Outweighed:
				return false
			}
			return one.FixState == intel.FixInvestigated.String() // the publisher does not know yet
		})}
}
