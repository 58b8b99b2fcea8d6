// Package plain is text that people may read, before it is known where.
//
// Text from outside must not steer a terminal, nor look like other text: a
// device may be called "web\u202Egpj.exe". So every character that people cannot
// see, or that moves others, is written as JSON escapes it. Outside the strings of
// JSON there is none, so JSON stays exactly the value it was.
//
// An error may carry a hint: what its reader can do about it. The hint is no part
// of the error's text; who prints the error prints the hint as well.
package plain
