package security

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded reads what PowerShell prints of an object, as WMI gives it.
func recorded(t *testing.T, file string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.NewReplacer(",", "", "{", "", "}", "", "True", "true", "False", "false").Replace(strings.TrimSpace(value))
		if value != "" {
			object[strings.TrimSpace(name)] = value
		}
	}
	return []map[string]string{object}
}

func TestDefender(t *testing.T) {
	status := recorded(t, "testdata/defender.txt")
	got, err := defenderFacts(status)
	want := map[string]string{"AMRunningMode": "Normal", "AMServiceEnabled": "true", "AntivirusEnabled": "true",
		"AntivirusSignatureAge": "1", "BehaviorMonitorEnabled": "true", "IoavProtectionEnabled": "true",
		"IsTamperProtected": "false", "NISEnabled": "true", "OnAccessProtectionEnabled": "true",
		"RealTimeProtectionEnabled": "true"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	status[0]["AntivirusSignatureAge"] = "4294967295" // Defender does not run: example of Microsoft's documentation
	if got, _ := defenderFacts(status); got["AntivirusSignatureAge"] != "30" {
		t.Error(got)
	}
	if _, err := defenderFacts(nil); !errors.Is(err, ErrAbsent) {
		t.Error(err)
	}
}

func TestDeviceGuard(t *testing.T) {
	got, err := guardFacts(recorded(t, "testdata/device-guard.txt"))
	want := map[string]string{"SecurityServicesConfigured": "credential-guard memory-integrity system-guard",
		"SecurityServicesRunning": "credential-guard memory-integrity", "VirtualizationBasedSecurityStatus": "running"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	idle := []map[string]string{{"SecurityServicesRunning": "0", "VirtualizationBasedSecurityStatus": "1"}}
	if got, _ := guardFacts(idle); got["SecurityServicesRunning"] != "" || got["VirtualizationBasedSecurityStatus"] != "on" {
		t.Error(got)
	}
}

func TestVolumes(t *testing.T) {
	got := volumeFacts([]map[string]string{
		{"DriveLetter": "C:", "ProtectionStatus": "1", "ConversionStatus": "1", "EncryptionMethod": "7", "VolumeType": "0"},
		{"DriveLetter": "D:", "ProtectionStatus": "2", "EncryptionMethod": "4294967295"},
		{"ProtectionStatus": "0", "ConversionStatus": "0", "EncryptionMethod": "0", "VolumeType": "1"},
	})
	want := map[string]string{"C: Protection": "on", "C: Conversion": "encrypted", "C: Method": "xts-aes-256", "C: Type": "system",
		"D: Protection": "unknown", "D: Method": "unknown"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// auditAnswer makes what AuditQuerySystemPolicy gives of GUIDs in the text form of Microsoft's documentation.
func auditAnswer(t testing.TB, settings map[string]byte) []byte {
	t.Helper()
	var all []byte
	for text, flags := range settings {
		raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
		if err != nil || len(raw) != 16 {
			t.Fatalf("%q is no GUID", text)
		}
		guid := binary.LittleEndian.AppendUint32(nil, binary.BigEndian.Uint32(raw))
		guid = binary.LittleEndian.AppendUint16(guid, binary.BigEndian.Uint16(raw[4:]))
		guid = binary.LittleEndian.AppendUint16(guid, binary.BigEndian.Uint16(raw[6:]))
		guid = append(guid, raw[8:]...)
		all = append(all, guid...)
		all = append(all, flags, 0, 0, 0)
		all = append(all, make([]byte, 16)...)
	}
	return all
}

// TestAudit: the GUIDs are those of Microsoft's "Auditing Constants" of Ntsecapi.h (MicrosoftDocs/win32), and
// from 0cce9244 on those of ntsecapi.h as public bindings quote it. The settings are made up.
func TestAudit(t *testing.T) {
	got := auditFacts(auditAnswer(t, map[string]byte{
		"0cce9210-69ae-11d9-bed3-505054503030": 1, "0cce9217-69ae-11d9-bed3-505054503030": 2,
		"0cce921b-69ae-11d9-bed3-505054503030": 3, "0cce9228-69ae-11d9-bed3-505054503030": 0,
		"0cce922b-69ae-11d9-bed3-505054503030": 3, "0cce922f-69ae-11d9-bed3-505054503030": 3,
		"0cce9232-69ae-11d9-bed3-505054503030": 3, "0cce9237-69ae-11d9-bed3-505054503030": 3,
		"0cce923e-69ae-11d9-bed3-505054503030": 3, "0cce923f-69ae-11d9-bed3-505054503030": 3,
		"0cce9242-69ae-11d9-bed3-505054503030": 3, "0cce9243-69ae-11d9-bed3-505054503030": 3,
		"0cce9244-69ae-11d9-bed3-505054503030": 3, "0cce9245-69ae-11d9-bed3-505054503030": 3,
		"0cce9248-69ae-11d9-bed3-505054503030": 3, "0cce9249-69ae-11d9-bed3-505054503030": 3,
		"0cce924a-69ae-11d9-bed3-505054503030": 3,
		"0cce92ff-69ae-11d9-bed3-505054503030": 3, "69979848-797a-11d9-bed3-505054503030": 3, // none that we know
	}))
	want := map[string]string{"Security State Change": "success", "Account Lockout": "failure", "Special Logon": "success failure",
		"Sensitive Privilege Use": "none"}
	for _, name := range []string{"Process Creation", "Audit Policy Change", "MPSSVC Rule-Level Policy Change",
		"Security Group Management", "Detailed Directory Service Replication", "Credential Validation",
		"Kerberos Authentication Service", "Network Policy Server", "Detailed File Share", "Removable Storage", "PNP Activity",
		"Group Membership", "Token Right Adjusted Events"} {
		want[name] = "success failure"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := auditGUIDs(); len(got) != 16*len(auditNames()) || got[16] != 0x11 {
		t.Errorf("%x", got)
	}
}

func TestPasswords(t *testing.T) {
	numbers := func(all ...uint32) (raw []byte) {
		for _, n := range all {
			raw = binary.LittleEndian.AppendUint32(raw, n)
		}
		return raw
	}
	got, err := passwordFacts(numbers(14, forever, 86400, forever, 24), numbers(900, 1800, 5))
	want := map[string]string{"MinimumPasswordLength": "14", "MaximumPasswordAge": "never", "MinimumPasswordAge": "1",
		"PasswordHistorySize": "24", "LockoutDuration": "15", "ResetLockoutCount": "30", "LockoutBadCount": "5"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestAccounts(t *testing.T) {
	got, err := accountFacts([]account{{"chef", 0x10201, 1001}, {"Administrateur", 0x10203, 500}, {"Invité", 0x10201, 501}})
	want := map[string]string{"Administrator Name": "Administrateur", "Administrator Enabled": "no", "Guest Name": "Invité",
		"Guest Enabled": "yes"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := accountFacts([]account{{"chef", 0x10201, 1001}}); err == nil {
		t.Error("accounts that were not listed are told")
	}
	if got := holders([]string{"S-1-5-6", "S-1-5-19", "S-1-5-6"}); got != "S-1-5-19 S-1-5-6" {
		t.Error(got)
	}
}

// FuzzAnswers: whatever bytes functions give, facts have our names.
func FuzzAnswers(f *testing.F) {
	f.Add(auditAnswer(f, map[string]byte{"0cce9210-69ae-11d9-bed3-505054503030": 1}), []byte("12345678901234567890"), uint32(4))
	f.Add([]byte{}, []byte{}, uint32(0))
	known := map[string]bool{}
	for _, name := range auditNames() {
		known[name] = true
	}
	f.Fuzz(func(t *testing.T, records, passwords []byte, state uint32) {
		for name, value := range auditFacts(records) {
			if !known[name] || value == "" {
				t.Errorf("%q is %q", name, value)
			}
		}
		if facts, err := passwordFacts(passwords, records); err == nil && len(facts) != 7 {
			t.Error(facts)
		}
		if serviceFact(state) == "" {
			t.Error(state)
		}
		text := string(passwords)
		volumeFacts([]map[string]string{{"DriveLetter": "C:", "ProtectionStatus": text,
			"VolumeType": fmt.Sprint(int32(state))}})
		if _, err := guardFacts([]map[string]string{{"SecurityServicesRunning": text}}); err != nil {
			t.Error(err)
		}
	})
}

// TestFamiliesAreDescribed: doc/facts.md has every family with its facts.
func TestFamiliesAreDescribed(t *testing.T) {
	text, err := os.ReadFile("../../../../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What Windows answers\n")
	section, _, _ = strings.Cut(section, "\n## ")
	passwords, err := passwordFacts(make([]byte, 20), make([]byte, 12))
	if err != nil {
		t.Fatal(err)
	}
	var ages []string
	for name := range passwords {
		ages = append(ages, name)
	}
	for family, names := range map[string][]string{Passwords: ages, Audit: auditNames(),
		Rights:   strings.Fields(rightsTable),
		Accounts: {"Administrator Name", "Administrator Enabled", "Guest Name", "Guest Enabled"},
		Services: strings.Fields(servicesTable), Defender: strings.Fields(defenderProperties),
		DeviceGuard: strings.Fields(guardProperties),
		Volumes:     {"LETTER Protection", "LETTER Conversion", "LETTER Method", "LETTER Type"}} {
		_, line, have := strings.Cut(section, "\n| `"+family+"` | ")
		line, _, _ = strings.Cut(line, "\n")
		told := strings.Split(strings.Trim(line[strings.LastIndex(line, " | `")+3:], " `|"), "`, `")
		slices.Sort(names)
		slices.Sort(told)
		if diff := cmp.Diff(names, told); diff != "" || !have {
			t.Errorf("%s (-code +doc):\n%s", family, diff)
		}
	}
}
