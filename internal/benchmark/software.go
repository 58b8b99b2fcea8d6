package benchmark

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/version"
)

// softwareFamily is a family that every device has that tells facts: the versions of its platform's
// packages, by name. A check names those that it reads in Definition.Software, so that all others may change
// without any check being evaluated again.
const softwareFamily = "software"

// schemes has the order of versions of each kind of packages.
var schemes = map[string]version.Scheme{
	"deb": version.Debian, "rpm": version.RPM, "apk": version.Alpine, "alpm": version.Pacman,
}

// packageKind returns the kind of the platform's packages; "" if there are none.
func packageKind(software []inventory.Software) string {
	for i := range software {
		if _, ok := schemes[software[i].Kind]; ok {
			return software[i].Kind
		}
	}
	return ""
}

// packagesOf returns the versions of the wanted packages. Of several versions, as of kernels, the newest counts.
func packagesOf(software []inventory.Software, kind string, wanted map[string]bool) family {
	if software == nil {
		return family{unread: map[string]string{inventory.AnyFact: "the report has no software"}}
	}
	found := map[string]string{}
	for i := range software {
		s := &software[i]
		if !wanted[s.Name] || s.Kind != kind {
			continue
		}
		if have, again := found[s.Name]; again {
			if order, err := version.Compare(schemes[kind], s.Version, have); err != nil || order < 0 {
				continue
			}
		}
		found[s.Name] = s.Version
	}
	return family{values: found}
}

// only returns a family with some of its keys.
func (f *family) only(keys []string) family {
	if f.values == nil {
		return *f
	}
	values := maps.Clone(f.values)
	maps.DeleteFunc(values, func(key, _ string) bool { return !slices.Contains(keys, key) })
	return family{values: values, unread: f.unread}
}

// atLeast reports whether a version is not older than another, by the rules of a kind of packages.
func atLeast(arguments ...ref.Val) ref.Val {
	kind := string(arguments[2].(types.String))
	scheme, ok := schemes[kind]
	if !ok {
		return types.WrapErr(fmt.Errorf("versions of packages of kind %.40q have no order", kind))
	}
	order, err := version.Compare(scheme, string(arguments[0].(types.String)), string(arguments[1].(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(order >= 0)
}

// upstream returns the version that a package has from its authors: without epoch and revision.
func upstream(of ref.Val) ref.Val {
	text := string(of.(types.String))
	if epoch, rest, ok := strings.Cut(text, ":"); ok && strings.Trim(epoch, "0123456789") == "" {
		text = rest
	}
	if i := strings.LastIndexByte(text, '-'); i > 0 {
		text = text[:i]
	}
	return types.String(text)
}
