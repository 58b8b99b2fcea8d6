package main

import (
	"net/url"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// The variables that say who asks a server. They are no flags, because what is
// on a command line can be seen by everybody on the machine.
const (
	tokenVariable  = "MUSTER_TOKEN"
	tenantVariable = "MUSTER_TENANT_ID"
	clientVariable = "MUSTER_CLIENT_ID"
	secretVariable = "MUSTER_CLIENT_SECRET"
)

// loginFor reads who asks from variables, nil where they do not say, and makes sure
// that no one on the way learns how to be them.
func loginFor(base *url.URL, secrecy console.Secrecy) (*control.Login, error) {
	if token := strings.TrimSpace(os.Getenv(tokenVariable)); token != "" {
		return control.LoginByToken(token), secrecy.Check(base)
	}
	tenant, client, secret := os.Getenv(tenantVariable), os.Getenv(clientVariable), strings.TrimSpace(os.Getenv(secretVariable))
	var lacking []string
	for name, value := range map[string]string{tenantVariable: tenant, clientVariable: client, secretVariable: secret} {
		if value == "" {
			lacking = append(lacking, name)
		}
	}
	switch len(lacking) {
	case 0:
		return control.LoginBySecret(tenant, client, secret), secrecy.Check(base)
	case 3:
		return nil, nil
	}
	return nil, console.Usage("%s, %s and %s belong together: %s is not set", tenantVariable, clientVariable, secretVariable, strings.Join(lacking, ", "))
}
