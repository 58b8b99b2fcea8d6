package subject

import "strings"

// TargetPlatforms parses a CPE's target_sw, which sources use for three things. An operating system
// becomes the Platforms it names. A package ecosystem becomes other, PackagePrefix and OSV's name of
// it: the statement is about the package of that ecosystem. Any other word is host software
// ("wordpress") and becomes other itself: the component is a part of that software.
func TargetPlatforms(target string) (set Platforms, other string) {
	switch target {
	case "", "-", "x64", "x86", "multiplatforms", "desktop": // an architecture and a form are no software
		return Everywhere, ""
	case "windows_nt", "microsoft_windows", "win32":
		return onWindows, ""
	case "macos", "mac_os", "mac_os_x", "macosx", "mac", "os_x", "osx":
		return onMacOS, ""
	case "linux", "linux_kernel":
		return onLinux, ""
	case "unix":
		return onLinux | onMacOS | onOtherUnix, ""
	case "iphone_os", "ios", "ipados", "android", "android_os", "ipad_os", "iphone", "ipad", "watchos", "tvos",
		"harmonyos", "windows_phone", "windows_mobile":
		return onMobile, ""
	case "aix", "hp-ux", "solaris", "sunos", "freebsd", "netbsd", "openbsd", "z\\/os", "z/os":
		return onOtherUnix, ""
	}
	if release, ok := strings.CutPrefix(target, "windows"); ok && strings.Trim(release, "_.0123456789rh") == "" ||
		strings.HasPrefix(target, "windows_server") {
		return windowsTarget(release), ""
	}
	if ecosystem := ecosystemOf(target); ecosystem != "" {
		return Everywhere, PackagePrefix + ecosystem
	}
	return Everywhere, target
}

// windowsTarget returns the platforms of a release of Windows, after "windows"; without one it is
// every Windows.
func windowsTarget(release string) Platforms {
	release = strings.Trim(release, "_")
	switch release {
	case "":
		return onWindows
	case "server":
		return onServers
	}
	return windowsPlatform(release)
}

// ecosystemOf returns OSV's name of the ecosystem that a target_sw means, if it means one. NVD and
// the overrides write the language ("python") or its package manager ("npm").
func ecosystemOf(target string) string {
	switch target {
	case "go", "golang":
		return "Go"
	case "maven", "java", "gradle", "sbt":
		return "Maven"
	case "node.js", "nodejs", "npm":
		return "npm"
	case "python", "pypi", "pip":
		return "PyPI"
	case "php", "composer", "packagist":
		return "Packagist"
	case "rust", "cargo", "crates.io":
		return "crates.io"
	case "ruby", "gem", "rubygems", "ruby_on_rails", "rails":
		return "RubyGems"
	case ".net", "dotnet", "nuget", ".net_core", "c\\#", "c#":
		return "NuGet"
	case "perl", "cpan":
		return "CPAN"
	case "erlang", "elixir", "hex":
		return "Hex"
	case "dart", "flutter", "pub":
		return "Pub"
	case "swift":
		return "SwiftURL"
	case "haskell", "hackage":
		return "Hackage"
	case "r", "cran":
		return "CRAN"
	}
	return ""
}
