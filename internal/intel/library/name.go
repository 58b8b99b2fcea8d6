package library

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/store/intelligence"
)

// ErrFeedName says that a feed's name is not allowed.
var ErrFeedName = errors.New("feed names have 1 to 200 letters, digits and characters of \" ._:+~@()-\", begin with a letter or digit, " +
	"and do not end with a blank; a name with slashes must end with an http address")

// maxFeedName bounds a feed's name, in bytes.
const maxFeedName = 200

// checkName refuses names that are not allowed. Allowed is what the ecosystems of OSV hold: blanks
// ("Rocky Linux:9"), empty parts ("Red Hat:rhel_eus:8.6::baseos"), and after the first colon the
// address of a repository ("Maven:https://maven.google.com"). No file is named after a feed, but
// addresses are, in which a path of dots or a slash could mean something else.
func checkName(name string) error {
	if err := plainName(name); err != nil {
		return fmt.Errorf("feed name %.250q: %w", name, err)
	}
	return nil
}

func plainName(name string) error {
	if name == "" || len(name) > maxFeedName || !isLetterOrDigit(rune(name[0])) || name[len(name)-1] == ' ' {
		return ErrFeedName
	}
	_, suffix, _ := strings.Cut(name, ":")
	rest, isAddress := strings.CutPrefix(suffix, "https://")
	if !isAddress {
		rest, isAddress = strings.CutPrefix(suffix, "http://")
	}
	for _, r := range name {
		if !isLetterOrDigit(r) && !strings.ContainsRune(" ._:+~@()-", r) && !(isAddress && r == '/') {
			return ErrFeedName
		}
	}
	if !isAddress {
		return nil
	}
	isNoPart := func(part string) bool { return part == "" || part == "." || part == ".." }
	if slices.ContainsFunc(strings.Split(rest, "/"), isNoPart) || strings.Contains(name[:len(name)-len(rest)-len("//")], "/") {
		return ErrFeedName
	}
	return nil
}

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// nameOf names a feed in errors, which may have no name yet.
func nameOf(f intelligence.Feed) string {
	if f.Name == "" {
		return "a feed of kind " + f.Kind
	}
	return fmt.Sprintf("feed %q of kind %q", f.Name, f.Kind)
}
