package packages

// Manager lists what a package manager installed. It returns the name of
// the file that an error is about, and fs.ErrNotExist when the machine has no such
// package manager.
type Manager struct {
	Name string
	Read func(*Machine) (*List, string, error)
}

// Managers are those that a Linux machine is asked for.
func Managers() []Manager {
	return []Manager{{"dpkg", (*Machine).dpkg}, {"apk", (*Machine).apk}, {"rpm", (*Machine).rpm}}
}
