#!/bin/sh
# Installs the programs that tests run, where they are missing and this machine
# lets us: Debian's package manager and root. Elsewhere it says what is missing.
set -eu

missing=
need() { # command, packages
	command -v "$1" >/dev/null || missing="$missing $2"
}
need python3 python3
need node nodejs
need curl curl
need gzip gzip
need git git
need readelf binutils
need gcc "gcc libc6-dev" # the race detector

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	apt-get install -y -qq --no-install-recommends $missing
else
	echo "Tests that need these packages are skipped:$missing" >&2
fi
