// Package exception has `muster exception`: findings that an organization excepts.
package exception
