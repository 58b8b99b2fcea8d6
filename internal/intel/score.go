package intel

import (
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"
)

// ParseScore makes a score from a CVSS vector. It computes the base score from the base metrics
// and ignores the score that a source writes beside the vector (matching.md, 3.4). It returns
// false for text that is not a valid vector.
func ParseScore(vector string, by Authority) (Score, bool) {
	score := Score{Vector: vector, By: by}
	var err error
	switch version, _, _ := strings.Cut(strings.TrimPrefix(vector, "CVSS:"), "/"); version {
	case "3.1":
		score.Version = version
		score.Base, err = base31(vector)
	case "3.0":
		score.Version = version
		score.Base, err = base30(vector)
	case "4.0":
		score.Version = version
		score.Base, err = base40(vector)
	default:
		score.Version = "2.0"
		score.Base, err = base20(vector)
	}
	return score, err == nil
}

func base31(vector string) (float64, error) {
	v, err := gocvss31.ParseVector(vector)
	if err != nil {
		return 0, err
	}
	return v.BaseScore(), nil
}

func base30(vector string) (float64, error) {
	v, err := gocvss30.ParseVector(vector)
	if err != nil {
		return 0, err
	}
	return v.BaseScore(), nil
}

// base40 drops threat and environmental metrics, which follow the eleven base metrics in a fixed
// order.
func base40(vector string) (float64, error) {
	v, err := gocvss40.ParseVector(firstMetrics(vector, 1+11))
	if err != nil {
		return 0, err
	}
	return v.Score(), nil
}

func base20(vector string) (float64, error) {
	v, err := gocvss20.ParseVector(firstMetrics(strings.Trim(vector, "()"), 6))
	if err != nil {
		return 0, err
	}
	return v.BaseScore(), nil
}

func firstMetrics(vector string, n int) string {
	metrics := strings.SplitN(vector, "/", n+1)
	return strings.Join(metrics[:min(n, len(metrics))], "/")
}
