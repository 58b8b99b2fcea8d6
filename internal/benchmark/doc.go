// Package benchmark judges a device's settings: it holds configuration
// definitions (scid-…) with their checks, and evaluates them over the facts a
// report carries. A new check is a few lines of data; no device needs a new
// agent for it (matching.md section 5).
//
// # A check
//
// Checks are read from JSON files (folder checks holds ours). One of them:
//
//	{
//	  "id": "scid-900101",
//	  "name": "Disable root login over SSH",
//	  "category": "Accounts", "subcategory": "SSH server",
//	  "impact": 8, "userImpact": true,
//	  "platforms": ["Linux"],
//	  "facts": ["sshd"],
//	  "compliant": "sshd.?PermitRootLogin.orValue('prohibit-password').lowerAscii() == 'no'",
//	  "remediation": "Set PermitRootLogin no in /etc/ssh/sshd_config.",
//	  "references": ["CIS Debian Linux 12: 5.1.20"]
//	}
//
// Ids are Microsoft's where Microsoft has a check of the same meaning, else
// ours from scid-900000 up. "applies" and "compliant" are CEL expressions that
// give a bool; an absent "applies" is true. Every family of facts that a check
// names is a variable of type map(string, string), with characters that CEL
// does not allow in a name written as "_": login_defs. What the families hold
// is the table in the comment of package collect. "device" is a family that
// every device has: osPlatform, osVersion, osArchitecture.
//
// The language is CEL's standard library, optional values (m.?key, m[?'key'],
// orValue), the string functions of its extension (lowerAscii, split, …), and
//
//	'5m'.seconds()                a time span of sshd_config(5), in seconds
//	'0640 0:42'.within('0640')    no permission bit is set outside of that mode
//
// # Three values and a fourth
//
// A check says compliant, non-compliant or not applicable. Where a family it
// needs was not asked for, or its expression fails (a number that is none), it
// says nothing: there is no result, and certainly no claim that the device is
// non-compliant. Where the family was asked for and a key is absent, the
// program's built-in default decides; a check spells it with orValue.
//
// # Cost
//
// Expressions are compiled once. Size, depth and cost of each are limited, so
// facts of any kind cost their device a result at most. Checks that read the
// same families are judged together, and what was judged is remembered by a
// hash of those families: devices that are set up alike cost next to nothing.
package benchmark
