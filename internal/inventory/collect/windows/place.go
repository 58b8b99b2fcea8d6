package windows

// Where Windows keeps what is read.
const (
	machine = `HKEY_LOCAL_MACHINE`
	users   = `HKEY_USERS`

	software   = machine + `\SOFTWARE`
	software32 = software + `\WOW6432Node` // the 32-bit view of a 64-bit system

	versionKey      = software + `\Microsoft\Windows NT\CurrentVersion`
	cryptographyKey = software + `\Microsoft\Cryptography`
	control         = machine + `\SYSTEM\CurrentControlSet\Control`
	environmentKey  = control + `\Session Manager\Environment`
	productKey      = control + `\ProductOptions`
	networkKey      = machine + `\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`

	packagesKey   = software + `\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages`
	uninstallPart = `\Microsoft\Windows\CurrentVersion\Uninstall`
)

// views are the two views of the machine's software: the system's own, and the one of 32-bit programs.
var views = [...]string{software, software32}
