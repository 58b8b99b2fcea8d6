package edge

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// hop is one step of a request's path, as told by the proxy that received it. Missing values
// are "".
type hop struct {
	// node is the sender of the request to the proxy: an address, perhaps with a port, or a
	// word that hides it (RFC 7239, section 6).
	node string
	// scheme and host are what the sender used.
	scheme, host string
}

// readForwarded reads the headers of RFC 7239, beginning at the client.
func readForwarded(header http.Header) (hops []hop, err error) {
	for _, line := range header.Values("Forwarded") {
		of, err := parseForwarded(line)
		if err != nil {
			return nil, fmt.Errorf("the header Forwarded is %q: %w", Clip(line), err)
		}
		hops = append(hops, of...)
	}
	return hops, nil
}

// parseForwarded reads one header of RFC 7239, section 4. It reads the whole header, so that an
// open quote of a client cannot swallow what a proxy added.
func parseForwarded(text string) (hops []hop, err error) {
	var pairs map[string]string
	for text = trimBlanks(text); text != ""; text = trimBlanks(text) {
		switch separator := text[0]; {
		case separator == ',':
			hops, pairs, text = appendHop(hops, pairs), nil, text[1:]
			continue
		case separator == ';' && pairs != nil:
			text = text[1:]
			continue
		}
		var name, value string
		if name, value, text, err = cutPair(text); err != nil {
			return nil, err
		}
		if _, twice := pairs[name]; twice {
			return nil, fmt.Errorf("%q is given twice for one hop", name)
		}
		if pairs == nil {
			pairs = map[string]string{}
		}
		pairs[name] = value
	}
	return appendHop(hops, pairs), nil
}

func trimBlanks(text string) string { return strings.TrimLeft(text, " \t") }

// appendHop adds the hop of one element's pairs, if it has any.
func appendHop(hops []hop, pairs map[string]string) []hop {
	if pairs == nil {
		return hops
	}
	return append(hops, hop{node: pairs["for"], scheme: strings.ToLower(pairs["proto"]), host: pairs["host"]})
}

// cutPair cuts the first pair off a header: name=value or name="value", with the name in lower
// case. The rest begins with a separator, or is "". It also accepts an unquoted value that
// should be quoted, such as host:port.
func cutPair(text string) (name, value, rest string, err error) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok || name == "" || strings.ContainsAny(name, " \t\",;") {
		return "", "", "", errors.New("no name=value")
	}
	name = strings.ToLower(name)
	if !strings.HasPrefix(rest, `"`) {
		end := strings.IndexAny(rest, ",; \t")
		if end < 0 {
			end = len(rest)
		}
		value, rest = rest[:end], rest[end:]
		if strings.Contains(value, `"`) {
			return "", "", "", errors.New("quote within a value")
		}
	} else if value, rest, err = cutQuoted(rest[1:]); err != nil {
		return "", "", "", err
	}
	if rest = trimBlanks(rest); rest != "" && rest[0] != ',' && rest[0] != ';' {
		return "", "", "", errors.New("no separator after a value")
	}
	return name, value, rest, nil
}

// cutQuoted cuts off the text before the closing quote.
func cutQuoted(text string) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], nil
		case '\\':
			if i++; i == len(text) {
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", errors.New("missing closing quote")
}

// readXForwarded reads the older headers of proxies. The last hop, which the nearest proxy
// tells, has the scheme and host.
func readXForwarded(header http.Header) (hops []hop, err error) {
	for _, line := range header.Values("X-Forwarded-For") {
		for node := range strings.SplitSeq(line, ",") {
			hops = append(hops, hop{node: strings.TrimSpace(node)})
		}
	}
	scheme, err := onlyValue(header, "X-Forwarded-Proto")
	if err != nil {
		return nil, err
	}
	host, err := onlyValue(header, "X-Forwarded-Host")
	if err != nil {
		return nil, err
	}
	if scheme+host != "" && len(hops) == 0 {
		hops = []hop{{}}
	}
	for i := range hops { // whichever proxy is the last trusted one
		hops[i].scheme, hops[i].host = strings.ToLower(scheme), host
	}
	return hops, nil
}

// onlyValue returns the value of a header that proxies may repeat but not contradict: it is not
// known which of them saw the client.
func onlyValue(header http.Header, name string) (only string, err error) {
	for _, line := range header.Values(name) {
		for value := range strings.SplitSeq(line, ",") {
			switch value = strings.TrimSpace(value); {
			case only == "":
				only = value
			case !strings.EqualFold(value, only):
				return "", fmt.Errorf("the header %s has the values %q and %q", name, Clip(only), Clip(value))
			}
		}
	}
	return only, nil
}

// nodeAddress reads the address of a node; zero if the node is hidden or unknown (RFC 7239,
// section 6).
func nodeAddress(node string) (netip.Addr, error) {
	if node == "" || node[0] == '_' || strings.EqualFold(node, "unknown") {
		return netip.Addr{}, nil
	}
	if withPort, err := netip.ParseAddrPort(node); err == nil {
		return plainAddress(withPort.Addr()), nil
	}
	if bare, ok := strings.CutPrefix(node, "["); ok {
		node = strings.TrimSuffix(bare, "]")
	}
	address, err := netip.ParseAddr(node)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("a proxy names the sender %q, which is not an address", Clip(node))
	}
	return plainAddress(address), nil
}

// plainAddress returns an address without its zone, as IPv4 if possible.
func plainAddress(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
