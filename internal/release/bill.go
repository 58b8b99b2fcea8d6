package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// bill is an SBOM: CycloneDX 1.5 in JSON, https://cyclonedx.org/docs/1.5/json/. It has the modules that
// the Go linker wrote into the programs, and Go's standard library, and says which program has which.
type bill struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// billOf returns the SBOM of programs. Its serial number follows from them.
func billOf(programs []program, version string, when time.Time) ([]byte, error) {
	all := sha256.New()
	root := component{Ref: "muster", Type: "application", Name: "muster", Version: version}
	b := bill{Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata: metadata{when.Format(time.RFC3339), root}, Dependencies: []dependency{{Ref: root.Ref}}}
	known := map[string]component{}
	for _, p := range programs {
		sum := sha256.Sum256(p.content)
		all.Write(sum[:])
		own := component{Ref: "program:" + p.name, Type: "application", Name: p.name, Version: version,
			Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}}
		known[own.Ref] = own
		info, err := buildinfo.Read(bytes.NewReader(p.content))
		if err != nil {
			return nil, fmt.Errorf("reading what is linked into %s: %w", p.name, err)
		}
		needs := dependency{Ref: own.Ref}
		for _, c := range linked(info) {
			known[c.Ref] = c
			needs.DependsOn = append(needs.DependsOn, c.Ref)
		}
		b.Dependencies[0].DependsOn = append(b.Dependencies[0].DependsOn, own.Ref)
		b.Dependencies = append(b.Dependencies, needs)
	}
	for _, ref := range slices.Sorted(maps.Keys(known)) {
		b.Components = append(b.Components, known[ref])
	}
	b.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, all.Sum(nil)).String()
	text, err := json.MarshalIndent(b, "", " ")
	return append(text, '\n'), err
}

// linked returns the components of a program, in the order of their references.
func linked(info *debug.BuildInfo) []component {
	version := strings.TrimPrefix(info.GoVersion, "go")
	std := component{Ref: "pkg:golang/std@" + version, Type: "library", Name: "std", Version: version}
	std.PURL = std.Ref
	all := []component{std}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		c := component{Type: "library", Name: module.Path, Version: module.Version, PURL: packageURL(module)}
		if c.Ref = c.PURL; module.Sum != "" {
			c.Properties = []property{{"go:sum", module.Sum}}
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	return all
}

// packageURL returns the package URL of a module, whose path is in lower case:
// https://github.com/package-url/purl-spec/blob/main/types/golang-definition.json
func packageURL(m *debug.Module) string {
	return "pkg:golang/" + strings.ToLower(m.Path) + "@" + url.PathEscape(m.Version)
}
