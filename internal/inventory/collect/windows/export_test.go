package windows

import "fmt"

// SettingNames returns the facts of settings with their families.
func SettingNames() []string {
	var names []string
	for _, s := range settings() {
		names = append(names, fmt.Sprintf("%s %q", s.family, s.fact))
	}
	return names
}
