package defender

// Column is a key of a shape's rows, as descriptions of the API tell it.
type Column struct {
	Field Field
	Kind  Kind
	// Nullable keys are null in pages and left out in files where nothing is
	// known.
	Nullable bool
	// FileOnly keys are left out in files where nothing is known, and never in
	// pages.
	FileOnly bool
}

// Columns lists the keys of the shape's rows, in order.
func (s *Shape) Columns() []Column {
	all := make([]Column, len(s.columns))
	for i, c := range s.columns {
		all[i] = Column{Field: c.field, Kind: c.kind, Nullable: c.need == nullable, FileOnly: c.need == fileOnly}
	}
	return all
}

// Values lists what a field may say where that is a closed list (contract.md,
// section 4); nil where it is not.
func (f Field) Values() []string {
	switch f {
	case FieldVulnerabilitySeverityLevel:
		return []string{SeverityNone, SeverityLow, SeverityMedium, SeverityHigh, SeverityCritical}
	case FieldExploitabilityLevel:
		return []string{NoExploit, ExploitIsPublic, ExploitIsVerified, ExploitIsInKit}
	case FieldEndOfSupportStatus:
		return []string{EndOfSupportNone, VersionEnded, VersionEnding, ProductEnded, ProductEnding}
	case FieldStatus:
		return []string{string(New), string(Fixed), string(Updated)}
	}
	return nil
}
