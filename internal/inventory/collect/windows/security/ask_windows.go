package security

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Families returns the families of this machine.
func Families() []Family {
	return []Family{
		{Passwords, askPasswords}, {Accounts, askAccounts}, {Audit, askAudit}, {Rights, askRights},
		{Services, askServices}, {Volumes, askVolumes}, {Defender, askDefender}, {DeviceGuard, askGuard},
	}
}

// call calls a function of a library that returns a status, 0 if it was done.
//
//go:uintptrescapes
func call(library, function string, arguments ...uintptr) (uintptr, error) {
	procedure := windows.NewLazySystemDLL(library).NewProc(function)
	if err := procedure.Find(); err != nil {
		return 0, err
	}
	status, _, _ := procedure.Call(arguments...)
	return status, nil
}

// modals asks for a level of the policy of accounts, and returns a copy of its first bytes.
func modals(level, size uintptr) ([]byte, error) {
	var buffer *byte
	status, err := call("netapi32.dll", "NetUserModalsGet", 0, level, uintptr(unsafe.Pointer(&buffer)))
	if err != nil {
		return nil, err
	}
	if status != 0 {
		return nil, fmt.Errorf("asking for level %d of NetUserModalsGet: %w", level, windows.Errno(status))
	}
	defer freeNet(buffer)
	return append([]byte(nil), unsafe.Slice(buffer, size)...), nil
}

// freeNet frees a buffer of netapi32.
func freeNet(buffer *byte) {
	_, _ = call("netapi32.dll", "NetApiBufferFree", uintptr(unsafe.Pointer(buffer)))
}

func askPasswords() (map[string]string, error) {
	passwords, err := modals(0, 20)
	if err != nil {
		return nil, err
	}
	lockout, err := modals(3, 12)
	if err != nil {
		return nil, err
	}
	return passwordFacts(passwords, lockout)
}

// userInfo is USER_INFO_20.
type userInfo struct {
	name, fullName, comment *uint16
	flags, id               uint32
}

// The arguments of NetUserEnum, and its answer when there is more.
const (
	normalAccounts = 2
	enumBuffer     = 64 << 10
	maxEnums       = 16
)

// askAccounts looks for the built-in accounts, which are listed first.
func askAccounts() (map[string]string, error) {
	var all []account
	var resume uint32
	for range maxEnums {
		var buffer *byte
		var read, total uint32
		status, err := call("netapi32.dll", "NetUserEnum", 0, 20, normalAccounts, uintptr(unsafe.Pointer(&buffer)), enumBuffer,
			uintptr(unsafe.Pointer(&read)), uintptr(unsafe.Pointer(&total)), uintptr(unsafe.Pointer(&resume)))
		if err != nil {
			return nil, err
		}
		if status != 0 && windows.Errno(status) != windows.ERROR_MORE_DATA {
			return nil, fmt.Errorf("listing accounts: %w", windows.Errno(status))
		}
		if buffer != nil {
			for _, user := range unsafe.Slice((*userInfo)(unsafe.Pointer(buffer)), read) {
				all = append(all, account{windows.UTF16PtrToString(user.name), user.flags, user.id})
			}
			freeNet(buffer)
		}
		if _, err := accountFacts(all); status == 0 || err == nil {
			break
		}
	}
	return accountFacts(all)
}

func askAudit() (map[string]string, error) {
	guids := auditGUIDs()
	var records *byte
	procedure := windows.NewLazySystemDLL("advapi32.dll").NewProc("AuditQuerySystemPolicy")
	if err := procedure.Find(); err != nil {
		return nil, err
	}
	count := len(auditNames())
	ok, _, err := procedure.Call(uintptr(unsafe.Pointer(&guids[0])), uintptr(count), uintptr(unsafe.Pointer(&records)))
	if ok&0xff == 0 { // a BOOLEAN
		return nil, fmt.Errorf("asking for the audit policy: %w", err)
	}
	defer func() { _, _ = call("advapi32.dll", "AuditFree", uintptr(unsafe.Pointer(records))) }()
	return auditFacts(unsafe.Slice(records, count*auditRecord)), nil
}

