// Package notices has the calls below /v1/notices: rules that say who is told what changed, what was told, tests. All
// of them need the management of the organization, so whoever uses them sees all of its groups. Secrets are written
// and never read.
package notices
