// Package access answers the calls by which some get access and others give it:
// clients ask for tokens, devices trade an enrolment's secret for credentials of
// their own, and those who manage an organization say what its clients may do and
// see. Rules are those of package auth, and each change is one transaction of
// package store. A secret is in one reply and nowhere else.
package access
