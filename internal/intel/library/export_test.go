package library

// Swept waits for the end of builds and sweeps, and reports whether nothing is left to sweep.
func (l *Library) Swept() bool {
	l.building.Lock()
	defer l.building.Unlock()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return !l.left
}
