// Package intelligence keeps which feeds there are and what was compiled of them,
// the builds of the catalog that were asked for, and the catalogs that were built.
// Their files lie elsewhere; each is entered here before it is there.
package intelligence