// Access to the local security policy, and statuses of its functions.
const (
	policyView          = 0x1
	policyLookup        = 0x800
	statusNoMoreEntries = 0x8000001A
	statusNotFound      = 0xC0000034
	statusNoPrivilege   = 0xC0000060
)

func askRights() (map[string]string, error) {
	var attributes [48]byte // LSA_OBJECT_ATTRIBUTES, of which nothing is set
	var policy uintptr
	status, err := call("advapi32.dll", "LsaOpenPolicy", 0, uintptr(unsafe.Pointer(&attributes)), policyView|policyLookup,
		uintptr(unsafe.Pointer(&policy)))
	if err != nil {
		return nil, err
	}
	if status != 0 {
		return nil, fmt.Errorf("opening the local security policy: %w", windows.NTStatus(status).Errno())
	}
	defer func() { _, _ = call("advapi32.dll", "LsaClose", policy) }()
	facts := map[string]string{}
	for right := range strings.FieldsSeq(rightsTable) {
		ids, err := holdersOf(policy, right)
		if err != nil {
			return nil, err
		}
		if ids != nil {
			facts[right] = holders(ids)
		}
	}
	return facts, nil
}

// holdersOf returns the security ids of those who have a right; nil if this Windows does not know the right.
func holdersOf(policy uintptr, right string) ([]string, error) {
	name, err := windows.NewNTUnicodeString(right)
	if err != nil {
		return nil, err
	}
	var buffer *byte
	var count uint32
	status, err := call("advapi32.dll", "LsaEnumerateAccountsWithUserRight", policy, uintptr(unsafe.Pointer(name)),
		uintptr(unsafe.Pointer(&buffer)), uintptr(unsafe.Pointer(&count)))
	switch {
	case err != nil:
		return nil, err
	case uint32(status) == statusNoMoreEntries, uint32(status) == statusNotFound:
		return []string{}, nil
	case uint32(status) == statusNoPrivilege:
		return nil, nil
	case status != 0:
		return nil, fmt.Errorf("asking who has %q: %w", right, windows.NTStatus(status).Errno())
	}
	defer func() { _, _ = call("advapi32.dll", "LsaFreeMemory", uintptr(unsafe.Pointer(buffer))) }()
	ids := []string{}
	for _, id := range unsafe.Slice((**windows.SID)(unsafe.Pointer(buffer)), count) {
		ids = append(ids, id.String())
	}
	return ids, nil
}

func askServices() (map[string]string, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return nil, fmt.Errorf("opening the manager of services: %w", err)
	}
	defer func() { _ = windows.CloseServiceHandle(manager) }()
	facts := map[string]string{}
	for name := range strings.FieldsSeq(servicesTable) {
		state, err := serviceState(manager, name)
		switch {
		case err == nil:
			facts[name] = serviceFact(state)
		case !errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST):
			return nil, fmt.Errorf("asking for service %q: %w", name, err)
		}
	}
	return facts, nil
}

// serviceState returns the state of a service.
func serviceState(manager windows.Handle, name string) (uint32, error) {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	service, err := windows.OpenService(manager, text, windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return 0, err
	}
	defer func() { _ = windows.CloseServiceHandle(service) }()
	var status windows.SERVICE_STATUS
	err = windows.QueryServiceStatus(service, &status)
	return status.CurrentState, err
}

func askVolumes() (map[string]string, error) {
	volumes, err := query(`ROOT\CIMV2\Security\MicrosoftVolumeEncryption`, "Win32_EncryptableVolume", volumeProperties)
	if err != nil {
		return nil, err
	}
	return volumeFacts(volumes), nil
}

func askDefender() (map[string]string, error) {
	status, err := query(`ROOT\Microsoft\Windows\Defender`, "MSFT_MpComputerStatus", defenderProperties)
	if err != nil {
		return nil, err
	}
	return defenderFacts(status)
}

func askGuard() (map[string]string, error) {
	status, err := query(`ROOT\Microsoft\Windows\DeviceGuard`, "Win32_DeviceGuard", guardProperties)
	if err != nil {
		return nil, err
	}
	return guardFacts(status)
}
