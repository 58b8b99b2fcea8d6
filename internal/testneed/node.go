package testneed

import (
	"crypto/sha256"
	_ "embed" // the lock
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// lock pins every JavaScript package that a test uses, by version and hash.
//
//go:embed node/package-lock.json
var lock []byte

// Node returns a program that runs JavaScript, and the folder of the packages of node/package.json
// for its NODE_PATH. If they are missing, it skips the test, or fails it where NoSkip is set. `make
// test` installs them in the user's cache folder.
func Node(t testing.TB) (program, packages string) {
	t.Helper()
	if packages = Packages(t); packages == "" {
		return "", ""
	}
	program = filepath.Join(packages, ".bin", "node") // newer than the system's Node
	if _, err := os.Stat(program); err != nil {
		program = Command(t, "node")
	}
	return program, packages
}

// Packages returns the folder of the packages of node/package.json, for what needs no Node: scripts that run in a
// browser. If it is missing, it skips the test, or fails it where NoSkip is set.
func Packages(t testing.TB) string {
	t.Helper()
	packages := filepath.Join(nodeFolder(), "node_modules")
	if _, err := os.Stat(packages); err != nil {
		Missing(t, "JavaScript packages", err)
		return ""
	}
	return packages
}

// nodeFolder is where install.sh installs the packages of this lock.
func nodeFolder() string {
	return filepath.Join(cacheFolder(), "node-"+sumOf(lock))
}

// cacheFolder is where install.sh installs what has no package of the system.
func cacheFolder() string {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(cache, "muster-test")
}

// sumOf is the part of a lock's hash that names the folder of what it pins.
func sumOf(lock []byte) string {
	sum := sha256.Sum256(lock)
	return hex.EncodeToString(sum[:])[:12]
}
