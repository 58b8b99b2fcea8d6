// Package cve5 reads CVE records in JSON format 5.x: the daily archive of cvelistV5 and CISA's
// vulnrichment. A record contains the statement of its CNA and those of authorized data publishers
// (ADP), mainly CISA.
//
// The parser reads (matching.md, 3.2) publication and rejection, base scores, evidence of
// exploitation, affected products with their versions, and which CPE pair is written beside a
// vendor's own spelling. A CPE only identifies the product; its version is ignored, since
// Microsoft writes the fixed build there. Versions come only from the versions list.
package cve5
