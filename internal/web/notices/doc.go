// Package notices has the pages of notices: the rules, how each does, what it has told and would tell, and the forms
// that make, change, try and remove them.
//
// A rule is made in two steps. Its receiver comes first, with the secrets, which no page shows again; it sends nothing
// then. What it tells comes second, by a form that says what it would have told of the newest snapshot
// (doc/decision/0161).
package notices
