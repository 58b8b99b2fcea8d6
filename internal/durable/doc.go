// Package durable writes files that are there whole or not at all and survive
// power loss, and makes folders that their owner alone can enter. It is for the
// few small files that are written one at a time: a key, a credential, the marks
// of a data folder. Package blob, which has the many and large ones, syncs its
// folders with it.
package durable
