package generation

import (
	"errors"
	"sync"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
)

// seen remembers when the devices of ranges were last seen, by the name of the range's index, so that a range with
// which the next snapshot goes on is not read again.
type seen struct {
	mu  sync.Mutex
	all map[string]map[string][]int64 // by organization
}

// of returns the times of those ranges of a snapshot that have a sound projection.
func (s *seen) of(files *snapshot.Files, m *snapshot.Manifest) (map[string][]int64, error) {
	s.mu.Lock()
	before := s.all[m.Organization]
	s.mu.Unlock()
	now := map[string][]int64{}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if r.Group == rbac.HiddenGroup || r.Devices == 0 {
			continue
		}
		times, ok := before[r.Index.Path]
		if !ok {
			var err error
			times, err = answer.LastSeen(files, r)
			if errors.Is(err, answer.ErrUnavailable) || errors.Is(err, snapshot.ErrDamaged) {
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		now[r.Index.Path] = times
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]map[string][]int64{}
	}
	s.all[m.Organization] = now
	return now, nil
}
