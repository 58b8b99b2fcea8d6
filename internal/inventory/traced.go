package inventory

import "maps"

// uniteFacts merges the facts of a later report by family: a family of the later replaces the whole
// family, because an absent name in it means that it is not set. A family that the later could not read at
// all replaces nothing that was read.
func (r *Report) uniteFacts(later *Report) {
	if r.Facts == nil && later.Facts != nil {
		r.Facts = Facts{}
	}
	for family := range later.families() {
		if _, read := later.Facts[family]; !read && r.Facts[family] != nil {
			continue
		}
		r.dropFamily(family)
		r.Facts = put(r.Facts, family, later.Facts[family])
		r.Origins = put(r.Origins, family, later.Origins[family])
		r.Unread = put(r.Unread, family, later.Unread[family])
	}
}

// families returns the names of the families of which a report says anything.
func (r *Report) families() map[string]bool {
	all := map[string]bool{}
	for _, facts := range [...]Facts{r.Facts, r.Unread} {
		for family := range facts {
			all[family] = true
		}
	}
	return all
}

// dropFamily removes a family, and what is known of it.
func (r *Report) dropFamily(family string) {
	for _, facts := range [...]Facts{r.Facts, r.Origins, r.Unread} {
		delete(facts, family)
	}
}

// put sets a family, unless it is nil.
func put(into Facts, family string, facts map[string]string) Facts {
	if facts == nil {
		return into
	}
	if into == nil {
		into = Facts{}
	}
	into[family] = facts
	return into
}

// keep returns the facts for which wanted is true; nil if there are none.
func (f Facts) keep(wanted func(family, name string) bool) Facts {
	for family, facts := range f {
		maps.DeleteFunc(facts, func(name, value string) bool { return value == "" || !wanted(family, name) })
	}
	maps.DeleteFunc(f, func(_ string, facts map[string]string) bool { return len(facts) == 0 })
	if len(f) == 0 {
		return nil
	}
	return f
}
