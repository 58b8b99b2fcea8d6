// Package access has the calls that give access: clients ask for tokens, devices exchange an
// enrolment's secret for their own credentials, and managers of an organization set what its
// clients may do and see. The rules are in package auth, and each change is one transaction of
// package store. A secret is in one reply and nowhere else.
package access
