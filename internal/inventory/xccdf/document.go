package xccdf

// document is what is kept of a document while it is read.
type document struct {
	*reader
	benchmarks     []*benchmark
	runs           []*run
	assets         map[string]*machine
	about          map[string]string // the asset of a report of ARF
	report         string            // the id of the report of ARF that is being read
	rules, results int
}

// assetOfRun returns what ARF says of the machine of a run.
func (d *document) assetOfRun(r *run) *machine {
	if asset := d.assets[d.about[r.asset]]; asset != nil {
		return asset
	}
	return &machine{}
}

// rulesOf returns the rules of the benchmark that a run refers to, or of the only one.
func (d *document) rulesOf(id string) map[string]*rule {
	for _, b := range d.benchmarks {
		if b.id == id {
			return b.rules
		}
	}
	if len(d.benchmarks) == 1 {
		return d.benchmarks[0].rules
	}
	return nil
}
