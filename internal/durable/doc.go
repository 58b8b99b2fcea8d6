// Package durable writes files atomically so that they survive power loss, and makes folders that
// only their owner can enter. It is for small files that are written one at a time: a key, a
// credential, the marks of a data folder. Package blob writes the many and large files, and uses
// it to sync its folders.
package durable
