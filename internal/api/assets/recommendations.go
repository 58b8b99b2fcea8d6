package assets

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/answer/support"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// The prefixes of ids: of updates of software, and of changes of configurations (contract.md, section 4).
const (
	updatePrefix        = "va" + defender.IDSeparator
	configurationPrefix = "sca" + defender.IDSeparator
)

// recommendation is what a recommendation is made of: a product, an operating system whose packages have no support, or
// a configuration.
type recommendation struct {
	product       *answer.Recommendation
	system        *support.EndedSystem
	configuration *answer.Configuration
}

// id returns the id, which rows have as recommendationReference.
func (r *recommendation) id() string {
	switch {
	case r.product != nil:
		return updatePrefix + productID(r.product.Vendor, r.product.Name)
	case r.system != nil:
		return systemID(r.system.System)
	}
	return configurationPrefix + r.configuration.ID
}

func systemID(of support.System) string { return updatePrefix + productID(of.Vendor, of.Name()) }

// recommendations lists what is recommended, by id: software with findings or without support of its own, systems whose
// packages have none, and configurations with which devices do not comply.
func (s *source) recommendations(ctx context.Context) ([]recommendation, error) {
	updates, err := s.view.Recommendations(ctx)
	if err != nil {
		return nil, err
	}
	systems, err := answer.FleetOf(s.view).EndedSystems(ctx, nil)
	if err != nil {
		return nil, err
	}
	configurations, err := s.configurations(ctx)
	if err != nil {
		return nil, err
	}
	var some []recommendation
	for i := range updates {
		some = append(some, recommendation{product: &updates[i]})
	}
	for i := range systems {
		some = append(some, recommendation{system: &systems[i]})
	}
	for i := range configurations {
		if configurations[i].NonCompliant > 0 {
			some = append(some, recommendation{configuration: &configurations[i]})
		}
	}
	slices.SortStableFunc(some, func(a, b recommendation) int { return strings.Compare(a.id(), b.id()) })
	return some, nil
}

// configurations counts the configurations by id. Where rows describe one in several ways, the description
// of most devices counts.
func (s *source) configurations(ctx context.Context) ([]answer.Configuration, error) {
	some, err := s.view.Configurations(ctx)
	if err != nil {
		return nil, err
	}
	var joined []answer.Configuration
	most := int64(0)
	for _, c := range some {
		devices := c.Compliant + c.NonCompliant + c.NotApplicable
		n := len(joined)
		if n == 0 || joined[n-1].ID != c.ID {
			joined, most = append(joined, c), devices
			continue
		}
		last := &joined[n-1]
		if devices > most {
			last.Configuration, most = c.Configuration, devices
		}
		last.Compliant += c.Compliant
		last.NonCompliant += c.NonCompliant
		last.NotApplicable += c.NotApplicable
	}
	return joined, nil
}

// describe describes a recommendation.
func (s *source) describe(ctx context.Context, r *recommendation) (defender.Recommendation, error) {
	if r.configuration != nil {
		return describeConfiguration(r.configuration), nil
	}
	if r.system != nil {
		return describeSystem(r.system), nil
	}
	one := describeUpdate(r.product)
	releases, err := s.view.Releases(ctx, r.product.Vendor, r.product.Name)
	if err != nil {
		return one, err
	}
	one.HasUnpatchableCVE = slices.ContainsFunc(releases, func(r answer.Release) bool {
		return slices.ContainsFunc(r.Findings, func(f *projection.Finding) bool { return !f.Advisory && !f.UpdateAvailable })
	})
	if r.product.Exposed == 0 {
		ended, err := unsupported(ctx, s, r.product, releases)
		if err != nil {
			return one, err
		}
		one.ExposedMachinesCount = ended.total
	}
	fleet, err := s.fleet(ctx)
	one.ExposureImpact = fleet.Share(loadOf(releases))
	return one, err
}

// unsupported is the list of the devices with a version of a product that has no support of its own, or, if there is
// none, that lost it with its system.
func unsupported(ctx context.Context, s *source, p *answer.Recommendation,
	releases []answer.Release) (list[defender.MachineReference], error) {
	var versions []string
	for i := range releases {
		r := &releases[i]
		_, ofSystem := support.Of(&r.SoftwareKey, r.EndOfSupport, "")
		if support.Ended(r.EndOfSupport) && (!ofSystem || p.Ended == 0) {
			versions = append(versions, r.Version)
		}
	}
	versions = slices.Compact(versions)
	of := answer.Of{Vendor: p.Vendor, Name: p.Name}
	if p.Ended >= p.Devices && len(versions) == int(p.Versions) {
		return s.references(of, p.Devices), nil // all of them
	}
	if len(versions) == 1 {
		of.Version = versions[0]
		found, err := s.view.DevicesOf(ctx, of, answer.Page{})
		return s.references(of, found.Total), err
	}
	return s.united(ctx, of, versions)
}

