// Package manage has the pages on which people change things by hand: each is a form (page.Form) that says what will
// happen, and has the API do it as the caller who is signed in.
package manage
