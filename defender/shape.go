package defender

import "slices"

// Shape describes the rows of one dataset, full or delta: their fields in
// order, in both forms. ShapeOf returns it.
type Shape struct {
	dataset Dataset
	delta   bool
	columns []column
	// place says in which column a field is, none if in none; there is one
	// for every value of a Field.
	place [256]uint8
	// key are the fields that tell one device's rows apart, product those of
	// them that survive an update of the software.
	key, product        []Field
	firstSeen, lastSeen Field
	skimmed             []uint8 // the columns that Skim looks for, in order
}

// column is a field of a shape.
type column struct {
	field Field
	kind  Kind
	need  need
	// The keys with the punctuation before and after them.
	fileKey, pageKey string
}

// need says when a column is written.
type need uint8

const (
	always   need = iota
	nullable      // null is left out in files and written in pages
	fileOnly      // left out in files where not known, and never in pages
)

const (
	maxColumns = 32
	none       = maxColumns // the place of a field that the shape lacks
)

// The tables below are the order of contract.md, section 4.

func deviceColumns(fields ...Field) []column {
	return slices.Concat(
		columns(always, FieldDeviceID, FieldRBACGroupID, FieldRBACGroupName, FieldDeviceName, FieldOSPlatform),
		columns(always, fields...))
}

func vulnerabilityColumns(cve need) []column {
	return slices.Concat(
		columns(always, FieldID), deviceColumns(FieldOSVersion, FieldOSArchitecture),
		columns(always, FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion),
		columns(cve, FieldCVEID),
		columns(nullable, FieldVulnerabilitySeverityLevel, FieldRecommendedSecurityUpdate,
			FieldRecommendedSecurityUpdateID, FieldRecommendedSecurityUpdateURL),
		columns(always, FieldDiskPaths, FieldRegistryPaths, FieldLastSeenTimestamp, FieldFirstSeenTimestamp),
		columns(nullable, FieldEndOfSupportStatus, FieldEndOfSupportDate),
		columns(always, FieldExploitabilityLevel, FieldRecommendationReference, FieldCVSSScore, FieldSecurityUpdateAvailable),
		columns(nullable, FieldCVEMitigationStatus),
		columns(fileOnly, FieldIsOnboarded, FieldCVEBatchTitle, FieldCVEBatchURL),
	)
}

func softwareColumns() []column {
	return slices.Concat(
		deviceColumns(FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion, FieldNumberOfWeaknesses,
			FieldDiskPaths, FieldRegistryPaths, FieldSoftwareFirstSeenTimestamp, FieldEndOfSupportStatus),
		columns(nullable, FieldEndOfSupportDate))
}

func noProductCodeColumns() []column {
	return slices.Concat(
		deviceColumns(FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion, FieldSoftwareLastSeenTimestamp),
		columns(nullable, FieldRegistryPath))
}

func configurationColumns() []column {
	return deviceColumns(FieldOSVersion, FieldTimestamp, FieldConfigurationID, FieldConfigurationCategory,
		FieldConfigurationSubcategory, FieldConfigurationImpact, FieldIsCompliant, FieldIsApplicable,
		FieldIsExpectedUserImpact, FieldConfigurationName, FieldRecommendationReference)
}

// shapes is read-only; a pair is {full, delta}.
var shapes = makeShapes()

func makeShapes() (all [DatasetCount][2]Shape) {
	for d := range Dataset(DatasetCount) {
		all[d] = [2]Shape{newShape(d, false), newShape(d, true)}
	}
	return all
}

// ShapeOf returns the shape of the dataset's rows, or of its delta's.
func ShapeOf(d Dataset, delta bool) *Shape {
	return &shapes[d][index(delta)]
}

func newShape(d Dataset, delta bool) Shape {
	s := Shape{dataset: d, delta: delta, firstSeen: noField, lastSeen: noField}
	release := []Field{FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion}
	switch d {
	case Configurations:
		s.columns, s.key, s.lastSeen = configurationColumns(), []Field{FieldConfigurationID}, FieldTimestamp
	case Software:
		s.columns, s.key, s.firstSeen = softwareColumns(), release, FieldSoftwareFirstSeenTimestamp
	case Vulnerabilities:
		s.columns, s.key = vulnerabilityColumns(always), append(release, FieldCVEID)
		s.firstSeen, s.lastSeen = FieldFirstSeenTimestamp, FieldLastSeenTimestamp
	case CleanSoftware:
		s.columns, s.key = vulnerabilityColumns(nullable), release
		s.firstSeen, s.lastSeen = FieldFirstSeenTimestamp, FieldLastSeenTimestamp
	case NoProductCode:
		s.columns, s.key, s.lastSeen = noProductCodeColumns(), release, FieldSoftwareLastSeenTimestamp
	}
	if delta {
		s.columns = append(s.columns, columns(always, FieldStatus, FieldEventTimestamp)...)
	}
	s.finish()
	return s
}

// finish derives what follows from the columns and the key.
func (s *Shape) finish() {
	for f := range s.place {
		s.place[f] = none
	}
	for i := range s.columns {
		s.place[s.columns[i].field] = uint8(i)
	}
	for i, c := range s.columns {
		if c.field == s.firstSeen || slices.Contains(s.key, c.field) {
			s.skimmed = append(s.skimmed, uint8(i))
		}
	}
	first := &s.columns[0]
	first.fileKey, first.pageKey = "{"+first.fileKey[1:], "{"+first.pageKey[1:]
	s.product = slices.DeleteFunc(slices.Clone(s.key), func(f Field) bool { return f == FieldSoftwareVersion })
}

// columns returns fields as columns of one need.
func columns(n need, list ...Field) []column {
	var cs []column
	for _, f := range list {
		cs = append(cs, column{f, fields[f].kind, n, `,"` + fields[f].name + `":`, `,"` + f.PageName() + `":`})
	}
	return cs
}

// Dataset returns the dataset whose rows the shape describes.
func (s *Shape) Dataset() Dataset { return s.dataset }

// Delta tells whether the rows are changes.
func (s *Shape) Delta() bool { return s.delta }
