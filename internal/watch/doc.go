// Package watch compares the server's clock with its earlier readings, and counts the devices that
// the next generation would drop at once. While either is in doubt, no generation begins and
// nothing is removed, and a [DoubtError] says why. Package store/clock has the rule and stores the
// readings.
package watch
