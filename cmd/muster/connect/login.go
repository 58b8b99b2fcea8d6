package connect

import (
	"net/url"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// The variables with the credentials for a server. They are not flags, because everybody on
// the machine can see a command line.
const (
	TokenVariable  = "MUSTER_TOKEN"
	TenantVariable = "MUSTER_TENANT_ID"
	ClientVariable = "MUSTER_CLIENT_ID"
	SecretVariable = "MUSTER_CLIENT_SECRET"
)

// loginFor reads the credentials from variables, nil if none is set. It makes sure that they
// are not sent to base unprotected.
func loginFor(base *url.URL, secrecy console.Secrecy) (*control.Login, error) {
	if token := strings.TrimSpace(os.Getenv(TokenVariable)); token != "" {
		return control.LoginByToken(token), secrecy.Check(base)
	}
	tenant, client, secret := os.Getenv(TenantVariable), os.Getenv(ClientVariable),
		strings.TrimSpace(os.Getenv(SecretVariable))
	var lacking []string
	for name, value := range map[string]string{TenantVariable: tenant, ClientVariable: client, SecretVariable: secret} {
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
	return nil, console.Usage("%s, %s and %s belong together: %s is not set", TenantVariable, ClientVariable,
		SecretVariable, strings.Join(lacking, ", "))
}
