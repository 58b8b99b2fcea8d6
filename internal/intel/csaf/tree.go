package csaf

// tree resolves ids of products.
type tree struct {
	products map[string]*product
	parts    map[string]*relationship
	// known are the ids that were resolved; nil for those that are no part of a product of the feed.
	known map[string]*part
}

// part is a component of a product.
type part struct {
	place
	component
}

func newTree(d *document) *tree {
	t := &tree{products: map[string]*product{}, parts: make(map[string]*relationship, len(d.Tree.Relationships)),
		known: map[string]*part{}}
	t.branches(d.Tree.Branches)
	for i := range d.Tree.Products {
		t.products[d.Tree.Products[i].ID] = &d.Tree.Products[i]
	}
	for i := range d.Tree.Relationships {
		r := &d.Tree.Relationships[i]
		t.parts[r.Full.ID] = r
	}
	return t
}

func (t *tree) branches(list []branch) {
	for i := range list {
		if p := list[i].Product; p != nil {
			t.products[p.ID] = p
		}
		t.branches(list[i].Branches)
	}
}

// maxSteps bounds the steps from a component to its product: component, module, product.
const maxSteps = 3

// part returns what an id names; nil if it is no rpm in Red Hat Enterprise Linux.
func (t *tree) part(id string) *part {
	if p, ok := t.known[id]; ok {
		return p
	}
	p := t.resolve(id)
	t.known[id] = p
	return p
}

func (t *tree) resolve(id string) *part {
	r := t.parts[id]
	if r == nil {
		return nil
	}
	c, ok := t.component(r.Component)
	if !ok || c.module {
		return nil
	}
	of := r.Of
	for range maxSteps {
		if p := t.products[of]; p != nil && p.Helper.CPE != "" {
			where, ok := placeOf(p.Helper.CPE)
			if !ok {
				return nil
			}
			return &part{where, c}
		}
		step := t.parts[of]
		if step == nil {
			return nil
		}
		if between, ok := t.component(step.Component); ok && between.module {
			c.stream = between.stream
		}
		of = step.Of
	}
	return nil
}

func (t *tree) component(id string) (component, bool) {
	purl := ""
	if p := t.products[id]; p != nil {
		purl = p.Helper.PURL
	}
	return componentOf(id, purl)
}
