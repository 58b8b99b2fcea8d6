package xccdf

import (
	"github.com/muster-project/muster/internal/inventory"
)

// Limits of what is kept of a rule.
const (
	// maxRules bounds the rules of a document.
	maxRules = inventory.MaxConfigurations
	// maxTitle bounds a title, in bytes.
	maxTitle = 512
	// maxRemedy bounds what is to be done about a rule, in bytes.
	maxRemedy = 2 << 10
)

// benchmark is the content of which results are: the texts of its rules.
type benchmark struct {
	id    string
	rules map[string]*rule
}

// rule has what is shown of a rule.
type rule struct {
	title, category, subcategory string
	remedy                       string
	references                   []string
	severity, weight             string
}

// size returns about how many bytes of memory a rule takes.
func (r *rule) size() int {
	size := 300 + len(r.title) + len(r.remedy) + len(r.severity) + len(r.weight)
	for _, reference := range r.references {
		size += 16 + len(reference)
	}
	return size
}
