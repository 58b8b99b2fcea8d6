package edge

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// behind are the origins of a server that trusts the proxies of two networks.
func behind(publicOrigin string) *Origins {
	return &Origins{public: publicOrigin,
		proxies: proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
}

// requestFrom is a request as a proxy at peer forwards it. Headers are "Name: value".
func requestFrom(peer string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://inside:8800/", nil)
	r.RemoteAddr = peer
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func TestArrival(t *testing.T) {
	const proxy, stranger = "10.1.1.1:4000", "192.0.2.1:4000"
	for _, test := range []struct {
		name, peer string
		headers    []string
		address    string
		origin     string
	}{
		{"no proxy", stranger, nil, "192.0.2.1", "http://inside:8800"},
		{"headers of strangers are not believed", stranger,
			[]string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example",
				"Forwarded: for=198.51.100.8;host=evil.example"},
			"192.0.2.1", "http://inside:8800"},
		{"nor are broken ones read", stranger, []string{"X-Forwarded-For: <", `Forwarded: "`},
			"192.0.2.1", "http://inside:8800"},
		{"a proxy that tells nothing", proxy, nil, "10.1.1.1", "http://inside:8800"},
		{"a proxy that tells all", proxy, []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: HTTPS",
			"X-Forwarded-Host: muster.example.com"},
			"198.51.100.7", "https://muster.example.com"},
		{"the same in the standard's form", proxy,
			[]string{`Forwarded: for=198.51.100.7;proto=https;host=muster.example.com`},
			"198.51.100.7", "https://muster.example.com"},
		{"both forms, in agreement", proxy,
			[]string{`Forwarded: for=198.51.100.7;proto=https`, "X-Forwarded-For: 198.51.100.7", "X-Forwarded-Host: m.example"},
			"198.51.100.7", "https://m.example"},
		{"what a client wrote before is not believed", proxy,
			[]string{"X-Forwarded-For: 127.0.0.1, 203.0.113.9, 198.51.100.7"}, "198.51.100.7", "http://inside:8800"},
		{"nor in a line of its own", proxy, []string{"X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 198.51.100.7"},
			"198.51.100.7", "http://inside:8800"},
		{"nor garbage", proxy, []string{"X-Forwarded-For: ;DROP TABLE, 198.51.100.7"}, "198.51.100.7", "http://inside:8800"},
		{"nor a trusted address", proxy, []string{"X-Forwarded-For: 10.9.9.9, 198.51.100.7"},
			"198.51.100.7", "http://inside:8800"},
		{"several proxies", proxy, []string{"X-Forwarded-For: 1.1.1.1, 198.51.100.7, 10.2.2.2, fd00::5"},
			"198.51.100.7", "http://inside:8800"},
		{"the outermost tells host and scheme", proxy, []string{
			`Forwarded: for=1.1.1.1;host=evil.example, For=198.51.100.7; Host="m.example:8443" ;proto=https,for="[fd00::5]:99";host=middle;proto=http`},
			"198.51.100.7", "https://m.example:8443"},
		{"proxies alone", proxy, []string{"X-Forwarded-For: 10.3.3.3, 10.2.2.2"}, "10.3.3.3", "http://inside:8800"},
		{"ports", proxy, []string{"X-Forwarded-For: 198.51.100.7:1234"}, "198.51.100.7", "http://inside:8800"},
		{"IPv6", "[fd00::1]:80", []string{"X-Forwarded-For: 2001:db8::7"}, "2001:db8::7", "http://inside:8800"},
		{"IPv6 in brackets", "[fd00::1]:80", []string{`Forwarded: for="[2001:db8::7]"`},
			"2001:db8::7", "http://inside:8800"},
		{"IPv4 in IPv6", "[::ffff:10.1.1.1]:80", []string{"X-Forwarded-For: ::ffff:198.51.100.7"},
			"198.51.100.7", "http://inside:8800"},
		{"a hidden client", proxy, []string{`Forwarded: for=_hidden;proto=https`}, "10.1.1.1", "https://inside:8800"},
		{"a client unknown to the second proxy", proxy, []string{"X-Forwarded-For: 1.1.1.1, unknown, 10.2.2.2"},
			"10.2.2.2", "http://inside:8800"},
		{"the same scheme twice", proxy, []string{"X-Forwarded-Proto: https, https"}, "10.1.1.1", "https://inside:8800"},
		{"escapes in quotes", proxy, []string{`Forwarded: by="a\"b,;c";host="m.exam\ple"`}, "10.1.1.1", "http://m.example"},
		{"empty elements", proxy, []string{`Forwarded: , ,for=198.51.100.7,`, "Forwarded: "},
			"198.51.100.7", "http://inside:8800"},
		{"no network", "pipe", []string{"X-Forwarded-For: 198.51.100.7"}, "invalid IP", "http://inside:8800"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, r := behind(""), requestFrom(test.peer, test.headers...)
			if err := s.check(r); err != nil {
				t.Fatal(err)
			}
			if got := s.ClientAddress(r).String(); got != test.address {
				t.Errorf("clientAddress: %s, want %s", got, test.address)
			}
			if got := s.Of(r); got != test.origin {
				t.Errorf("originOf: %s, want %s", got, test.origin)
			}
			const public = "https://public.example"
			if got := behind(public).Of(r); got != public {
				t.Errorf("originOf with a public URL: %s", got)
			}
		})
	}
}

