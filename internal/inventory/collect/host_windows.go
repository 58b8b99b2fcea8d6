package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/windows/registry"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// hive is a root of the registry with the name that begins its paths.
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

// Limits of a registry key. Users can write to the keys of their own hive.
const (
	maxValues   = 1_000    // values of a key
	maxRegistry = 32 << 10 // bytes of a value
	maxWarnings = 100      // warnings of one source
)

var errRegistry = fmt.Errorf("the keys contain more than %d bytes", packages.MaxListed)

// windowsReader reads the registry and records what it could not read.
type windowsReader struct {
	ctx      context.Context
	warnings []Warning
	holes    bool // a key could not be read
	bytes    int  // bytes read so far
}

// collectHost makes the report of this machine.
func collectHost(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	var record windowsRecord
	var warnings []Warning
	look := func(what string, read func(*windowsReader) windowsRecord) (found windowsRecord, complete bool) {
		r, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (readRecord, error) {
			r := &windowsReader{ctx: ctx}
			found := read(r)
			return readRecord{found, r.warnings, r.holes}, nil
		})
		if err != nil {
			r.warnings = append(r.warnings, Warning{What: what, Err: err})
		}
		warnings = append(warnings, r.warnings...)
		return r.record, err == nil && !r.holes
	}
	record, _ = look("identity", func(r *windowsReader) windowsRecord {
		return windowsRecord{
			Version:      r.key(machineHive, versionKey),
			Network:      r.key(machineHive, networkKey),
			Environment:  r.key(machineHive, environmentKey),
			Cryptography: r.key(machineHive, cryptographyKey),
		}
	})
	if found, complete := look("software", func(r *windowsReader) windowsRecord {
		return windowsRecord{Uninstall: r.uninstall()}
	}); complete {
		record.Uninstall = append([]registryKey{}, found.Uninstall...)
	}
	if found, complete := look("hotfixes", func(r *windowsReader) windowsRecord {
		return windowsRecord{Packages: r.subkeys(machineHive, packagesKey)}
	}); complete {
		record.Packages = append([]registryKey{}, found.Packages...)
	}
	report, err := record.report(config)
	if err != nil {
		return nil, warnings, err
	}
	return report, append(warnings, unidentified(report)...), nil
}

// readRecord is the result of one source, with what it could not read.
type readRecord struct {
	record   windowsRecord
	warnings []Warning
	holes    bool
}

// uninstall reads the programs of the machine, 64 and 32 bit, and those of every user whose hive
// is loaded.
func (r *windowsReader) uninstall() []registryKey {
	all := append(r.subkeys(machineHive, uninstallKey), r.subkeys(machineHive, uninstall32Key)...)
	for _, user := range r.names(usersHive, "") {
		if isPerson(user) {
			all = append(all, r.subkeys(usersHive, user+`\`+uninstallKey)...)
		}
		if len(all) > packages.MaxPackages {
			r.fail(usersHive, user, packages.ErrTooMany)
			break
		}
	}
	return all
}

// isPerson distinguishes a user's hive from those of services and of user classes: local and
// domain accounts are S-1-5-21, accounts of Entra ID S-1-12-1.
func isPerson(sid string) bool {
	return (strings.HasPrefix(sid, "S-1-5-21-") || strings.HasPrefix(sid, "S-1-12-1-")) &&
		!strings.HasSuffix(sid, "_Classes")
}

// subkeys reads all keys below path; none if it does not exist.
func (r *windowsReader) subkeys(h hive, path string) []registryKey {
	var all []registryKey
	for _, name := range r.names(h, path) {
		err := context.Cause(r.ctx)
		if r.bytes > packages.MaxListed {
			err = errRegistry
		}
		if err != nil {
			r.fail(h, path, err)
			return nil
		}
		all = append(all, r.key(h, path+`\`+name))
	}
	return all
}

// names lists the keys below path; none if it does not exist.
func (r *windowsReader) names(h hive, path string) []string {
	key, err := registry.OpenKey(h.key, path, registry.ENUMERATE_SUB_KEYS|registry.WOW64_64KEY)
	if err != nil {
		r.fail(h, path, err)
		return nil
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(packages.MaxPackages + 1)
	if err == nil && len(names) > packages.MaxPackages {
		err = fmt.Errorf("it has more than %d subkeys", packages.MaxPackages)
	}
	if err != nil && !errors.Is(err, io.EOF) { // io.EOF: no more keys
		r.fail(h, path, err)
		return nil
	}
	return names
}

// key reads the values of one key.
func (r *windowsReader) key(h hive, path string) registryKey {
	record := registryKey{Path: h.name + `\` + path, Values: map[string]string{}}
	key, err := registry.OpenKey(h.key, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		r.fail(h, path, err)
		return record
	}
	defer key.Close()
	names, err := key.ReadValueNames(maxValues + 1)
	if err == nil && len(names) > maxValues {
		err = fmt.Errorf("it has more than %d values", maxValues)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.fail(h, path, err)
		return record
	}
	r.bytes += len(record.Path)
	for _, name := range names {
		value, err := registryValue(key, name)
		r.bytes += len(name) + len(value)
		switch {
		case err == nil:
			record.Values[name] = value
		case !errors.Is(err, registry.ErrUnexpectedType):
			r.warn(h, path+`\`+name, err)
		}
	}
	return record
}

// registryValue reads a string or a number. For other kinds the error is
// registry.ErrUnexpectedType.
func registryValue(key registry.Key, name string) (string, error) {
	size, kind, err := key.GetValue(name, nil)
	switch {
	case err != nil:
		return "", err
	case kind == registry.DWORD || kind == registry.QWORD:
		number, _, err := key.GetIntegerValue(name)
		return strconv.FormatUint(number, 10), err
	case kind != registry.SZ && kind != registry.EXPAND_SZ:
		return "", registry.ErrUnexpectedType
	case size > maxRegistry:
		return "", fmt.Errorf("%w: a value of %d bytes", disk.ErrTooLarge, size)
	}
	value, _, err := key.GetStringValue(name)
	return value, err
}

// fail records a key that could not be read; a missing key is not a failure.
func (r *windowsReader) fail(h hive, path string, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		r.holes = true
		r.warn(h, path, err)
	}
}

// warn records a value of an unexpected kind, which is treated as absent.
func (r *windowsReader) warn(h hive, path string, err error) {
	switch {
	case len(r.warnings) < maxWarnings:
		r.warnings = append(r.warnings, Warning{What: h.name + `\` + path, Err: err})
	case len(r.warnings) == maxWarnings:
		r.warnings = append(r.warnings, Warning{What: h.name, Err: errors.New("more values could not be read")})
	}
}
