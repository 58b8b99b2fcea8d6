// Package signin signs browsers in and out (doc/decision/0151).
package signin
