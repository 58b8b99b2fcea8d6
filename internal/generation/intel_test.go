package generation_test

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel"
)

// weakness is a made-up CVE on a real product, for tests that need findings
// and not facts.
type weakness struct {
	cve, vendor, product string
	before               string // versions below this are affected
	score                float64
}

// learn imports weaknesses as the only NVD feed, so that the next generation
// knows them and nothing else.
func (l *lab) learn(known ...weakness) {
	l.Helper()
	_, _, err := l.publisher.ImportFeeds(l.ctx, generation.Import{
		Kind: intel.NVD, Name: "lab", Files: oneFile("nvd.json", feedOf(known)), AllowShrink: true,
	})
	if err != nil {
		l.Fatal(err)
	}
}

// feedOf writes weaknesses in the form of NVD's API 2.0 (a page).
func feedOf(known []weakness) string {
	type object = map[string]any
	list := []any{}
	for _, w := range known {
		list = append(list, object{"cve": object{
			"id": w.cve, "vulnStatus": "Analyzed", "published": "2024-01-01T00:00:00.000",
			"metrics": object{"cvssMetricV31": []any{object{
				"source": "nvd@nist.gov", "type": "Primary",
				"cvssData": object{"version": "3.1", "vectorString": vectors[w.score], "baseScore": w.score},
			}}},
			"configurations": []any{object{"nodes": []any{object{"operator": "OR", "negate": false, "cpeMatch": []any{object{
				"vulnerable": true, "criteria": fmt.Sprintf("cpe:2.3:a:%s:%s:*:*:*:*:*:*:*:*", w.vendor, w.product),
				"versionEndExcluding": w.before,
			}}}}}},
		}})
	}
	page, err := json.Marshal(object{"resultsPerPage": len(list), "startIndex": 0, "totalResults": len(list),
		"format": "NVD_CVE", "version": "2.0", "vulnerabilities": list})
	if err != nil {
		panic(err)
	}
	return string(page)
}

// vectors have the base scores that tests use.
var vectors = map[float64]string{
	9.8: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
	7.5: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
	5.3: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
}

func oneFile(name, text string) iter.Seq2[generation.RawFile, error] {
	return func(yield func(generation.RawFile, error) bool) {
		yield(generation.RawFile{Name: name, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(text)), nil
		}}, nil)
	}
}
