// Package plain makes text from outside safe to print.
//
// Text from outside must not control a terminal or look like other text: a device may be
// called "web\u202Egpj.exe". So every character that is invisible, or that moves others, is
// written as a JSON escape. JSON has such characters only inside strings, so JSON keeps its
// value.
//
// An error may carry a hint: what its reader can do about it. The hint is not part of the
// error's text; code that prints an error prints its hint, too.
package plain
