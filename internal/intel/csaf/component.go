package csaf

import (
	"strings"

	"github.com/package-url/packageurl-go"
)

// component is an rpm, or every version of one.
type component struct {
	name string
	// stream is the module stream ("nodejs:18"); empty for none.
	stream string
	// evr is epoch, version and release; empty for every version.
	evr string
	// source says that it is a source package.
	source bool
	// module says that it is a whole module, of which other components are parts.
	module bool
}

// sourceArch is the architecture of a source package.
const sourceArch = "src"

// componentOf reads a component by its package URL, or by its id where it has none; false if it is no rpm.
func componentOf(id, purl string) (component, bool) {
	if purl == "" {
		return named(id)
	}
	p, err := packageurl.FromString(purl)
	if err != nil {
		return component{}, false
	}
	owner, within, _ := strings.Cut(p.Namespace, "/")
	if owner != "redhat" || p.Name == "" || p.Type != "rpm" && p.Type != "rpmmod" || p.Type == "rpm" && within != "" {
		return component{}, false
	}
	q := p.Qualifiers.Map()
	c := component{name: p.Name, source: q["arch"] == sourceArch}
	if p.Type == "rpmmod" {
		c.module, c.source = within == "", true
		if c.module {
			within = p.Name + ":" + p.Version
		}
		var ok bool
		c.stream, ok = streamOf(within)
		return c, ok
	}
	if label := q["rpmmod"]; label != "" {
		var ok bool
		if c.stream, ok = streamOf(label); !ok { // a Flatpak ("rhel10"), which no machine has as packages
			return component{}, false
		}
	}
	if isEVR(p.Version) {
		c.evr = epochOf(q["epoch"], id, p.Name) + ":" + p.Version
	}
	return c, true
}

// streamOf returns module and stream of a module's label ("nodejs:18:8060020220810162001:ad008a3a").
func streamOf(label string) (string, bool) {
	words := strings.SplitN(label, ":", 3)
	if len(words) < 2 || words[0] == "" || words[1] == "" {
		return "", false
	}
	return words[0] + ":" + words[1], true
}

// isEVR reports whether a text may be version and release of a package.
func isEVR(v string) bool {
	at := strings.LastIndexByte(v, '-')
	return at > 0 && at < len(v)-1
}

// epochOf returns the epoch that a package URL states, else the one in the id ("bind-32:9.8.2-1.el6.src"), else 0.
func epochOf(stated, id, name string) string {
	if isNumber(stated) {
		return stated
	}
	if rest, ok := strings.CutPrefix(id, name+"-"); ok {
		if epoch, _, ok := strings.Cut(rest, ":"); ok && isNumber(epoch) {
			return epoch
		}
	}
	return "0"
}

// named reads a component by its id alone, as older documents have it: "samba", "nodejs:18/nodejs",
// "samba-client-0:4.15.5-111.el9_0.aarch64", each perhaps with "::nodejs:18" after it.
func named(id string) (c component, ok bool) {
	id, label, inModule := strings.Cut(id, "::")
	if inModule {
		if c.stream, ok = streamOf(label); !ok {
			return component{}, false
		}
	}
	if within, name, ok := strings.Cut(id, "/"); ok {
		if c.stream, ok = streamOf(within); !ok {
			return component{}, false // the name of an image, of Maven or of npm
		}
		id = name
	}
	if before, evr, ok := strings.Cut(id, ":"); ok {
		at, arch := strings.LastIndexByte(before, '-'), strings.LastIndexByte(evr, '.')
		if at <= 0 || arch < 0 || !isNumber(before[at+1:]) || !isEVR(evr[:arch]) {
			return component{}, false
		}
		c.name, c.evr, c.source = before[:at], before[at+1:]+":"+evr[:arch], evr[arch+1:] == sourceArch
		return c, true
	}
	c.name, c.source = strings.CutSuffix(id, "."+sourceArch)
	c.source = true // a bare name is that of the source, unless a package has the same
	return c, c.name != "" && !strings.ContainsAny(c.name, "@/ ")
}