// united is the list of the devices that have any of some versions, each once.
func (s *source) united(ctx context.Context, of answer.Of, versions []string) (list[defender.MachineReference], error) {
	var devices []answer.Device
	for _, of.Version = range versions {
		for skip := int64(0); skip >= 0; {
			found, err := s.view.DevicesOf(ctx, of, answer.Page{Skip: skip, Limit: readAtOnce})
			if err != nil {
				return list[defender.MachineReference]{}, err
			}
			devices, skip = append(devices, found.Rows...), found.Next
		}
	}
	slices.SortFunc(devices, func(a, b answer.Device) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), strings.Compare(a.ID, b.ID))
	})
	devices = slices.CompactFunc(devices, func(a, b answer.Device) bool { return a.ID == b.ID })
	return all(described(devices, s.reference)), nil
}

// blank returns a recommendation with what all of them have.
func blank(id, name string) defender.Recommendation {
	return defender.Recommendation{ID: id, RecommendationName: text(name), SubCategory: new(string),
		RecommendedVersion: new(string), AssociatedThreats: []string{}, Tags: []string{},
		Status: defender.RecommendationActive}
}

// describeUpdate describes the recommendation for a product.
func describeUpdate(p *answer.Recommendation) defender.Recommendation {
	kind, action := defender.RemediationUpdate, "Update "+p.Name
	switch {
	case p.OwnEnd == defender.ProductEnded:
		kind, action = defender.RemediationUninstall, "Uninstall "+p.Name+", which is not supported any more"
	case p.OwnEnd == defender.VersionEnded:
		kind, action = defender.RemediationUpgrade, "Upgrade "+p.Name+" to a supported version"
	case p.Exposed == 0: // listed is its system
		kind, action = defender.RemediationUpgrade, "Upgrade the operating system of "+p.Name+", which is not supported any more"
	}
	if at := slices.IndexFunc(p.Updates, func(u answer.Update) bool { return u.Title != "" }); at >= 0 &&
		kind == defender.RemediationUpdate {
		action += " by " + p.Updates[at].Title // that mends most
	}
	one := blank(updatePrefix+productID(p.Vendor, p.Name), action)
	one.ProductName, one.Vendor, one.RelatedComponent = text(p.Name), text(p.Vendor), text(p.Name)
	one.RecommendedVendor, one.RecommendedProgram = text(p.Vendor), text(p.Name)
	one.Weaknesses, one.PublicExploit = p.Weaknesses, p.Exploited != counts.Severities{}
	one.RecommendationCategory, one.RemediationType = text(defender.CategoryApplication), &kind
	one.TotalMachineCount, one.ExposedMachinesCount = p.Devices, p.Exposed
	return one
}

// describeSystem describes the recommendation to upgrade an operating system.
func describeSystem(of *support.EndedSystem) defender.Recommendation {
	kind := defender.RemediationUpgrade
	one := blank(systemID(of.System), "Upgrade "+of.Title()+", which is not supported any more")
	one.ProductName, one.Vendor, one.RelatedComponent = text(of.Name()), text(of.Vendor), text(of.Title())
	one.RecommendedVendor, one.RecommendedProgram = text(of.Vendor), text(of.Name())
	one.RecommendationCategory, one.RemediationType = text(defender.CategoryOS), &kind
	one.TotalMachineCount, one.ExposedMachinesCount = of.Devices, of.Devices
	return one
}

// describeConfiguration describes the recommendation for a configuration.
func describeConfiguration(c *answer.Configuration) defender.Recommendation {
	one := blank(configurationPrefix+c.ID, c.Name)
	kind := defender.RemediationConfiguration
	one.RecommendationCategory = text(strings.ReplaceAll(titled(c.Category), " ", ""))
	one.SubCategory, one.RelatedComponent, one.RemediationType = &c.Subcategory, text(c.Subcategory), &kind
	one.SeverityScore = c.Impact
	one.ConfigScoreImpact = pointsOf(c).Missing()
	one.TotalMachineCount, one.ExposedMachinesCount = c.Compliant+c.NonCompliant, c.NonCompliant
	if !c.UserImpact {
		one.NonProductivityImpactedAssets = c.NonCompliant
	}
	return one
}

