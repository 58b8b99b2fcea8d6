package sbom

import (
	"strconv"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// readTrivy reads the parts of Trivy's own JSON that a report needs: type Report in
// https://github.com/aquasecurity/trivy, from version 0.48 on, which names packages by package URLs.
func readTrivy(text string) (*sbom, error) {
	s, p, listed := &sbom{}, &jsonReader{parse.NewJSON(text)}, false
	err := p.Members(func(key string) error {
		switch key {
		case "Metadata":
			return p.trivyMetadata(s)
		case "Results":
			return p.each(func() error { return p.trivyResult(s, &listed) })
		}
		return p.Skip()
	})
	if err == nil {
		err = p.End()
	}
	if err == nil && !listed {
		err = parse.Invalid("Results", "have no Packages: let trivy write them by --list-all-pkgs")
	}
	return s, err
}

func (p *jsonReader) trivyMetadata(s *sbom) error {
	return p.Members(func(key string) error {
		if key != "OS" {
			return p.Skip()
		}
		var family, name string
		err := p.Members(func(key string) (err error) {
			switch key {
			case "Family":
				family, err = p.Text()
			case "Name":
				name, err = p.Text()
			default:
				err = p.Skip()
			}
			return err
		})
		if family != "" && family != "none" {
			s.system = systemOf(family, name)
		}
		return err
	})
}

// trivyResult reads the packages of one target; listed says whether there is a list of them.
func (p *jsonReader) trivyResult(s *sbom, listed *bool) error {
	return p.Members(func(key string) error {
		if key != "Packages" {
			return p.Skip()
		}
		*listed = true
		return p.each(func() error { return p.trivyPackage(s) })
	})
}

func (p *jsonReader) trivyPackage(s *sbom) error {
	var c component
	var source bomProperties
	err := p.Members(func(key string) (err error) {
		switch key {
		case "Name":
			c.name, err = p.Text()
		case "Version":
			c.version, err = p.Text()
		case "Identifier":
			c.purl, err = p.memberText("PURL")
		case "SrcName":
			source.srcName, err = p.Text()
		case "SrcVersion":
			source.srcVersion, err = p.Text()
		case "SrcRelease":
			source.srcRelease, err = p.Text()
		case "SrcEpoch":
			var epoch float64
			epoch, err = p.Number()
			source.srcEpoch = strconv.Itoa(int(epoch))
		default:
			err = p.Skip()
		}
		return err
	})
	switch {
	case err != nil || c.name == "":
		return err
	case c.purl == "":
		return parse.Invalid("Identifier", "has no PURL for %q: let a Trivy from 0.48 on write it, or CycloneDX by "+
			"trivy --format cyclonedx", parse.Clip(c.name, 64))
	}
	c.source = source.source()
	return s.add(c)
}
