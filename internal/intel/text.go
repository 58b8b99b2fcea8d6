package intel

import (
	"strconv"
	"strings"
)

// maxVersion bounds a version text in bytes; longer text is not a version.
const maxVersion = 128

// IsVersion reports whether text may be a version, and not prose: every word contains a digit and
// only characters used in versions, or is one of the few words used in versions ("4.4 SP 7",
// "5.1.3 build 2578").
func IsVersion(text string) bool {
	words := strings.Fields(text)
	if len(words) == 0 || len(text) > maxVersion || !strings.ContainsAny(text, "0123456789") || IsCommit(text) {
		return false
	}
	for _, word := range words {
		if !isVersionWord(word) {
			return false
		}
	}
	return true
}

func isVersionWord(word string) bool {
	switch strings.ToLower(word) {
	case "sp", "patch", "update", "build", "rev", "revision", "hotfix", "hf", "cu", "rc", "beta", "alpha", "release":
		return true
	}
	return strings.ContainsAny(word, "0123456789") && strings.IndexFunc(word, notInVersion) < 0
}

func notInVersion(r rune) bool {
	switch {
	case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return false
	}
	return !strings.ContainsRune("._+~-()", r)
}

// IsBound reports whether text may bound a range: a version that begins with a number, since words
// have no order, and is not a date. Some sources write the date of a fix in place of its version
// ("2020-10-29").
func IsBound(text string) bool {
	text = strings.TrimSpace(text)
	start := strings.TrimLeft(text, "vVrR")
	return IsVersion(text) && len(text)-len(start) <= 1 && start[0] >= '0' && start[0] <= '9' && !IsDate(text)
}

// IsCommit reports whether text looks like the hash of a commit, which has no order: hexadecimal digits
// alone, at least 7, and more than a number with a letter at its end ("20230825a").
func IsCommit(text string) bool {
	const short, usual = 7, 12 // digits of hashes that Git and Linux abbreviate
	if len(text) < short || strings.Trim(text, "0123456789abcdef") != "" {
		return false
	}
	letters := len(strings.FieldsFunc(text, func(r rune) bool { return r <= '9' }))
	return letters > 1 || letters == 1 && len(text) >= usual
}

// IsDate reports whether text is a date like "2020-10-29".
func IsDate(text string) bool {
	return len(text) == len("2006-01-02") && !ParseTime(text).IsZero()
}

// AfterAll returns the version after all versions of a branch: "5.11" for "5.10", which is where
// "5.10.*" ends. It returns false if the branch does not end in a number.
func AfterAll(branch string) (string, bool) {
	digits := len(branch) - len(strings.TrimRight(branch, "0123456789"))
	if digits == 0 || digits > 18 {
		return "", false
	}
	head, last := branch[:len(branch)-digits], branch[len(branch)-digits:]
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil {
		return "", false
	}
	return head + strconv.FormatInt(n+1, 10), true
}
