// Package vdr writes Vulnerability Disclosure Reports: CycloneDX 1.5 in JSON
// (https://cyclonedx.org/docs/1.5/json/) with the software that is affected, and what affects it.
//
// A report is written as it comes, so that one about a fleet needs no memory for itself: components first,
// then vulnerabilities, then what depends on what. Equal input gives equal bytes, so a report has no serial
// number. It has no network and no clock: the time is an argument.
package vdr
