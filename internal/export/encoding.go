package export

import (
	"strconv"
	"strings"
)

// AcceptsGzip tells whether to compress a reply: the client accepts gzip, and does not prefer an
// uncompressed reply (RFC 9110, section 12.5.3).
func AcceptsGzip(fields []string) bool {
	packed, plain, others := -1.0, -1.0, -1.0
	for field := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		coding, parameters, _ := strings.Cut(field, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			packed = max(packed, quality(parameters))
		case "identity":
			plain = quality(parameters)
		case "*":
			others = quality(parameters)
		}
	}
	if packed < 0 {
		packed = others
	}
	return packed > 0 && packed >= plain
}

// quality reads the weight of a coding: 1 if it has none, 0 if it cannot be read.
func quality(parameters string) float64 {
	name, value, found := strings.Cut(parameters, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
