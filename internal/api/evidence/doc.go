// Package evidence tells people what checks of settings say of a device, by which facts, and what to do about it.
package evidence
