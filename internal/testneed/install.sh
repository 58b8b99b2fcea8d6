#!/bin/sh
# Installs the programs that tests run, if they are missing and the user is root on a Debian system.
# Elsewhere it lists what is missing.
set -eu

missing=
need() { # command, packages
	command -v "$1" >/dev/null || missing="$missing $2"
}
need python3 python3
need node nodejs
need npm npm
need curl curl
need jq jq
need gzip gzip
need git git
need zsh zsh
need fish fish
need groff groff-base
need readelf binutils
need systemd-analyze systemd
need systemctl systemd
need sshd openssh-server # what facts resolve is compared with it, and with modprobe and systemd-sysctl
need modprobe kmod
need prometheus prometheus
need promtool prometheus
need gcc "gcc libc6-dev" # the race detector
# PostgreSQL's programs are not in the path.
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql
need apt-config apt # settings of apt are compared with what it shows
need augenrules auditd # rules of audit are compared with the file that it puts together
need chronyd chrony # sources of the time are compared with the configuration that it prints
need mount mount # what facts resolve of fstab is compared with what it mounts in a namespace
need unshare util-linux
need setpriv util-linux # it refuses to run as root
need ip iproute2
need oscap openscap-scanner
# The dashboard is tried in a browser. Any of those that browser.go knows will do.
command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need chromium chromium
[ -e /usr/share/xml/scap/ssg/content/ssg-ubuntu2204-ds-1.2.xml ] || need content-of-openscap ssg-debderived

if [ -n "$missing" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		export DEBIAN_FRONTEND=noninteractive
		# Services of packages are not started, unless the machine has a policy of its own.
		policy=/usr/sbin/policy-rc.d
		if [ ! -e $policy ]; then
			trap 'rm -f $policy' EXIT
			printf '#!/bin/sh\nexit 101\n' >$policy
			chmod 755 $policy
		fi
		apt-get update -qq
		# shellcheck disable=SC2086 # split into words
		apt-get install -y -qq --no-install-recommends $missing
	else
		echo "Tests that need these packages are skipped:$missing" >&2
	fi
fi

# Makes a folder of the user's cache that is named by the hash of a lock file, where package testneed looks for it, unless
# it is there. The folder is moved there when it is complete.
install_once() { # name of the folder, lock file, command that fills the folder $making
	hash=$({ sha256sum 2>/dev/null || shasum -a 256; } <"$2" | cut -c1-12)
	folder=${XDG_CACHE_HOME:-$HOME/.cache}/muster-test/$1-$hash
	[ ! -d "$folder" ] || return 0
	mkdir -p "$(dirname "$folder")"
	making=$(mktemp -d "$folder.XXXXXX")
	if ! "$3"; then
		rm -rf "$making"
		return 1
	fi
	mv "$making" "$folder"
}

here=$(dirname "$0")

# JavaScript packages, as package-lock.json pins them. Scripts of packages are not run.
fill_node() {
	cp "$here/node/package.json" "$here/node/package-lock.json" "$making" &&
		(cd "$making" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
}

# versitygw, as tool.mod and tool.sum pin it. It is a module of its own, so that what it needs is not in ours.
fill_versitygw() {
	cp "$here/versitygw/tool.mod" "$making/go.mod" && cp "$here/versitygw/tool.sum" "$making/go.sum" &&
		(cd "$making" && CGO_ENABLED=0 GOFLAGS= GOWORK=off go build -trimpath -ldflags=-s \
			-o versitygw github.com/versity/versitygw/cmd/versitygw)
}

if command -v go >/dev/null && ! install_once versitygw "$here/versitygw/tool.sum" fill_versitygw; then
	echo "Building versitygw failed: tests that need it will fail or be skipped." >&2
fi

if command -v npm >/dev/null && ! install_once node "$here/node/package-lock.json" fill_node; then
	echo "Installing JavaScript packages failed: tests that need them will fail or be skipped." >&2
fi
