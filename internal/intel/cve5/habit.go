package cve5

import (
	"strconv"
	"strings"
)

// mend rewrites the entries of assigners that mean something else than the format says, before they are
// read. The habits, with their counts, are in matching.md, 3.5.
func mend(assigner string, entries []product) {
	switch assigner {
	case "microsoft":
		mendMicrosoft(entries)
	case "oracle":
		mendMySQL(entries)
	case "hackerone":
		mendNode(entries)
	}
}

// mendNode gives the ranges of Node.js with two equal bounds their release line as the lower one:
// HackerOne writes "20.3.1 < 20.3.1" and "20.8.0 <= 20.8.0" for line 20, and each line that is
// supported has its own item.
func mendNode(entries []product) {
	for i := range entries {
		if name := strings.ToLower(entries[i].Product); name != "node" && name != "node.js" {
			continue
		}
		items := entries[i].Versions
		for k := range items {
			v := &items[k]
			if line, _, dotted := strings.Cut(v.Version, "."); dotted && v.isPoint() && v.Status == affected {
				v.begin(line)
			}
		}
	}
}

// mendMySQL bounds ranges of MySQL's server, cluster and client that are open below. Oracle's texts say "Supported
// versions that are affected are 8.4.0 and prior": of the release lines that have no item of their own none
// is affected. A line is 5.7, 8.0, 8.4; the innovation releases between two of them, and those since 9.0, are
// one line. Connectors and tools have one line.
func mendMySQL(entries []product) {
	for i := range entries {
		switch entries[i].Product {
		case "MySQL Server", "MySQL Cluster", "MySQL Client":
		default:
			continue
		}
		items := entries[i].Versions
		for k := range items {
			v := &items[k]
			if v.Status == affected && v.isOpen() && v.end() != "" {
				v.begin(lineOfMySQL(v.end(), items))
			}
		}
	}
}

// lineOfMySQL returns where the release line of an upper bound begins. Beside the bound of an earlier
// line, what lies between them belongs to the later one.
func lineOfMySQL(end string, items []version) string {
	parts := numbersOf(end)
	if len(parts) < 2 {
		return ""
	}
	line := strconv.Itoa(parts[0]) + "." + strconv.Itoa(parts[1])
	switch {
	case parts[0] == 8 && parts[1] > 0 && (parts[1] < 4 || besides(items, 8, 0)):
		return "8.1"
	case parts[0] >= 9:
		return strconv.Itoa(parts[0]) + ".0"
	}
	return line
}

// besides reports whether an item ends in a release line.
func besides(items []version, major, minor int) bool {
	for i := range items {
		if parts := numbersOf(items[i].end()); len(parts) > 1 && parts[0] == major && parts[1] == minor {
			return true
		}
	}
	return false
}
