// Package rbac decides which RBAC group a device belongs to.
//
// An organization has one list of rules. Each names a group and has up to four conditions, all of
// which a device must meet; the first rule it meets decides:
//
//	{
//	  "groups": ["Lab"],
//	  "rules": [
//	    {"group": "Kiosks",  "device": "018d7dc428d98e16abed667a759f9e40a7e8f2c8"},
//	    {"group": "Kiosks",  "device": "lobby.example.com"},
//	    {"group": "Servers", "tag": "prod", "platform": "WindowsServer*"},
//	    {"group": "Web",     "name": "web-??.*.example.com"},
//	    {"group": "Macs",    "platform": "macOS"}
//	  ]
//	}
//
// A device is one machine, by its id or its whole name. Name, tag (one of the device's) and
// platform are patterns: "*" matches any characters, "?" one. Case never matters, not even in
// groups' names. A group that is only in "groups" contains devices whose reports name it: the name
// in a report counts if no rule matches, and only if it is one of the organization's groups
// (doc/decision/0018). All other devices are in no group.
//
// The rules are compiled once. Rules with a condition without wildcards are found by a map, the
// others are tried in turn, so the time for a device grows only with the number of rules that have
// wildcards in all conditions.
//
// The package is pure; the store assigns numbers to groups.
package rbac
