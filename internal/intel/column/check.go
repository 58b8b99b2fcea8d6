package column

// Same reports whether columns of these lengths make a table.
func Same(n int, others ...int) bool {
	for _, other := range others {
		if other != n {
			return false
		}
	}
	return true
}

// Within reports whether all numbers are below a limit.
func Within(limit uint32, columns ...[]uint32) bool {
	for _, column := range columns {
		for _, number := range column {
			if number >= limit {
				return false
			}
		}
	}
	return true
}

// Starts reports whether a column contains the starts of a number of rows: one more than rows,
// ascending, the last equal to end.
func Starts(column []uint32, rows, end uint32) bool {
	if uint32(len(column)) != rows+1 || column[0] != 0 || column[rows] != end {
		return false
	}
	for i := range rows {
		if column[i] > column[i+1] {
			return false
		}
	}
	return true
}

// Flag is a flag in a column of bytes: 1 if it is set, else 0.
func Flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}
