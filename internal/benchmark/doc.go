// Package benchmark checks a device's settings: it has configuration definitions (scid-…) with
// their checks, and evaluates them on the facts in a report. A new check is a few lines of data;
// it needs no new agent on any device (matching.md section 5).
//
// # A check
//
// Checks are read from YAML files (ours are in folder checks, a file a topic). One of them:
//
//	checks:
//	  - id: scid-900101
//	    name: Disable root login over SSH
//	    category: Network
//	    subcategory: SSH server
//	    impact: 8
//	    userImpact: true
//	    platforms:
//	      - Linux
//	    facts:
//	      - sshd
//	    compliant: |
//	      sshd.each('PermitRootLogin', 'prohibit-password').all(v, v.lowerAscii() == 'no')
//	    remediation: In /etc/ssh/sshd_config, set PermitRootLogin no.
//	    references: ["CIS Debian Linux 12: 5.1.20"]
//	    cases:
//	      compliant:
//	        - sshd: {PermitRootLogin: "no"}
//	      nonCompliant:
//	        - sshd: {PermitRootLogin: "yes"}
//
// The cases are facts of which the check must say this; Try tries them. doc/checks.md describes all members.
// A folder of such files may replace, add and leave out checks: see Load.
//
// Ids are Microsoft's if Microsoft has a check with the same meaning, else ours from scid-900000
// up. "applies" and "compliant" are CEL expressions of type bool; an absent "applies" is true.
// Every family of facts that a check names is a variable of type map(string, string); characters
// that CEL does not allow in a name are written as "_": login_defs. doc/facts.md describes the families. "device" is
// a family that every device has: osPlatform, osVersion, osArchitecture, and packages, the kind of its packages.
// "software" has the versions of the packages that "software" of the check names, as in
//
//	"facts": ["sshd", "software", "device"], "software": ["openssh-server"]
//
// A check of sysctl, mounts or modules has "judges": "running", "configured" or "both", and its expressions the
// variable state. They are evaluated with the facts of one state after the other; verdict.go joins the verdicts.
//
// The language is CEL's standard library, optional values (m.?key, m[?'key'], orValue), the string
// functions of its extension (lowerAscii, split, …), and
//
//	'5m'.seconds()                a time span of sshd_config(5), in seconds
//	'0640 0:42'.within('0640')    no permission bit is set outside of that mode
//	sshd.each('Banner', 'none')   the values of an option: the common one, or its default, and those of Match blocks
//	'9.2p1'.atLeast('9', 'deb')   a version is not older than another by the rules of a kind of packages
//	'1:9.2p1-2'.upstream()        the version of the authors: '9.2p1'
//	silent('why')                 there is no answer, for that reason
//
// # Three values and a fourth
//
// A check says compliant, non-compliant or not applicable. If a family that it needs was not read,
// or its expression fails (for example on an invalid number), it says nothing: there is no result,
// and no claim that the device is non-compliant. If the family was read and a key is absent, the
// program's built-in default decides; the check gives it with orValue. A key that could not be read is an error
// in an expression: the check says nothing, unless the rest of the expression decides. Explain tells why a check
// says nothing, and what it has read.
//
// # Cost
//
// Expressions are compiled once. Size, depth and cost of each are limited, so hostile facts can
// only cost their device a result. Checks that read the same families are evaluated together, and
// the verdicts are cached by a hash of those families: devices with equal settings cost next to
// nothing.
package benchmark
