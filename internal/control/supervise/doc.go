// Package supervise has the calls by which people look after who may do what: the audit log, what new rules of groups
// would move, credentials, and devices whose identity is in doubt.
package supervise
