package catalog

// Judge gives a verdict without the cache.
func (c *Catalog) Judge(r Component) *Verdict { return c.judge(bounded(r)) }
