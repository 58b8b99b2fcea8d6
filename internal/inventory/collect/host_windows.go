package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/sys/windows/registry"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/security"
)

// collectHost makes the report of this machine.
func collectHost(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	return collectWindows(ctx, config, liveRegistry{}, security.Families(), disk.OpenRoot)
}

// liveRegistry is the registry of this machine.
type liveRegistry struct{}

// roots are the roots of the registry that are read.
var roots = map[string]registry.Key{
	"HKEY_LOCAL_MACHINE": registry.LOCAL_MACHINE,
	"HKEY_USERS":         registry.USERS,
}

// open opens a key in the view of 64-bit programs.
func (liveRegistry) open(path string, access uint32) (registry.Key, error) {
	root, path, _ := strings.Cut(path, `\`)
	return registry.OpenKey(roots[root], path, access|registry.WOW64_64KEY)
}

// Names lists the keys below a key, and one more than packages.MaxPackages if there are more.
func (l liveRegistry) Names(path string) ([]string, error) {
	key, err := l.open(path, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(packages.MaxPackages + 1)
	if errors.Is(err, io.EOF) { // no more keys
		err = nil
	}
	return names, err
}

// Values returns the values of one key.
func (l liveRegistry) Values(path string) (map[string]string, error) {
	key, err := l.open(path, registry.QUERY_VALUE)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadValueNames(windows.MaxValues + 1)
	if err == nil && len(names) > windows.MaxValues {
		err = fmt.Errorf("it has more than %d values", windows.MaxValues)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	values, unread := map[string]string{}, error(nil)
	for _, name := range names {
		value, err := registryValue(key, name)
		switch {
		case err == nil:
			values[name] = value
		case !errors.Is(err, registry.ErrUnexpectedType) && unread == nil:
			unread = fmt.Errorf("value %q: %w", name, err)
		}
	}
	return values, unread
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
	case size > windows.MaxValue:
		return "", fmt.Errorf("%w: a value of %d bytes", disk.ErrTooLarge, size)
	}
	value, _, err := key.GetStringValue(name)
	return value, err
}
