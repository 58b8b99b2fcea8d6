// Package hosts makes reports of what other tools tell of hosts: results of osquery's queries, hosts of
// Fleet with their software, and replies of Wazuh.
//
// Each reader finds hosts with their system and their software, in osquery's tables and columns, which
// Fleet has, too; the rest is common. So a host has the same software as from muster's own collector, as far
// as the tool tells: of packages of distributions, of programs on Windows, of applications on macOS. Packages
// of languages are left out: neither tool tells which of them belong to a package of the distribution, whose
// fixes they have (matching.md, section 1).
package hosts
