// Package enrollment keeps the secrets that devices trade for credentials of their
// own, and the manager's word that lets a known device do so.
package enrollment
