// Package alias reads tables of software titles: which product an entry of a report is, when its
// vendor and name, its macOS bundle id or the pattern of its title say so (matching.md, 1.4). One
// table is muster's own, alias.txt, whose head explains the format; an operator may write another.
package alias
