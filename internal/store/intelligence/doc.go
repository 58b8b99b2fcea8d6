// Package intelligence keeps the feeds and their compiled tables, the builds that were asked for,
// and the catalogs that were built. The files lie elsewhere; each name is entered here before the
// file exists.
package intelligence
