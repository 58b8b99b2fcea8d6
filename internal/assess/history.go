package assess

import (
	"github.com/muster-project/muster/defender"
)

// history is when a device's software and findings were first seen, by product
// key: it outlives an upgrade, for it belongs to device, product and CVE, not
// to the version (contract.md, section 8).
type history struct {
	firstSeen map[defender.Dataset]map[string]defender.Timestamp
	row       defender.Row
	key       []byte
}

// remembered are the datasets whose rows say when they were first seen. A
// clean row takes the time of its software.
var remembered = [...]defender.Dataset{defender.Software, defender.Vulnerabilities}

// read takes the times from the rows of the snapshot before. Of several
// versions of one product the earliest counts.
func (h *history) read(old *Rows) error {
	if h.firstSeen == nil {
		h.firstSeen = map[defender.Dataset]map[string]defender.Timestamp{}
		for _, d := range remembered {
			h.firstSeen[d] = map[string]defender.Timestamp{}
		}
	}
	for _, d := range remembered {
		seen := h.firstSeen[d]
		clear(seen)
		if old == nil {
			continue
		}
		shape := defender.ShapeOf(d, false)
		for rest := old[d]; len(rest) > 0; {
			var err error
			if rest, err = shape.Skim(&h.row, rest); err != nil {
				return err
			}
			h.key = h.row.AppendProductKey(h.key[:0])
			first, _ := h.row.FirstSeen()
			if known, ok := seen[string(h.key)]; !ok || first.Compare(known) < 0 {
				seen[string(h.key)] = first
			}
		}
	}
	return nil
}

// of returns when what a product key names was first seen; now if it is new.
func (h *history) of(d defender.Dataset, productKey []byte, now defender.Timestamp) defender.Timestamp {
	if first, ok := h.firstSeen[d][string(productKey)]; ok && first.Compare(now) < 0 {
		return first
	}
	return now
}

// software returns when the software was first seen on the device.
func (h *history) software(s *defender.SoftwarePiece, now defender.Timestamp) defender.Timestamp {
	h.key = s.AppendProductKey(h.key[:0])
	return h.of(defender.Software, h.key, now)
}

// finding returns when the CVE was first seen on the device's product.
func (h *history) finding(v *defender.VulnerabilityPiece, now defender.Timestamp) defender.Timestamp {
	h.key = v.AppendProductKey(h.key[:0])
	return h.of(defender.Vulnerabilities, h.key, now)
}
