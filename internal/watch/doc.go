// Package watch compares the server's clock with what it read before, and counts the
// devices that would drop out of the fleet at once. While either gives a doubt, no
// generation begins and nothing is removed: a [DoubtError] says why. Package
// store/clock has the rule, and keeps what it goes by.
package watch
