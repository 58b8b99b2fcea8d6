package packages

import "testing"

func TestRPMSource(t *testing.T) {
	for file, want := range map[string][2]string{
		"openssl-3.0.7-27.el9.src.rpm":         {"openssl", "3.0.7-27.el9"},
		"java-17-openjdk-17.0.9-1.el9.src.rpm": {"java-17-openjdk", "17.0.9-1.el9"},
		"firmware-1-2.nosrc.rpm":               {"firmware", "1-2"},
		"(none)":                               {},
		"odd-1":                                {},
		"":                                     {},
	} {
		name, version := rpmSource(file)
		if got := [2]string{name, version}; got != want {
			t.Errorf("%q is %q, want %q", file, got, want)
		}
	}
}
