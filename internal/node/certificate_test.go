package node

import "testing"

// Certificates of ACME check hosts like those of a file.
func TestACMENamesBindTheHost(t *testing.T) {
	a := &acmeCertificates{domains: []string{"a.example", "b.example"}}
	for host, want := range map[string]bool{"a.example": true, "B.Example": true, "a.example.": true, "c.example": false,
		"x.a.example": false, "127.0.0.1": false, "": false} {
		if got := a.proves(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
