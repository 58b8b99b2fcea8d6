// Package organization keeps organizations, their RBAC groups, and the rules that put devices into
// groups.
//
// Every report takes the organization's next revision. A generation pins the revision at which it
// begins, and so contains exactly the reports acknowledged before.
package organization
