package maker

// Akin is akin, for tests of package maker_test.
func Akin(text, vendor string) bool { return akin(text, vendor) }
