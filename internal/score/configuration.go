package score

// Configuration counts the devices to which a configuration applies, and those of them that comply.
type Configuration struct {
	// Impact is the configurationImpact of rows: the points that compliance of all devices gives.
	Impact                float64
	Applicable, Compliant int64
}

// Points returns what the configuration adds to the configuration score: its impact times the share of
// devices that comply; 0 where it applies to no device.
func (c Configuration) Points() float64 {
	if c.Applicable <= 0 {
		return 0
	}
	return c.Impact * (float64(c.Compliant) / float64(c.Applicable)) // a share of 1 is the whole impact, to the last bit
}

// Missing returns how many points compliance of all devices would add.
func (c Configuration) Missing() float64 {
	if c.Applicable <= 0 {
		return 0
	}
	return c.Impact * (float64(c.Applicable-c.Compliant) / float64(c.Applicable))
}
