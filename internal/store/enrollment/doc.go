// Package enrollment keeps the secrets that devices trade for credentials of their own, and
// managers' decisions that let known devices do so.
package enrollment
