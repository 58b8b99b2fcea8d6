package version

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// The version of a build of muster, as from `git describe --tags`: a tag and, for a later commit,
// the number of commits since and the commit.
var (
	tagOfBuild = regexp.MustCompile(`^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`)
	sinceTag   = regexp.MustCompile(`-(\d+)-g[0-9a-f]{4,40}$`)
)

// CompareBuilds compares the versions of two builds of muster: -1 if a is older than b, 0 if
// neither is, +1 if it is newer. ok is false if one of them cannot be compared: builds without a
// tag are named by their commit, and others "unknown".
func CompareBuilds(a, b string) (order int, ok bool) {
	tag, commits := splitBuild(a)
	otherTag, otherCommits := splitBuild(b)
	if !tagOfBuild.MatchString(tag) || !tagOfBuild.MatchString(otherTag) {
		return 0, false
	}
	order, err := Compare(SemVer, tag, otherTag)
	if err != nil {
		return 0, false
	}
	return cmp.Or(order, cmp.Compare(commits, otherCommits)), true
}

// splitBuild splits the version of a build into its tag and the number of commits since. "-dirty"
// means uncommitted changes and is ignored.
func splitBuild(v string) (tag string, commits int64) {
	v = strings.TrimSuffix(v, "-dirty")
	if since := sinceTag.FindStringSubmatch(v); since != nil {
		v = strings.TrimSuffix(v, since[0])
		commits, _ = strconv.ParseInt(since[1], 10, 64) // a too large number becomes the largest
	}
	return v, commits
}
