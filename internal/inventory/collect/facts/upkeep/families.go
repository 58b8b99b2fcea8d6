package upkeep

import "github.com/muster-project/muster/internal/inventory/collect/facts"

// Families returns the families of this package; doc/facts.md describes them.
func Families() []facts.Family {
	return []facts.Family{
		{Name: "banners", Read: banners},
		{Name: "limits", Read: limits},
		{Name: "rsyslog", Read: rsyslog},
		{Name: "shell", Read: shell},
		{Name: "time", Read: timeSources},
		{Name: "updates", Read: updates},
	}
}
