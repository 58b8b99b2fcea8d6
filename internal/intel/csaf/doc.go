// Package csaf reads the documents that Red Hat publishes in the Common Security Advisory Framework
// (https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html): VEX documents, one a CVE, which say of
// every product and component whether it is affected, fixed, not affected or under investigation, and
// advisories (RHSA), which say what one update fixes. Both have the same shape and are told by
// document.category. Documents of other publishers are none of this feed.
//
// The product tree names products by a CPE ("cpe:/a:redhat:enterprise_linux:9::appstream") and components by
// a package URL, and pairs of the two have an id, by which the statements name them (tree.go). Of products only
// Red Hat Enterprise Linux is read, by its repositories (place.go).
//
//   - A component with a version is the first build with the fix; one without is named by its source package, or by
//     the package itself, and stands for every version.
//   - One flaw is fixed in every minor release that is still supported, each time in a build of its own. The latest
//     fix counts for every build; an earlier one, and one of a long-life stream (EUS, AUS, TUS, E4S), says that
//     later builds for the same minor release have it, too (".el9_2"): intel.Package.Branch.
//   - Module streams are components' ("rpmmod=nodejs:18:…"), or a step between component and product.
//
// Facts about the format are from Red Hat's security data guidelines
// (https://redhatproductsecurity.github.io/security-data-guidelines/csaf-vex/).
package csaf
