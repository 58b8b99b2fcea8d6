package security

import (
	"bytes"
	"strings"
)

// auditRecord is the size of an AUDIT_POLICY_INFORMATION: the GUID of the subcategory, flags, that of the category.
const auditRecord = 16 + 4 + 16

// auditTail is what the GUIDs of all subcategories end with; they begin with 0CCE92 and the number of the table.
var auditTail = [...]byte{0xce, 0x0c, 0xae, 0x69, 0xd9, 0x11, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30}

// firstAudit is the number of the first subcategory: {0CCE9210-69AE-11D9-BED3-505054503030}.
const firstAudit = 0x10

// auditTable has the subcategories by number.
const auditTable = `Security State Change;Security System Extension;System Integrity;IPsec Driver;Other System Events;
Logon;Logoff;Account Lockout;IPsec Main Mode;IPsec Quick Mode;IPsec Extended Mode;Special Logon;
Other Logon/Logoff Events;File System;Registry;Kernel Object;SAM;Certification Services;Application Generated;
Handle Manipulation;File Share;Filtering Platform Packet Drop;Filtering Platform Connection;
Other Object Access Events;Sensitive Privilege Use;Non Sensitive Privilege Use;Other Privilege Use Events;
Process Creation;Process Termination;DPAPI Activity;RPC Events;Audit Policy Change;Authentication Policy Change;
Authorization Policy Change;MPSSVC Rule-Level Policy Change;Filtering Platform Policy Change;
Other Policy Change Events;User Account Management;Computer Account Management;Security Group Management;
Distribution Group Management;Application Group Management;Other Account Management Events;
Directory Service Access;Directory Service Changes;Directory Service Replication;
Detailed Directory Service Replication;Credential Validation;Kerberos Service Ticket Operations;
Other Account Logon Events;Kerberos Authentication Service;Network Policy Server;Detailed File Share;
Removable Storage;Central Access Policy Staging;User / Device Claims;PNP Activity;Group Membership;
Token Right Adjusted Events`

// auditNames returns the names of the subcategories, in the order of their numbers.
func auditNames() []string { return strings.Split(strings.ReplaceAll(auditTable, ";\n", ";"), ";") }

// auditGUIDs returns the GUIDs of all subcategories as Windows takes them.
func auditGUIDs() []byte {
	var all []byte
	for i := range auditNames() {
		all = append(all, byte(firstAudit+i), 0x92)
		all = append(all, auditTail[:]...)
	}
	return all
}

// auditFacts decodes an array of AUDIT_POLICY_INFORMATION.
func auditFacts(records []byte) map[string]string {
	names, facts := auditNames(), map[string]string{}
	for ; len(records) >= auditRecord; records = records[auditRecord:] {
		i := int(records[0]) - firstAudit
		if records[1] != 0x92 || !bytes.Equal(records[2:16], auditTail[:]) || i < 0 || i >= len(names) {
			continue
		}
		switch records[16] & 3 {
		case 0:
			facts[names[i]] = "none"
		case 1:
			facts[names[i]] = "success"
		case 2:
			facts[names[i]] = "failure"
		case 3:
			facts[names[i]] = "success failure"
		}
	}
	return facts
}
