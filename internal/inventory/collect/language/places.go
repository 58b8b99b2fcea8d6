package language

// manager is who put files into a folder.
type manager uint8

const (
	pip manager = iota
	npm
	rubyGems
	anybody // of programs
	java    // of archives, which lie anywhere in a folder
)

// place is a folder in which a package manager installs, or several with "*" in the place of a name.
type place struct {
	folder string
	of     manager
}

// places are the folders that are looked into, below "/": those of the system, of the machine's administrator, of
// programs in /opt, and of users. A folder of a project or a virtual environment elsewhere is not looked for.
//
// pip: sysconfig's schemes "posix_prefix", "deb_system" and "posix_local", and "posix_user". npm: "npm root -g" with
// the prefixes /usr (NodeSource), /usr/local and /opt/*. gem: Gem.path of Debian, Fedora and Alpine, and of Ruby from
// source. Go and Rust: go install, cargo install, and where administrators put programs. Java: where servers, and
// programs that bring their libraries, are put.
func places() (all []place) {
	for _, base := range [...]string{"usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64", "opt/*/lib", "opt/*/lib64",
		"root/.local/lib", "home/*/.local/lib"} {
		for _, python := range [...]string{"python3", "python2.*", "python3.*"} {
			all = append(all, place{base + "/" + python + "/site-packages", pip},
				place{base + "/" + python + "/dist-packages", pip})
		}
		all = append(all, place{base + "/node_modules", npm})
	}
	for _, folder := range [...]string{"usr/share/nodejs", "root/.npm-global/lib/node_modules",
		"home/*/.npm-global/lib/node_modules"} {
		all = append(all, place{folder, npm})
	}
	for _, base := range [...]string{"var/lib/gems/*", "usr/share/rubygems-integration/*", "usr/share/gems",
		"usr/local/share/gems", "usr/lib/ruby/gems/*", "usr/lib64/ruby/gems/*", "usr/local/lib/ruby/gems/*",
		"usr/local/bundle", "opt/*/lib/ruby/gems/*", "root/.local/share/gem/ruby/*", "home/*/.local/share/gem/ruby/*",
		"root/.gem/ruby/*", "home/*/.gem/ruby/*"} {
		all = append(all, place{base + "/specifications", rubyGems},
			place{base + "/specifications/default", rubyGems})
	}
	for _, folder := range [...]string{"usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin", "opt/*", "opt/*/bin",
		"root/go/bin", "home/*/go/bin", "root/.cargo/bin", "home/*/.cargo/bin", "root/.local/bin", "home/*/.local/bin"} {
		all = append(all, place{folder, anybody})
	}
	for _, folder := range [...]string{"opt", "srv", "usr/local", "usr/share/java", "var/lib/tomcat*", "var/lib/jetty*"} {
		all = append(all, place{folder, java})
	}
	return all
}
