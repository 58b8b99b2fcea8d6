package catalog

// Judge answers without the memo.
func (c *Catalog) Judge(r Release) *Verdict { return c.judge(r) }
