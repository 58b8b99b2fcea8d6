package library

// Swept waits until nobody builds or sweeps, and reports whether nothing is left to
// be swept.
func (l *Library) Swept() bool {
	l.building.Lock()
	defer l.building.Unlock()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return !l.left
}
