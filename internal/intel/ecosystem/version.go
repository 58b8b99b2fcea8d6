package ecosystem

import (
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// Version returns the version of a language's package that is compared: without what only names a
// build or the platform that it was made for, since semantic versioning would read that as a
// pre-release ("1.19.3-x86_64-linux-gnu"). name is the package's.
func (e Ecosystem) Version(name, text string) string {
	text = strings.TrimSpace(text)
	if e.Name == "Go" && (name == "stdlib" || name == "toolchain") {
		return toolchain(text)
	}
	if rest, ok := strings.CutPrefix(text, "v"); ok && rest != "" && '0' <= rest[0] && rest[0] <= '9' {
		text = rest
	}
	switch e.Name {
	case "PyPI": // PEP 440: a local version is a build of the public one
		text, _, _ = strings.Cut(text, "+")
	case "ConanCenter": // a revision of the recipe
		text, _, _ = strings.Cut(text, "#")
	case "Bitnami": // a revision of the image: 15.1.0-3, 15.1.0-debian-12-r3
		text = bitnamiRevision.ReplaceAllString(text, "")
	}
	if e.Scheme != version.Maven { // whose order puts unknown words after the release
		text = withoutPlatform(text)
	}
	return text
}

var bitnamiRevision = regexp.MustCompile(`-([0-9]+|(debian|photon)-[0-9]+(-r[0-9]+)?)$`)

// goRelease is a release of Go: its toolchain's name, without "go" (go.dev/doc/toolchain).
var goRelease = regexp.MustCompile(`^(?:go)?([0-9]+)\.([0-9]+)(?:\.([0-9]+)|(rc|beta)([0-9]+))?([^0-9.].*)?$`)

// toolchain returns the release of a Go toolchain as its advisories write it: "go1.22rc1" is
// "1.22.0-rc.1". What follows a release names experiments or a vendor ("go1.22.2 X:boringcrypto",
// "1.21.3-bigcorp"). Other texts stay: they are releases in semantic form, or none.
func toolchain(text string) string {
	text = strings.TrimPrefix(text, "v")
	m := goRelease.FindStringSubmatch(text)
	if m == nil || semanticPreRelease.MatchString(m[6]) {
		return text
	}
	patch := m[3]
	if patch == "" {
		patch = "0"
	}
	release := m[1] + "." + m[2] + "." + patch
	if m[4] != "" {
		release += "-" + m[4] + "." + m[5]
	}
	return release
}

// semanticPreRelease is one as Go's advisories write it.
var semanticPreRelease = regexp.MustCompile(`^-(0|(rc|beta|pre)\.?[0-9]+)$`)

// withoutPlatform removes a platform from the end of a version: "-" and words, the first of which
// names a processor, an operating system or a runtime.
func withoutPlatform(v string) string {
	for at := 0; ; {
		next := strings.IndexByte(v[at:], '-')
		if next < 0 {
			return v
		}
		at += next
		word := strings.ToLower(v[at+1:])
		if end := strings.IndexAny(word, "-."); end >= 0 {
			word = word[:end]
		}
		if at > 0 && isPlatform(word) {
			return v[:at]
		}
		at++
	}
}

// isPlatform reports whether a word begins the name of a platform, as RubyGems (Gem::Platform), Rust,
// LLVM, Go or Node.js spell them.
func isPlatform(word string) bool {
	switch word {
	case "x86", "x64", "x86_64", "amd64", "i386", "i486", "i586", "i686", "ia32", "aarch64", "arm", "arm64", "armhf",
		"armv6", "armv6l", "armv7", "armv7l", "armv8", "ppc", "ppc64", "ppc64le", "powerpc", "powerpc64", "powerpc64le",
		"s390x", "riscv64", "riscv64gc", "mips", "mips64", "mips64el", "loongarch64", "loong64", "sparc", "universal",
		"linux", "darwin", "macos", "osx", "windows", "win32", "win64", "mingw", "mingw32", "mswin", "mswin32", "mswin64",
		"musl", "freebsd", "openbsd", "solaris", "cygwin", "java", "jruby", "ruby", "dalvik", "dotnet", "macruby", "wasm32":
		return true
	}
	return false
}
