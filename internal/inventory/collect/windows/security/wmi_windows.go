package security

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// object is an object of COM: its first member is the table of its methods.
type object struct{ methods *[32]uintptr }

// Methods that are called, by their place in the tables of IWbemLocator, IWbemServices, IEnumWbemClassObject and
// IWbemClassObject.
const (
	release       = 2
	connectServer = 3
	execQuery     = 20
	next          = 4
	get           = 4
)

// call calls a method, and returns its HRESULT.
//
//go:uintptrescapes
func (o *object) call(method int, arguments ...uintptr) uint32 {
	all := append([]uintptr{uintptr(unsafe.Pointer(o))}, arguments...)
	result, _, _ := syscall.SyscallN(o.methods[method], all...)
	runtime.KeepAlive(o)
	return uint32(result)
}

// HRESULTs that mean that there is nothing of the kind: WBEM_E_INVALID_NAMESPACE, WBEM_E_INVALID_CLASS,
// WBEM_E_NOT_FOUND, WBEM_E_PROVIDER_LOAD_FAILURE.
const (
	noNamespace = 0x8004100E
	noClass     = 0x80041010
	notFound    = 0x80041002
	noProvider  = 0x80041013
)

// HRESULTs that mean that who asks may not: E_ACCESSDENIED, WBEM_E_ACCESS_DENIED.
const (
	accessDenied = 0x80070005
	wmiDenied    = 0x80041003
)

// failed returns the error of an HRESULT, or nil.
func failed(doing string, result uint32) error {
	switch {
	case result == noNamespace, result == noClass, result == notFound, result == noProvider:
		return ErrAbsent
	case result == accessDenied, result == wmiDenied:
		return fmt.Errorf("%s: %w", doing, fs.ErrPermission)
	case result&0x80000000 != 0:
		return fmt.Errorf("%s: %#x", doing, result)
	}
	return nil
}

// The arguments of COM.
const (
	multiThreaded  = 0
	changedMode    = 0x80010106 // RPC_E_CHANGED_MODE
	inProcess      = 1          // CLSCTX_INPROC_SERVER
	authentication = 10         // RPC_C_AUTHN_WINNT
	privacy        = 6          // RPC_C_AUTHN_LEVEL_PKT_PRIVACY
	impersonate    = 3          // RPC_C_IMP_LEVEL_IMPERSONATE
	forwardOnly    = 0x30       // WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY
	queryTime      = 20_000     // milliseconds
	maxObjects     = 1_000
)

// query asks WMI for all objects of a class, and returns the named properties of each. One that is not set, or that
// this build does not have, is absent.
func query(namespace, class, properties string) ([]map[string]string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	result, err := call("ole32.dll", "CoInitializeEx", 0, multiThreaded)
	if err != nil {
		return nil, err
	}
	if uint32(result) != changedMode {
		if err := failed("starting COM", uint32(result)); err != nil {
			return nil, err
		}
		defer func() { _, _ = call("ole32.dll", "CoUninitialize") }()
	}
	services, err := connect(namespace)
	if err != nil {
		return nil, err
	}
	defer services.call(release)
	language, statement := bstr("WQL"), bstr("SELECT * FROM "+class)
	defer freeBSTR(language)
	defer freeBSTR(statement)
	var found *object
	if err := failed("asking WMI", services.call(execQuery, language, statement, forwardOnly, 0,
		uintptr(unsafe.Pointer(&found)))); err != nil {
		return nil, err
	}
	defer found.call(release)
	if err := secure(found); err != nil {
		return nil, err
	}
	return objectsOf(found, strings.Fields(properties))
}

// connect connects to a namespace of WMI of this machine.
func connect(namespace string) (*object, error) {
	class, err := windows.GUIDFromString("{4590F811-1D3A-11D0-891F-00AA004B2E24}")
	if err != nil {
		return nil, err
	}
	kind, err := windows.GUIDFromString("{DC12A687-737F-11CF-884D-00AA004B2E24}")
	if err != nil {
		return nil, err
	}
	var locator, services *object
	result, err := call("ole32.dll", "CoCreateInstance", uintptr(unsafe.Pointer(&class)), 0, inProcess,
		uintptr(unsafe.Pointer(&kind)), uintptr(unsafe.Pointer(&locator)))
	if err = errors.Join(err, failed("starting WMI", uint32(result))); err != nil {
		return nil, err
	}
	defer locator.call(release)
	where := bstr(namespace)
	defer freeBSTR(where)
	if err := failed("connecting to WMI", locator.call(connectServer, where, 0, 0, 0, 0, 0, 0,
		uintptr(unsafe.Pointer(&services)))); err != nil {
		return nil, err
	}
	if err := secure(services); err != nil {
		services.call(release)
		return nil, err
	}
	return services, nil
}

