package quality

// suites returns all suites, in the order of the document.
func suites() []suite {
	return []suite{
		{name: "cases", run: runCases,
			inputs: "Small stories made from public bug reports of tools that do the same job, run through the API of the program.",
			oracle: "the reports' outcome; each file of `testdata/case` says why."},
		{name: "shared-cases", real: true, run: runSharedCases,
			inputs: "The cases of `../shared/cases`, run the same way.",
			oracle: "the right value that each `case.json` gives, with its reason."},
		{name: "dpkg-versions", run: runDpkgVersions,
			inputs: "Generated pairs of Debian versions; a row is \"a is older than b\".",
			oracle: "`dpkg --compare-versions`."},
		{name: "rpm-versions", run: runRPMVersions,
			inputs: "Generated pairs of rpm versions with epoch and release.",
			oracle: "`rpm.vercmp` of rpm 4.16 or later."},
		{name: "red-hat", real: true, run: runRedHat,
			inputs: "Red Hat's image UBI 9.6 (its SPDX document) against all advisories of AlmaLinux 9; a row is package, version, CVE.",
			oracle: "a reader of the advisories with `rpm.vercmp`; a fix of another major release or module is not compared."},
		{name: "debian", real: true, run: runDebian,
			inputs: "A patched Debian 12 with 741 packages, and three copies set back to before or at fixes, against Debian's DSA and DLA.",
			oracle: "a reader of the advisories with `dpkg --compare-versions` on source versions."},
		{name: "windows", real: true, run: runWindows,
			inputs: "Builds of 15 releases of Windows at and right before bounds of Microsoft's records (vulnrichment, October 2024); a row is build and CVE.",
			oracle: "a reader of Microsoft's own entries: the product's text, its lower bound and `lessThan`, of any architecture; a bound of another release is not read."},
		{name: "documented", run: runDocumented,
			inputs: "Entries of the rows that Microsoft documents; rows are vendor, name and version, the values of findings that follow from them, and columns.",
			oracle: "the documentation's examples, the service's schema and a recorded row (`testdata/documented.txt`)."},
		{name: "titles", run: runTitles, strict: true,
			inputs: "Common applications of Windows and macOS, as installers name them, and helpers without a product code; rows are \"has a product code\" without a feed, and \"is this pair at this version\" where every other pair is a decoy.",
			oracle: "the pair that public configurations of the NVD use (`testdata/applications.txt`)."},
		{name: "issues", run: runIssues, strict: true,
			inputs: "Entries from public issues of other programs, which named a wrong product or version, or missed it; a row is issue and CVE.",
			oracle: "what the issue says is right (`testdata/issues.txt`)."},
	}
}
