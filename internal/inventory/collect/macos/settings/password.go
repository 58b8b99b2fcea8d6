package settings

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/macos/plist"
)

// passwordParameters are the parameters of policies that are told, and whether the greatest one is the strictest.
var passwordParameters = map[string]struct {
	key      string
	greatest bool
}{
	"policyAttributeMaximumFailedAuthentications": {"maxFailedAttempts", false},
	"policyAttributePasswordHistoryDepth":         {"pinHistory", true},
	"policyAttributeExpiresEveryNDays":            {"maxPINAgeInDays", false},
	"autoEnableInSeconds":                         {"autoEnableInSeconds", true},
	"minimumLength":                               {"minLength", true},
	"minimumSymbols":                              {"minComplexChars", true},
	"minimumNumericCharacters":                    {"minNumeric", true},
	"minimumAlphaCharacters":                      {"minAlpha", true},
	"minimumAlphaCharactersUpperCase":             {"minUpper", true},
	"minimumAlphaCharactersLowerCase":             {"minLower", true},
}

// characterKeys are the facts about characters of a class.
var characterKeys = map[string]string{"^a-zA-Z0-9": "minComplexChars", "^A-Za-z0-9": "minComplexChars", "0-9": "minNumeric",
	"A-Z": "minUpper", "a-z": "minLower", "a-zA-Z": "minAlpha", "A-Za-z": "minAlpha"}

var (
	// lengthPattern is a condition on the length: policyAttributePassword matches '.{15,}+'.
	lengthPattern = regexp.MustCompile(`^policyAttributePassword matches '\^?\.\{(\d{1,4}),\}\+?\$?'$`)
	// classPattern is a condition on characters: policyAttributePassword matches '(.*[A-Z].*){1,}+'.
	classPattern = regexp.MustCompile(`^policyAttributePassword matches '\(\.\*\[([^\]]+)\]\.\*\)\{(\d{1,4}),\}\+?'$`)
)

// passwordPolicy reads `pwpolicy -getaccountpolicies`: a line, and a property list with conditions of which all must
// hold, so that the strictest one counts. Profiles are among them.
func passwordPolicy(text string, set func(key, value string)) {
	begin := strings.IndexByte(text, '<')
	if begin < 0 {
		if strings.Contains(text, "Getting global account policies") || strings.Contains(text, "No global account policies") {
			set("", "")
		}
		return
	}
	values, err := plist.Parse([]byte(text[begin:]))
	if err != nil {
		return
	}
	set("", "")
	strictest := map[string]int{}
	note := func(key, number string, greatest bool) {
		n, err := strconv.Atoi(number)
		if have, again := strictest[key]; err == nil && (!again || greatest == (n > have)) {
			strictest[key] = n
		}
	}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		v := values[path]
		name := path[strings.LastIndexByte(path, ':')+1:]
		parameter, isParameter := passwordParameters[name]
		switch {
		case isParameter && strings.Contains(path, ":policyParameters:"):
			note(parameter.key, v.Text, parameter.greatest)
		case name == "policyContent":
			for condition := range strings.SplitSeq(v.Text, " && ") {
				if parts := lengthPattern.FindStringSubmatch(condition); parts != nil {
					note("minLength", parts[1], true)
				}
				if parts := classPattern.FindStringSubmatch(condition); parts != nil && characterKeys[parts[1]] != "" {
					note(characterKeys[parts[1]], parts[2], true)
				}
			}
		case name == "policyIdentifier" && strings.HasSuffix(v.Text, "requireAlphanumeric"):
			note("requireAlphanumeric", "1", true)
		}
	}
	for key, n := range strictest {
		set(key, strconv.Itoa(n))
	}
}
