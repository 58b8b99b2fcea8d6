package assess

import (
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/row"
)

// history has the first-seen times of a device's software and findings, by product key. They
// outlive an upgrade, because they belong to device, product and CVE, not to the version
// (contract.md, section 8). A clean row has the time of its software.
type history struct {
	software, findings firstSeen
	row                row.Row
	key                []byte
}

// firstSeen maps product keys to times.
type firstSeen map[string]row.Timestamp

// mostIdle bounds the entries for which an emptied map keeps its memory.
const mostIdle = 16_384

// reset empties the map.
func (f *firstSeen) reset() {
	if len(*f) > mostIdle {
		*f = firstSeen{}
	}
	clear(*f)
}

func newHistory() history { return history{software: firstSeen{}, findings: firstSeen{}} }

// read reads the times from the rows of the snapshot before, which may be nil, and counts its findings by day.
func (h *history) read(old *Rows, opened trend.Ages) error {
	h.software.reset()
	h.findings.reset()
	if old == nil {
		return nil
	}
	if err := h.readDataset(defender.Software, old, h.software, nil); err != nil {
		return err
	}
	ages := aging{into: opened}
	if err := h.readDataset(defender.Vulnerabilities, old, h.findings, &ages); err != nil {
		return err
	}
	ages.end()
	return h.readDataset(defender.NonCVEAdvisories, old, h.findings, nil)
}

// readDataset reads the times of one dataset. Of several versions of one product the earliest
// counts.
func (h *history) readDataset(d defender.Dataset, old *Rows, seen firstSeen, ages *aging) error {
	shape := row.ShapeOf(d, false)
	for rest := old[d]; len(rest) > 0; {
		var err error
		if rest, err = shape.Skim(&h.row, rest); err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
		h.key = h.row.AppendProductKey(h.key[:0])
		first, _ := h.row.FirstSeen()
		if ages != nil {
			ages.count(first)
		}
		if known, ok := seen[string(h.key)]; !ok || first.Compare(known) < 0 {
			seen[string(h.key)] = first
		}
	}
	return nil
}

// of returns the first-seen time for a product key; now if it is new.
func (f firstSeen) of(productKey []byte, now row.Timestamp) row.Timestamp {
	if first, ok := f[string(productKey)]; ok && first.Compare(now) < 0 {
		return first
	}
	return now
}

// softwareSince returns when the software was first seen on the device.
func (h *history) softwareSince(s *row.SoftwarePiece, now row.Timestamp) row.Timestamp {
	h.key = s.AppendProductKey(h.key[:0])
	return h.software.of(h.key, now)
}

// findingSince returns when the CVE was first seen on the device's product.
func (h *history) findingSince(v *row.VulnerabilityPiece, now row.Timestamp) row.Timestamp {
	h.key = v.AppendProductKey(h.key[:0])
	return h.findings.of(h.key, now)
}
