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

// Place is a place of the table of settings.
type Place struct {
	Key, Value       string
	Inverted, Listed bool
}

// PlacesOf returns the facts of settings by family and name, with their places in order.
func PlacesOf() map[[2]string][]Place {
	all := map[[2]string][]Place{}
	for _, s := range settings() {
		for _, p := range s.places {
			id := [2]string{s.family, s.fact}
			all[id] = append(all[id], Place{p.key, p.value, p.inverted, p.listed})
		}
	}
	return all
}
