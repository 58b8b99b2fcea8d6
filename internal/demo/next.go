package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/control"
)

// manual is the link that a demonstration without a server ends with.
const manual = "https://github.com/muster-project/muster#readme"

// showNext prints how to go on: one command and one link. While the demonstration serves, the command
// gets the credentials of its client from a file in the folder; afterwards it works on the folder.
func (d *demonstration) showNext(ctx context.Context, program string, once bool, goos string) error {
	if once {
		d.say("\nGo on with\n\n  %s device list --data %s\n\nand %s", quote(program), quote(d.folder.Path), manual)
		return nil
	}
	name, text := settings(&d.client, d.url, goos)
	path := filepath.Join(d.folder.Path, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("keeping the credentials of the demonstration: %w", err)
	}
	if !filepath.IsAbs(path) {
		path = "." + string(filepath.Separator) + path // the shell looks for other names in PATH
	}
	link, err := d.signIn(ctx)
	if err != nil {
		return err
	}
	d.say("\nAsk it from another terminal:\n\n  . %s; %s device list\n\nor look at the dashboard: %s\n(once, within a minute; muster open makes another link)",
		quote(path), quote(program), link)
	return nil
}

// settings returns the name and the text of a file with which a shell of an operating system sets who
// commands are, and to which server.
func settings(c *control.Issued, url, goos string) (name, text string) {
	var b strings.Builder
	name = "client.env"
	form := "export %s='%s'\n"
	if goos == "windows" {
		name, form = "client.ps1", "$env:%s = '%s'\n"
	}
	for _, one := range [][2]string{{"MUSTER_SERVER", url}, {"MUSTER_TENANT_ID", c.TenantID},
		{"MUSTER_CLIENT_ID", c.ClientID}, {"MUSTER_CLIENT_SECRET", c.ClientSecret}} {
		fmt.Fprintf(&b, form, one[0], one[1])
	}
	return name, b.String()
}

// quote returns a word for a shell.
func quote(word string) string {
	if regexp.MustCompile(`^[\w./\\:-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
