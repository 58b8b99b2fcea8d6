package nvd

import (
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

const (
	// maxNodes bounds the nodes of one configuration; the largest real ones have about a hundred.
	maxNodes = 2000
	// maxConditions bounds the platforms in the conditions of all statements of a CVE together:
	// each node may be a condition of each other.
	maxConditions = 100_000
)

// affected reads a CVE's configurations into statements, one for each product and set of
// conditions. Unreadable parts are left out, and the first reason is returned with the rest.
func affected(id string, configurations []configuration, by intel.Authority) ([]intel.Affected, error) {
	r := &reader{id: id, by: by, at: map[product]int{}, seen: map[span]bool{}}
	for _, c := range configurations {
		r.configuration(c)
	}
	return r.out, r.err
}

// reader collects the statements of one CVE.
type reader struct {
	id  string
	by  intel.Authority
	out []intel.Affected
	at  map[product]int // a statement's position in out
	// conditions counts the platforms of all conditions.
	conditions int
	seen       map[span]bool
	err        error // the first
}

// product is the key of a CVE's statements.
type product struct {
	part, vendor, product, targetSW, swEdition string
	conditions                                 string
}

// span is a range for the statement at a position.
type span struct {
	at    int
	bound intel.Range
}

// configuration reads one alternative. A negated part can only mean that something is absent,
// which an inventory cannot show, so it makes no statement.
func (r *reader) configuration(c configuration) {
	if len(c.Nodes) > maxNodes {
		r.fail(fmt.Errorf("configuration with %d nodes: %w", len(c.Nodes), intel.ErrTooLarge))
		return
	}
	if c.Negate || slices.ContainsFunc(c.Nodes, func(n node) bool { return n.Negate }) {
		return
	}
	parsed := make([]parsedNode, len(c.Nodes))
	for i, n := range c.Nodes {
		parsed[i] = r.parse(n)
	}
	for i, n := range parsed {
		known := map[string]conditions{}
		for _, m := range n.vulnerable {
			required, ok := known[m.name.Part]
			if !ok {
				if required, ok = r.conditionsOf(parsed, i, m.name.Part, c.Operator == and); !ok {
					return
				}
				known[m.name.Part] = required
			}
			r.match(m, required)
		}
	}
}

// parsedNode is a node with parsed CPEs.
type parsedNode struct {
	vulnerable []parsedMatch
	// platforms are required where the node is a condition, inner for its own vulnerable matches;
	// each is a list of alternatives.
	platforms, inner [][]intel.Platform
}

type parsedMatch struct {
	match
	name cpe.Name
}

func (r *reader) parse(n node) parsedNode {
	var parsed parsedNode
	var all [][]intel.Platform
	for _, m := range n.Matches {
		name, err := cpe.Parse(m.Criteria)
		if err != nil {
			r.fail(err)
			continue
		}
		platform := []intel.Platform{{Part: name.Part, Vendor: name.Vendor, Product: name.Product}}
		all = append(all, platform)
		if m.Vulnerable {
			parsed.vulnerable = append(parsed.vulnerable, parsedMatch{m, name})
		} else if n.Operator == and {
			parsed.inner = append(parsed.inner, platform)
		}
	}
	parsed.platforms = all
	if n.Operator != and && len(all) > 0 {
		parsed.platforms = [][]intel.Platform{distinct(slices.Concat(all...))}
	}
	return parsed
}

func distinct(platforms []intel.Platform) []intel.Platform {
	seen := make(map[intel.Platform]bool, len(platforms))
	return slices.DeleteFunc(platforms, func(p intel.Platform) bool {
		defer func() { seen[p] = true }()
		return seen[p]
	})
}

// conditions are lists of platforms; one platform of each list must be present. text is equal for
// equal conditions.
type conditions struct {
	lists [][]intel.Platform
	text  string
}

// conditionsOf returns the conditions ANDed with a vulnerable match of node i and the given part.
// Nodes that are vulnerable themselves are not conditions, since overrides list several names of a
// product this way, unless they name the operating system or device under an application. It
// returns false if the CVE has too many.
func (r *reader) conditionsOf(nodes []parsedNode, i int, part string, joined bool) (_ conditions, ok bool) {
	lists := slices.Clone(nodes[i].inner)
	for j, other := range nodes {
		if joined && j != i && other.isCondition(part) {
			lists = append(lists, other.platforms...)
		}
	}
	for _, list := range lists {
		r.conditions += len(list)
	}
	if r.conditions > maxConditions {
		r.fail(fmt.Errorf("more than %d platforms in conditions: %w", maxConditions, intel.ErrTooLarge))
		return conditions{}, false
	}
	return conditions{lists, fmt.Sprint(lists)}, true
}

func (n parsedNode) isCondition(part string) bool {
	return !slices.ContainsFunc(n.vulnerable, func(m parsedMatch) bool {
		return m.name.Part == "a" || part != "a"
	})
}

// match adds one vulnerable match to the statement of its product.
func (r *reader) match(m parsedMatch, required conditions) {
	name := m.name
	bound, ok := m.versions(&name)
	if !ok {
		return
	}
	if bound.IsEmpty() {
		r.fail(fmt.Errorf("a range ends before it begins: from %.40q to %.40q", bound.Low, bound.High))
		return
	}
	targetSW, swEdition := name.Narrowing()
	key := product{name.Part, name.Vendor, name.Product, targetSW, swEdition, required.text}
	at, ok := r.at[key]
	if !ok {
		at = len(r.out)
		r.at[key] = at
		r.out = append(r.out, r.statement(key, required.lists))
	}
	if r.seen[span{at, bound}] {
		return
	}
	r.seen[span{at, bound}] = true
	a := &r.out[at]
	a.Versions = append(a.Versions, bound)
	a.Fix.Available = a.Fix.Available || bound.High != "" && !bound.HighIncluded
}

func (r *reader) statement(key product, required [][]intel.Platform) intel.Affected {
	a := intel.Affected{
		CVE:  r.id,
		Part: key.part, Vendor: key.vendor, Product: key.product,
		TargetSW: key.targetSW, SWEdition: key.swEdition,
		By: r.by,
	}
	if len(required) > 0 {
		a.Requires = required[0]
	}
	if len(required) > 1 {
		a.RequiresAlso = required[1:]
	}
	return a
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
