package inteltest

import (
	"encoding/json"
	"fmt"
)

// Weakness is an invented CVE of a real product, for tests that need findings and not facts.
type Weakness struct {
	CVE, Vendor, Product string
	Before               string // versions below this are affected
	// Score is 9.8, 7.5 or 5.3.
	Score float64
}

// NVD returns weaknesses as a page of NVD's API 2.0.
func NVD(known []Weakness) string {
	type object = map[string]any
	list := []any{}
	for _, w := range known {
		list = append(list, object{"cve": object{
			"id": w.CVE, "vulnStatus": "Analyzed", "published": "2024-01-01T00:00:00.000",
			"metrics": object{"cvssMetricV31": []any{object{
				"source": "nvd@nist.gov", "type": "Primary",
				"cvssData": object{"version": "3.1", "vectorString": vectors[w.Score], "baseScore": w.Score},
			}}},
			"configurations": []any{object{"nodes": []any{object{"operator": "OR", "negate": false, "cpeMatch": []any{object{
				"vulnerable": true, "criteria": fmt.Sprintf("cpe:2.3:a:%s:%s:*:*:*:*:*:*:*:*", w.Vendor, w.Product),
				"versionEndExcluding": w.Before,
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
