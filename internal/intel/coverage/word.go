package coverage

// Word is what may be said of a CVE on software, a device or a fleet. Of several the greatest counts. It is the one
// place that decides whether anybody looked: nobody may be called free of a CVE of which nothing was compared.
type Word uint8

// The words.
const (
	// NotSought says that no feed states anything on the CVE: KEV or EPSS may name it all the same.
	NotSought Word = iota
	// NotCompared says that feeds state something on the CVE, but nothing on what is installed.
	NotCompared
	// NotAffected says that what feeds state was compared with what is installed, which is none of it.
	NotAffected
	// NotDecided says that feeds state something on what is installed, and that it could not be compared.
	NotDecided
	// Affected says that there is a finding.
	Affected
)

// String returns the word's name in replies.
func (w Word) String() string {
	switch w {
	case NotSought:
		return "notSought"
	case NotCompared:
		return "notCompared"
	case NotAffected:
		return "notAffected"
	case NotDecided:
		return "notDecided"
	case Affected:
		return "affected"
	}
	return "unknown"
}

// Compared is what came of comparing one piece of software with regard to a CVE.
type Compared struct {
	// Affected: a statement decides that it has the CVE. Stated: a feed states something on it and the CVE.
	// Open: a statement could not be compared, by its version or by its updates.
	Affected, Stated, Open bool
	State                  State
}

// Word returns what may be said of the software.
func (a Compared) Word() Word {
	switch {
	case a.Affected:
		return Affected
	case !a.Stated:
		return NotCompared
	case a.Open || a.State == NotAssessed:
		return NotDecided
	}
	return NotAffected
}

// WordOfDevice returns what may be said of a device by its software; known says that a feed states something on the
// CVE.
func WordOfDevice(known bool, software []Compared) Word {
	word := NotSought
	if known {
		word = NotCompared
	}
	for _, one := range software {
		if said := one.Word(); known || said == Affected {
			word = max(word, said)
		}
	}
	return word
}

// WordOfFleet returns what may be said of devices: found of them have the CVE, looked were assessed at least partly,
// and known says that a feed states something on the CVE.
func WordOfFleet(known bool, found, looked int64) Word {
	switch {
	case found > 0:
		return Affected
	case !known:
		return NotSought
	case looked == 0:
		return NotCompared
	}
	return NotAffected
}
