package main

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-project/muster/internal/api"
)

// What the API is told follows from the flags.
func TestListeningFlags(t *testing.T) {
	one, two, six := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"),
		netip.MustParsePrefix("fd00::/8")
	t.Setenv("MUSTER_PUBLIC_URL", "https://muster.example.com")
	for line, want := range map[string]api.Config{
		"":                                  {},
		"--listen localhost:0":              {},
		"--acme-domain a.example,b.example": {},
		"--acme-domain a.example --acme-domain b.example --listen :443":                                          {},
		"--behind-proxy --listen 0.0.0.0:80":                                                                     {AnyHost: true},
		"--behind-proxy --trusted-proxy 10.1.1.1/8,192.0.2.1 --trusted-proxy fd00::/8":                           {AnyHost: true, TrustedProxies: []netip.Prefix{one, two, six}},
		"--acme-domain a.example --listen [::]:443 --behind-proxy --trusted-proxy=10.0.0.0/8 --acme-email a@b.c": {AnyHost: true, TrustedProxies: []netip.Prefix{one}},
	} {
		var c cli
		program := newProgram()
		program.Line = &c
		parser, err := program.Parser(io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(append([]string{"serve", "--data", "d"}, strings.Fields(line)...))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Serve.check(parsed); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		want.PublicURL = "https://muster.example.com"
		if diff := cmp.Diff(want, c.Serve.listening.config(), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
			cmpopts.IgnoreUnexported(api.Config{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

func TestNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "10.1.2.3": "10.1.2.3/32",
		"::1": "::1/128", "fd00::/8": "fd00::/8",
		"": "", "proxy": "", "10.0.0.0/33": "", "::ffff:10.0.0.0/104": "", "fe80::1%eth0": "",
	} {
		var n network
		err := n.UnmarshalText([]byte(text))
		if got := n.String(); (err == nil) != (want != "") || want != "" && got != want {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}
