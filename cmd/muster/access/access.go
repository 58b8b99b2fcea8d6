package access

// Client is `muster client`.
type Client struct {
	Add    clientAddCmd    `cmd:"" help:"Add a client and show its secret."`
	List   clientListCmd   `cmd:"" help:"List clients."`
	Change clientChangeCmd `cmd:"" help:"Change a client's name, permissions or groups."`
	Rotate clientRotateCmd `cmd:"" help:"Give a client a new secret or another certificate."`
	Remove clientRemoveCmd `cmd:"" help:"Remove a client. Its access ends at once."`
}

// Enroll is `muster enroll`.
type Enroll struct {
	Create enrollCreateCmd `cmd:"" help:"Make a secret that devices exchange for credentials, and show it."`
	List   enrollListCmd   `cmd:"" help:"List enrolments."`
	Remove enrollRemoveCmd `cmd:"" help:"End an enrolment. Its secret stops working."`
	Accept enrollAcceptCmd `cmd:"" help:"Allow a known device without a credential to enrol."`
	Reset  enrollResetCmd  `cmd:"" help:"Revoke a device's credential, so that it can enrol again."`
}

// Group is `muster group`.
type Group struct {
	Set    groupSetCmd    `cmd:"" help:"Set the rules that put devices into RBAC groups."`
	Remove groupRemoveCmd `cmd:"" help:"Remove an RBAC group."`
	List   groupListCmd   `cmd:"" help:"List RBAC groups with their devices, or print the rules."`
}

// Organization is `muster organization`.
type Organization struct {
	Add  organizationAddCmd  `cmd:"" help:"Make an organization with its first administrator."`
	List organizationListCmd `cmd:"" help:"List the organizations of the server."`
}

// Key is `muster key`.
type Key struct {
	Rotate keyRotateCmd `cmd:"" help:"Make a new signing key and use it from now on."`
}
