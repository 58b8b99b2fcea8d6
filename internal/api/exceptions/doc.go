// Package exceptions has the calls below /v1/exceptions: list, add, import and remove exceptions, and list
// what they hide or mark.
//
// Who sees some RBAC groups alone excepts in them alone: such a caller names one of its groups, or a device
// in one, and the exception holds in that group only, wherever the device goes (doc/decision/0130).
package exceptions
