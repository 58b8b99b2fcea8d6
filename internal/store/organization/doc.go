// Package organization keeps organizations, their RBAC groups, and the rules that
// say which group a device belongs to.
//
// Every report takes the organization's next revision. A generation pins the
// revision at which it begins, and so contains exactly the reports acknowledged
// before.
package organization