func TestArrivalRefused(t *testing.T) {
	const proxy = "10.1.1.1:4000"
	for _, test := range []struct{ header, says string }{
		{"X-Forwarded-For: 198.51.100.7, nonsense", `"nonsense", which is not an address`},
		{"X-Forwarded-For: 198.51.100.7, 10.0.0.1.2", `"10.0.0.1.2"`},
		{"X-Forwarded-Proto: https, http", `X-Forwarded-Proto has the values "https" and "http"`},
		{"X-Forwarded-Host: a.example, b.example", `X-Forwarded-Host has the values`},
		{"X-Forwarded-Proto: javascript", `scheme "javascript"`},
		{`X-Forwarded-Host: a.example"><script>`, "is not a host"},
		{"X-Forwarded-Host: a.example/path", "is not a host"},
		{"X-Forwarded-Host: a@b.example", "is not a host"},
		{"X-Forwarded-Host: a.example:99999", "an invalid port"},
		{"X-Forwarded-Host: [::1::2]", "is not a host"},
		{"X-Forwarded-Host: " + strings.Repeat("a", 300), "is not a host"},
		{`Forwarded: host="a.example` + "\t" + `b"`, "is not a host"},
		{`Forwarded: for="198.51.100.7`, "missing closing quote"},
		{`Forwarded: for="198.51.100.7\`, "missing closing quote"},
		{`Forwarded: for="1.1.1.1"x`, "no separator"},
		{`Forwarded: for=1.1.1.1 proto=https`, "no separator"},
		{`Forwarded: for=1"1`, "quote within a value"},
		{"Forwarded: for", "no name=value"},
		{"Forwarded: =x", "no name=value"},
		{"Forwarded: ;for=1.1.1.1", "no name=value"},
		{"Forwarded: for=1.1.1.1;For=2.2.2.2", `"for" is given twice`},
	} {
		r := requestFrom(proxy, test.header)
		if err := behind("").check(r); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, must say %s", test.header, err, test.says)
		}
	}
	for _, other := range []string{"X-Forwarded-For: 198.51.100.8", "X-Forwarded-Proto: http",
		"X-Forwarded-Host: b.example"} {
		r := requestFrom(proxy, "Forwarded: for=198.51.100.7;proto=https;host=a.example", other)
		if err := behind("").check(r); err == nil || !strings.Contains(err.Error(), "contradict") {
			t.Errorf("%s: error %v", other, err)
		}
		if got := behind("").ClientAddress(r).String(); got != "10.1.1.1" {
			t.Errorf("%s: the log would say %s", other, got)
		}
	}
}

func TestCheckHost(t *testing.T) {
	for host, ok := range map[string]bool{
		"muster.example.com": true, "localhost": true, "_a.b-c.example.:8443": true, "192.0.2.1:80": true,
		"[::1]": true, "[fe80::1]:8800": true,
		"": false, "a b": false, "a/b": false, "a:b": false, "a:": false, "a:123456": false, "a:65536": false, "::1": false,
		"[::1": false, "[]": false,
		"[1]": false, "a\r\nb": false, "a\n": false, "a,b": false, "a;b": false, "é.example": false, "a%2e": false,
		".a": false, "user@a": false, "a?b": false, "a#b": false,
	} {
		if err := checkHost(host); (err == nil) != ok {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// Whatever a client puts before what the proxy adds, the address is the one that the proxy saw,
// or the request is refused.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "for=1.1.1.1", `for="[::1]:5";proto=https;host=a`, `for="`, `a="\"`, "198.51.100.9",
		"unknown, 10.0.0.1", ",;=", `x="", `} {
		f.Add(seed)
	}
	s := behind("")
	f.Fuzz(func(t *testing.T, before string) {
		for _, headers := range [][]string{
			{"Forwarded: " + before + ", for=198.51.100.7"},
			{"Forwarded: " + before, "Forwarded: for=198.51.100.7"},
			{"X-Forwarded-For: " + before + ", 198.51.100.7"},
		} {
			r := requestFrom("10.1.1.1:4000", headers...)
			if s.check(r) != nil {
				continue
			}
			if got := s.ClientAddress(r).String(); got != "198.51.100.7" {
				t.Fatalf("%q: %s", headers, got)
			}
			if err := checkHost(strings.TrimPrefix(strings.TrimPrefix(s.Of(r), "http://"), "https://")); err != nil {
				t.Fatal(err)
			}
		}
	})
}
