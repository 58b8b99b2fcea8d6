// Package exception keeps the exceptions of organizations.
//
// They have an edition, a number that rises with each change. A generation pins the newest, and whoever
// makes it reads the exceptions of that edition: so those that went are kept for a while, too.
package exception
