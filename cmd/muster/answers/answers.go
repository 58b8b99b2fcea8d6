package answers

// Device is `muster device`.
type Device struct {
	List   deviceListCmd   `cmd:"" help:"List devices."`
	Show   deviceShowCmd   `cmd:"" help:"Show what is known about a device."`
	Accept deviceAcceptCmd `cmd:"" help:"Accept the name, platform and tags that a device claims."`
	Remove deviceRemoveCmd `cmd:"" help:"Remove devices and their reports."`
}
