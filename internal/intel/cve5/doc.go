// Package cve5 reads CVE records in JSON format 5.x: the daily archive of
// cvelistV5 and CISA's vulnrichment. A record holds the statement of its CNA
// and those of authorized data publishers (ADP), CISA's above all.
//
// What is read (matching.md, 3.2): publication and rejection, base scores,
// evidence of exploitation, affected products with their versions, and which
// CPE pair a vendor's own spelling stands beside. A CPE says only which product
// is meant, whatever version it carries: Microsoft writes the fixed build there.
// Versions come from the versions list alone.
package cve5
