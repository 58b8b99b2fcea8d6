package console

import (
	"runtime/debug"
	"testing"
)

// What Go records is in the documentation of debug.BuildInfo and of `go help buildvcs`.
func TestBuildVersion(t *testing.T) {
	if got := BuildVersion("v1.2.0-3-gabcdef0"); got != "v1.2.0-3-gabcdef0" {
		t.Errorf("stamped: %q", got)
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	modified := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, test := range []struct {
		name     string
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"go install of a tag", "v1.2.0", nil, "v1.2.0"},
		{"go install of a commit", "v1.2.1-0.20261129021624-0f26ab512345", nil, "v1.2.1-0.20261129021624-0f26ab512345"},
		{"go build in a tree that differs", "v1.2.0+dirty", []debug.BuildSetting{commit, modified}, "v1.2.0-dirty"},
		{"go build before Go 1.24", "(devel)", []debug.BuildSetting{commit}, "0123456789ab"},
		{"the same in a tree that differs", "(devel)", []debug.BuildSetting{commit, modified}, "0123456789ab-dirty"},
		{"go build without version control", "(devel)", nil, UnknownVersion},
		{"a test", "", nil, UnknownVersion},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: test.version}, Settings: test.settings}
		if got := recordedVersion(info); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
