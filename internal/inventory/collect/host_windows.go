package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/windows/registry"

	"github.com/muster-project/muster/internal/inventory"
)

// hive is one root of the registry under the name that paths begin with.
type hive struct {
	name string
	key  registry.Key
}

var (
	machineHive = hive{"HKEY_LOCAL_MACHINE", registry.LOCAL_MACHINE}
	usersHive   = hive{"HKEY_USERS", registry.USERS}
)

// Where Windows keeps what is read.
const (
	versionKey      = `SOFTWARE\Microsoft\Windows NT\CurrentVersion`
	networkKey      = `SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`
	environmentKey  = `SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
	cryptographyKey = `SOFTWARE\Microsoft\Cryptography`
	packagesKey     = `SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages`
	uninstallKey    = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`
	uninstall32Key  = `SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall`
)

// windowsReader reads the registry and notes what it could not read.
type windowsReader struct{ warnings []Warning }

// collectHost makes the report of the machine we run on.
func collectHost(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	r := &windowsReader{}
	record := windowsRecord{
		Version:      r.key(machineHive, versionKey),
		Network:      r.key(machineHive, networkKey),
		Environment:  r.key(machineHive, environmentKey),
		Cryptography: r.key(machineHive, cryptographyKey),
		Packages:     r.subkeys(machineHive, packagesKey),
	}
	before := len(r.warnings)
	record.Uninstall = r.uninstall()
	complete := len(r.warnings) == before
	report, err := record.report(config)
	if err != nil {
		return nil, r.warnings, err
	}
	if !complete { // see the package comment
		report.Software = nil
	}
	return report, r.warnings, ctx.Err()
}

// uninstall reads the programs of the machine, 64 and 32 bit, and those of every
// user whose hive is loaded.
func (r *windowsReader) uninstall() []registryKey {
	all := append(r.subkeys(machineHive, uninstallKey), r.subkeys(machineHive, uninstall32Key)...)
	for _, user := range r.names(usersHive, "") {
		if isPerson(user) {
			all = append(all, r.subkeys(usersHive, user+`\`+uninstallKey)...)
		}
	}
	return all
}

// isPerson tells a user's hive from those of services and of user classes: local
// and domain accounts are S-1-5-21, accounts of Entra ID S-1-12-1.
func isPerson(sid string) bool {
	return (strings.HasPrefix(sid, "S-1-5-21-") || strings.HasPrefix(sid, "S-1-12-1-")) &&
		!strings.HasSuffix(sid, "_Classes")
}

// subkeys reads all keys below path; none when it does not exist.
func (r *windowsReader) subkeys(h hive, path string) []registryKey {
	names := r.names(h, path)
	if len(names) > maxPackages {
		r.warn(h, path, fmt.Errorf("it has more than %d subkeys", maxPackages))
		return nil
	}
	var all []registryKey
	for _, name := range names {
		all = append(all, r.key(h, path+`\`+name))
	}
	return all
}

// names lists the keys below path; none when it does not exist.
func (r *windowsReader) names(h hive, path string) []string {
	key, err := registry.OpenKey(h.key, path, registry.ENUMERATE_SUB_KEYS|registry.WOW64_64KEY)
	if err != nil {
		r.warn(h, path, err)
		return nil
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		r.warn(h, path, err)
	}
	return names
}

// key reads the values of one key.
func (r *windowsReader) key(h hive, path string) registryKey {
	record := registryKey{Path: h.name + `\` + path, Values: map[string]string{}}
	key, err := registry.OpenKey(h.key, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		r.warn(h, path, err)
		return record
	}
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	if err != nil {
		r.warn(h, path, err)
	}
	for _, name := range names {
		if value, ok := registryValue(key, name); ok {
			record.Values[name] = value
		}
	}
	return record
}

// registryValue reads a string or a number; ok is false for other kinds.
func registryValue(key registry.Key, name string) (value string, ok bool) {
	value, _, err := key.GetStringValue(name)
	if err == nil {
		return value, true
	}
	if !errors.Is(err, registry.ErrUnexpectedType) {
		return "", false
	}
	number, _, err := key.GetIntegerValue(name)
	return strconv.FormatUint(number, 10), err == nil
}

// warn notes a key that could not be read; one that does not exist is no failure.
func (r *windowsReader) warn(h hive, path string, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		r.warnings = append(r.warnings, Warning{What: h.name + `\` + path, Err: err})
	}
}
