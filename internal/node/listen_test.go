package node

import (
	"net"
	"testing"
)

// addressed is a listener at an address that this machine may not have.
type addressed struct {
	net.Listener
	at net.TCPAddr
}

func (a addressed) Addr() net.Addr { return &a.at }

// proving are certificates for one name.
type proving struct{ certificates }

func (proving) host(string) string { return "muster.example.com" }

// The address that is printed is one that works on this machine.
func TestEndpointURL(t *testing.T) {
	for _, test := range []struct {
		at           net.TCPAddr
		certificates certificates
		want         string
	}{
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8800}, nil, "http://127.0.0.1:8800"},
		{net.TCPAddr{IP: net.IPv6loopback, Port: 8800}, nil, "http://[::1]:8800"},
		{net.TCPAddr{IP: net.IPv4zero, Port: 8800}, nil, "http://localhost:8800"},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, nil, "http://localhost:80"},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 8443}, proving{}, "https://muster.example.com:8443"},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 443}, proving{}, "https://muster.example.com"},
	} {
		if got := (&Endpoint{addressed{at: test.at}, test.certificates}).URL(); got != test.want {
			t.Errorf("%v: %s, want %s", &test.at, got, test.want)
		}
	}
}
