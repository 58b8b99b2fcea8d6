package rbac

// Rule puts devices that meet all of its conditions into a group. An empty condition is none; a
// rule has at least one.
type Rule struct {
	Group string `json:"group"`
	// Device is a device's id or its whole name.
	Device string `json:"device,omitempty"`
	// Name, Tag and Platform are patterns of the device's name, of one of its
	// tags, and of its osPlatform.
	Name     string `json:"name,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Platform string `json:"platform,omitempty"`
}
