package sbom

import (
	"github.com/muster-project/muster/internal/inventory/parse"
)

// readSyft reads the parts of Syft's own JSON that a report needs: schema/json in
// https://github.com/anchore/syft, versions 1 to 16.
func readSyft(text string) (*sbom, error) {
	s, p, found := &sbom{}, &jsonReader{parse.NewJSON(text)}, false
	owners := map[string]string{} // by the id of what they own
	err := p.Members(func(key string) (err error) {
		switch key {
		case "artifacts":
			found = true
			err = p.each(func() error { return p.syftArtifact(s) })
		case "artifactRelationships":
			err = p.each(func() error { return p.syftRelationship(owners) })
		case "distro":
			err = p.syftDistro(s)
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil {
		err = p.End()
	}
	if err == nil && !found {
		err = parse.Invalid("artifacts", "is missing")
	}
	if err != nil {
		return nil, err
	}
	s.dropOwned(owners)
	return s, nil
}

// syftArtifact reads a package. Several CPEs are guesses.
func (p *jsonReader) syftArtifact(s *sbom) error {
	var c component
	cpes := 0
	err := p.Members(func(key string) (err error) {
		switch key {
		case "id":
			c.id, err = p.Text()
		case "name":
			c.name, err = p.Text()
		case "version":
			c.version, err = p.Text()
		case "purl":
			c.purl, err = p.Text()
		case "cpes":
			err = p.Array(func(int) (err error) {
				cpes++
				c.cpe, err = p.syftCPE()
				return err
			})
		default:
			err = p.Skip()
		}
		return err
	})
	if cpes > 1 {
		c.cpe = ""
	}
	if err != nil || c.name == "" {
		return err
	}
	return s.add(c)
}

// syftCPE reads a CPE: a text before version 15 of the schema, an object since then.
func (p *jsonReader) syftCPE() (cpe string, err error) {
	if !p.IsText() {
		return p.memberText("cpe")
	}
	return p.Text()
}

// syftRelationship reads a relationship, and keeps it if it says who owns a package.
func (p *jsonReader) syftRelationship(owners map[string]string) error {
	var owner, owned, kind string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "parent":
			owner, err = p.Text()
		case "child":
			owned, err = p.Text()
		case "type":
			kind, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil && kind == ownership && len(owners) < maxComponents {
		owners[owned] = owner
	}
	return err
}

// syftDistro reads the distribution, whose fields are those of os-release.
func (p *jsonReader) syftDistro(s *sbom) error {
	var id, name, version string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "id":
			id, err = p.Text()
		case "name":
			name, err = p.Text() // the id, in early versions
		case "versionID", "version":
			var text string
			if text, err = p.Text(); text != "" && (version == "" || key == "versionID") {
				version = text
			}
		default:
			err = p.Skip()
		}
		return err
	})
	if id == "" {
		id = name
	}
	if id != "" {
		s.system = systemOf(id, version)
	}
	return err
}
