package intel

import (
	"strings"
	"time"
)

// Month is a month of a year. The zero Month is none.
type Month uint16

// MonthOf returns the month of a time in UTC; none for the zero Time.
func MonthOf(t time.Time) Month {
	if t.IsZero() || t.UTC().Year() < 1 || t.UTC().Year() > 5000 {
		return 0
	}
	return Month(t.UTC().Year()*12 + int(t.UTC().Month()))
}

// String returns the month in words ("February 2026"); "" for none.
func (m Month) String() string {
	if m == 0 {
		return ""
	}
	return time.Date(int(m-1)/12, time.Month(int(m-1)%12+1), 1, 0, 0, 0, 0, time.UTC).Format("January 2006")
}

// releaseTitle ends the titles of Microsoft's monthly releases.
const releaseTitle = " Security Updates"

// ReleaseTitle names the release of a day as Microsoft does: "September 2025 Security Updates"; "" for no day.
func ReleaseTitle(day time.Time) string {
	month := MonthOf(day)
	if month == 0 {
		return ""
	}
	return month.String() + releaseTitle
}

// IsReleaseTitle reports whether a title is that of a monthly release.
func IsReleaseTitle(title string) bool { return strings.HasSuffix(title, releaseTitle) }
