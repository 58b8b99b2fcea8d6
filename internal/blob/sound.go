package blob

import (
	"os"
	"sync"
	"time"
)

// stamp changes when a file is touched.
type stamp struct {
	bytes    int64
	modified time.Time
}

func stampOf(file *os.File) (stamp, error) {
	info, err := file.Stat()
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

// proof is the state of a file when it was made or checked.
type proof struct {
	stamp
	sum Digest
}

// soundness remembers the files that this process has made or checked. The zero value is ready to
// use.
type soundness struct {
	mu    sync.Mutex
	files map[string]proof
}

func (s *soundness) has(key string, p proof) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[key] == p
}

func (s *soundness) put(key string, p proof) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string]proof{}
	}
	s.files[key] = p
}

func (s *soundness) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, key)
}
