package console

import (
	"runtime/debug"
	"strings"
)

// UnknownVersion is the version of a program that does not know its own.
const UnknownVersion = "unknown"

// BuildVersion returns the version of the program: stamped, if the linker set it, else what Go
// recorded in the program, which go install and go build do.
func BuildVersion(stamped string) string {
	if stamped != UnknownVersion {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return UnknownVersion
	}
	return recordedVersion(info)
}

// recordedVersion returns the version that Go recorded: of the module, as in go install
// MODULE@v1.2.0, else the commit of the working tree, marked as `git describe --dirty` does.
func recordedVersion(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.Replace(v, "+dirty", "-dirty", 1)
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if commit == "" {
		return UnknownVersion
	}
	return commit + dirty
}