// titled returns a category with a capital letter at each word: "Security controls" is "Security Controls".
func titled(category string) string {
	words := strings.Fields(category)
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

func pointsOf(c *answer.Configuration) score.Configuration {
	return score.Configuration{Impact: c.Impact, Applicable: c.Compliant + c.NonCompliant, Compliant: c.Compliant}
}

// listRecommendations is the list of some recommendations.
func listRecommendations(ctx context.Context, s *source,
	some []recommendation) (list[defender.Recommendation], error) {
	rows := []defender.Recommendation{}
	for i := range some {
		one, err := s.describe(ctx, &some[i])
		if err != nil {
			return list[defender.Recommendation]{}, err
		}
		rows = append(rows, one)
	}
	return all(rows), nil
}

// recommendations is the list of all recommendations.
func recommendations(ctx context.Context, s *source, _ *options) (list[defender.Recommendation], error) {
	some, err := s.recommendations(ctx)
	if err != nil {
		return list[defender.Recommendation]{}, err
	}
	return listRecommendations(ctx, s, some)
}

// machineRecommendations is the list of the recommendations that concern a device.
func machineRecommendations(ctx context.Context, s *source, _ *options) (list[defender.Recommendation], error) {
	d, err := s.find(ctx, s.PathValue("id"))
	if err != nil {
		return list[defender.Recommendation]{}, err
	}
	releases, err := s.view.Software(ctx, d.ID)
	if err != nil {
		return list[defender.Recommendation]{}, err
	}
	settings, err := s.view.Settings(ctx, d.ID)
	if err != nil {
		return list[defender.Recommendation]{}, err
	}
	concerned := map[string]bool{}
	for i := range releases {
		r := &releases[i]
		system, ofSystem := support.Of(&r.SoftwareKey, r.EndOfSupport, d.OSVersion)
		if ofSystem {
			concerned[systemID(system)] = true
		}
		if len(cvesOf(releases[i:i+1])) > 0 || support.Ended(r.EndOfSupport) && !ofSystem {
			concerned[updatePrefix+productID(r.Vendor, r.Name)] = true
		}
	}
	for _, c := range settings {
		if c.Applicable && !c.Compliant {
			concerned[configurationPrefix+c.ID] = true
		}
	}
	some, err := s.recommendations(ctx)
	if err != nil {
		return list[defender.Recommendation]{}, err
	}
	return listRecommendations(ctx, s, slices.DeleteFunc(some, func(r recommendation) bool { return !concerned[r.id()] }))
}

// findRecommendation returns the recommendation with an id, in any case: also that of a product which is not listed,
// since it only lost support with its system.
func findRecommendation(ctx context.Context, s *source, id string) (*recommendation, error) {
	some, err := s.recommendations(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(some, func(r recommendation) bool { return strings.EqualFold(r.id(), id) })
	if at >= 0 {
		return &some[at], nil
	}
	products, err := s.view.Products(ctx)
	if err != nil {
		return nil, err
	}
	at = slices.IndexFunc(products, func(p answer.Product) bool {
		return support.Ended(p.EndOfSupport) && strings.EqualFold(updatePrefix+productID(p.Vendor, p.Name), id)
	})
	if at < 0 {
		return nil, noSuch("Recommendation", id)
	}
	return &recommendation{product: &answer.Recommendation{Product: products[at]}}, nil
}

// oneRecommendation is one recommendation.
func oneRecommendation(ctx context.Context, s *source, id string) (defender.Recommendation, error) {
	r, err := findRecommendation(ctx, s, id)
	if err != nil {
		return defender.Recommendation{}, err
	}
	return s.describe(ctx, r)
}

// recommendationProduct is the software that a recommendation is about.
func recommendationProduct(ctx context.Context, s *source, id string) (defender.Product, error) {
	r, err := findRecommendation(ctx, s, id)
	if err != nil {
		return defender.Product{}, err
	}
	if of := r.system; of != nil {
		return defender.Product{ID: productID(of.Vendor, of.Name()), Name: text(of.Name()), Vendor: text(of.Vendor),
			InstalledMachines: of.Devices, Tags: []string{}}, nil
	}
	if r.product == nil {
		return defender.Product{}, noSuch("Software of recommendation", id)
	}
	return product(ctx, s, productID(r.product.Vendor, r.product.Name))
}

// recommendationMachines is the list of the devices that a recommendation is about: those with a finding of
// the product, or, if it has none, with a version without support; with a system; and those that do not comply.
func recommendationMachines(ctx context.Context, s *source, _ *options) (list[defender.MachineReference], error) {
	r, err := findRecommendation(ctx, s, s.PathValue("id"))
	if err != nil {
		return list[defender.MachineReference]{}, err
	}
	if c := r.configuration; c != nil {
		return s.references(answer.Of{Configuration: c.ID, Outcomes: []projection.Outcome{projection.NonCompliant}},
			c.NonCompliant), nil
	}
	if r.system != nil {
		return list[defender.MachineReference]{total: r.system.Devices,
			read: func(ctx context.Context, skip int64, limit int) ([]defender.MachineReference, error) {
				found, err := answer.FleetOf(s.view).On(ctx, *r.system, answer.Page{Skip: skip, Limit: limit})
				return described(found.Rows, s.reference), err
			}}, nil
	}
	p := r.product
	if p.Exposed > 0 {
		return s.references(answer.Of{Vendor: p.Vendor, Name: p.Name, Exposed: true}, p.Exposed), nil
	}
	releases, err := s.view.Releases(ctx, p.Vendor, p.Name)
	if err != nil {
		return list[defender.MachineReference]{}, err
	}
	return unsupported(ctx, s, p, releases)
}

// recommendationVulnerabilities is the list of the CVEs that a recommendation mends.
func recommendationVulnerabilities(ctx context.Context, s *source, o *options) (list[defender.Vulnerability], error) {
	r, err := findRecommendation(ctx, s, s.PathValue("id"))
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	if r.product == nil {
		return all([]defender.Vulnerability{}), nil
	}
	return weaknesses(ctx, s, o, r.product.Vendor, r.product.Name)
}