// secure lets WMI ask as this program, over a channel that nobody else reads.
func secure(o *object) error {
	result, err := call("ole32.dll", "CoSetProxyBlanket", uintptr(unsafe.Pointer(o)), authentication, 0, 0, privacy,
		impersonate, 0, 0)
	const noInterface = 0x80004002 // the object is in this process
	if uint32(result) == noInterface {
		return err
	}
	return errors.Join(err, failed("securing WMI", uint32(result)))
}

// objectsOf reads the objects that a query found.
func objectsOf(found *object, properties []string) ([]map[string]string, error) {
	var all []map[string]string
	for len(all) < maxObjects {
		var one *object
		var count uint32
		result := found.call(next, queryTime, 1, uintptr(unsafe.Pointer(&one)), uintptr(unsafe.Pointer(&count)))
		if err := failed("reading what WMI found", result); err != nil {
			return nil, err
		}
		if count == 0 {
			if result == 1 { // WBEM_S_FALSE: there are no more
				break
			}
			return nil, errors.New("WMI did not answer in time")
		}
		values := map[string]string{}
		for _, name := range properties {
			if value, have := propertyOf(one, name); have {
				values[name] = value
			}
		}
		one.call(release)
		all = append(all, values)
	}
	return all, nil
}

// variant is a VARIANT of COM.
type variant struct {
	kind  uint16
	_     [3]uint16
	value [2]uintptr
}

// Kinds of variants.
const (
	kindNumber = 3
	kindText   = 8
	kindBool   = 11
	kindByte   = 17
	kindArray  = 0x2000
)

// propertyOf reads a property of an object.
func propertyOf(one *object, name string) (string, bool) {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return "", false
	}
	var v variant
	if one.call(get, uintptr(unsafe.Pointer(text)), 0, uintptr(unsafe.Pointer(&v)), 0, 0) != 0 {
		return "", false
	}
	defer func() { _, _ = call("oleaut32.dll", "VariantClear", uintptr(unsafe.Pointer(&v))) }()
	value := unsafe.Pointer(&v.value)
	number := *(*uint32)(value)
	switch v.kind {
	case kindNumber:
		return strconv.FormatUint(uint64(number), 10), true
	case kindByte:
		return strconv.FormatUint(uint64(number&0xff), 10), true
	case kindBool:
		return strconv.FormatBool(number&0xffff != 0), true
	case kindText:
		return windows.UTF16PtrToString(*(**uint16)(value)), v.value[0] != 0
	case kindArray | kindNumber:
		return numbersOf(*(**safeArray)(value)), v.value[0] != 0
	}
	return "", false
}

// safeArray is a SAFEARRAY of one dimension.
type safeArray struct {
	dimensions, _ uint16
	size, _       uint32
	data          unsafe.Pointer
	count         uint32
	_             int32
}

// numbersOf joins the numbers of an array by blanks.
func numbersOf(array *safeArray) string {
	if array == nil || array.dimensions != 1 || array.size != 4 || array.data == nil {
		return ""
	}
	var all []string
	for _, number := range unsafe.Slice((*uint32)(array.data), min(array.count, maxObjects)) {
		all = append(all, strconv.FormatUint(uint64(number), 10))
	}
	return strings.Join(all, " ")
}

// bstr makes a text of COM.
func bstr(text string) uintptr {
	wide, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return 0
	}
	made, _ := call("oleaut32.dll", "SysAllocString", uintptr(unsafe.Pointer(wide)))
	runtime.KeepAlive(wide)
	return made
}

func freeBSTR(text uintptr) { _, _ = call("oleaut32.dll", "SysFreeString", text) }
