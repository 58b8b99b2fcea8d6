// Package access has the pages about who may do what: clients with their credentials, RBAC groups with their rules,
// enrolments, devices whose identity people decide, and the audit log; and the forms by which managers change them.
//
// A page is a Sheet: facts, tables and links to forms. Numbers that a form promises come from the API: what rules
// would move from POST /v1/groups/rehearsal, what a removed device takes along from the counts of the device.
package access
