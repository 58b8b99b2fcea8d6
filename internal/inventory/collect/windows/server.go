package windows

import (
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

const (
	sqlKey      = software + `\Microsoft\Microsoft SQL Server`
	exchangeKey = software + `\Microsoft\ExchangeServer\v15\Setup`
)

// sqlReleases are the years of SQL Server by the first number of its builds; 10.50 is 2008 R2.
var sqlReleases = map[int]string{
	10: "2008", 11: "2012", 12: "2014", 13: "2016", 14: "2017", 15: "2019", 16: "2022", 17: "2025",
}

// SQLServers lists the instances of SQL Server. facts has the edition of each by its name; it is nil if there is none.
func SQLServers(r *Reader) (list []inventory.Software, facts map[string]string) {
	list = []inventory.Software{}
	for _, view := range [...]string{sqlKey, software32 + `\Microsoft\Microsoft SQL Server`} {
		instances := r.key(view + `\Instance Names\SQL`)
		for _, instance := range sortedNames(instances) {
			setup := r.key(view + `\` + instances.Values[instance] + `\Setup`)
			s, ok := sqlServer(setup)
			if !ok {
				continue
			}
			list = append(list, s)
			if facts == nil {
				facts = map[string]string{}
			}
			facts[instance] = strings.TrimSpace(s.Version + " " + setup.first("Edition"))
		}
	}
	return list, facts
}

// sqlServer makes the entry of an instance. PatchLevel has the build with its updates; Version is that of the
// installation or the service pack.
func sqlServer(setup Key) (inventory.Software, bool) {
	version, release := sqlBuild(setup.first("PatchLevel", "Version"))
	if version == "" {
		return inventory.Software{}, false
	}
	s := inventory.Software{Kind: Kind, Vendor: microsoft, Name: "Microsoft SQL Server " + release, Version: version,
		RegistryPaths: []string{setup.Path}}
	if folder := Folder(setup.first("SQLBinRoot", "SQLPath")); folder != "" {
		s.DiskPaths = []string{folder}
	}
	return s, true
}

// sqlBuild returns the build as SQL Server itself says it, and the release. In the registry the second number counts
// service packs: "13.2.5149.0" is the build 13.0.5149.0 of SQL Server 2016, "10.53.6000.34" the build 10.50.6000.34 of
// 2008 R2. Both are empty if the version is none.
func sqlBuild(version string) (build, release string) {
	parts := strings.Split(version, ".")
	if len(parts) < 3 {
		return "", ""
	}
	first, err := strconv.Atoi(parts[0])
	second, err2 := strconv.Atoi(parts[1])
	release = sqlReleases[first]
	switch {
	case err != nil || err2 != nil || release == "":
		return "", ""
	case first == 10 && second >= 50:
		parts[1], release = "50", "2008 R2"
	default:
		parts[1] = "0"
	}
	return strings.Join(parts, "."), release
}

// exchangeReleases are the years of Exchange Server 15 by the second number of its builds.
var exchangeReleases = map[string]string{"0": "2013", "1": "2016", "2": "2019"}

// firstSubscription is the first build of 15.2 that is the Subscription Edition: 15.2.2562.17.
const firstSubscription = 2562

// Exchange returns the release and the build of Exchange Server; nil if it is not there. The build is that of its
// cumulative update: security updates leave no trace in the registry, so this is no version to judge by. A file in the
// folder tells.
func Exchange(r *Reader) map[string]string {
	setup := r.key(exchangeKey)
	var parts []string
	for _, name := range [...]string{"MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor"} {
		if part := setup.first(name); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) != 4 || parts[0] != "15" || exchangeReleases[parts[1]] == "" {
		return nil
	}
	release := exchangeReleases[parts[1]]
	if number, err := strconv.Atoi(parts[2]); err == nil && parts[1] == "2" && number >= firstSubscription {
		release = "Subscription Edition"
	}
	facts := some(setup, "MsiInstallPath")
	facts["Release"], facts["CumulativeUpdateBuild"] = release, strings.Join(parts, ".")
	return facts
}
