// Package access has the commands that decide who may do what: clients, enrolments,
// organizations, RBAC groups and keys.
package access
