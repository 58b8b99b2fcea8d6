// Package rbac says which RBAC group a device belongs to.
//
// An organization has one list of rules. Each names a group and has up to four
// conditions, all of which a device must meet; the first rule it meets decides:
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
// A device is one machine, by its id or its whole name. Name, tag (one of the
// device's) and platform are patterns: "*" stands for any characters, "?" for
// one. Case never matters, in groups' names neither. A group that stands in
// "groups" alone holds devices whose reports name it: what a report names
// counts where no rule matches, and only if it is one of the organization's
// groups (doc/decision/0018). Who belongs nowhere is in no group.
//
// The rules are compiled once. Those with a condition without wildcards are
// found by it in a map, the others are tried in turn, so that the time a
// device takes grows with the number of rules that are patterns only.
//
// The package is pure; numbers of groups are the store's.
package rbac
