package packages

// Manager lists what a package manager installed. It returns the file that an error is about, and
// fs.ErrNotExist if the machine does not have the package manager.
type Manager struct {
	Name string
	Read func(*Machine) (*List, string, error)
}

// Managers returns the package managers of Linux machines.
func Managers() []Manager {
	return []Manager{{"dpkg", (*Machine).dpkg}, {"apk", (*Machine).apk}, {"rpm", (*Machine).rpm},
		{"pacman", (*Machine).pacman}}
}
