package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
)

// maxParts is how many processes on one machine may share a cache.
const maxParts = 64

// takePart takes the first free part of a cache, a folder node-1, node-2, …, for this process. It is free
// again when the process ends in any way; what it has stays for the next one. "" is the cache of the
// user.
func takePart(cache, command string) (path string, lock *Lock, err error) {
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", nil, plain.Hinted(fmt.Errorf("finding the cache: %w", err), "--cache DIR names a folder")
		}
		cache = filepath.Join(user, "muster")
	}
	for i := 1; i <= maxParts; i++ {
		path = filepath.Join(cache, fmt.Sprintf("node-%d", i))
		if err := os.MkdirAll(cache, 0o700); err != nil {
			return "", nil, fmt.Errorf("making the cache: %w", err)
		}
		if err := durable.MakePrivate(path); err != nil {
			return "", nil, fmt.Errorf("making a part of the cache: %w", err)
		}
		lock, err = TakeLock(filepath.Join(path, LockFile), command)
		if !errors.Is(err, ErrLocked) {
			return path, lock, err
		}
	}
	return "", nil, fmt.Errorf("%w: %d processes of this machine use the cache %q", ErrPlace, maxParts, cache)
}
