// Package markup reads XML from outside, from front to back, without building unneeded values.
//
// The standard library's decoder holds a tag with all its attributes, and a run of text, however long they are. So both
// are bounded before it sees them, by a guard, which also refuses document types: no entity is ever declared. Depth and
// elements are bounded, and errors name the place. What was UTF-16 is UTF-8 by then; other encodings than Latin 1 are
// refused.
package markup
