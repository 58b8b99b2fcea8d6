// Package except decides which findings an organization excepts.
//
// An [Exception] is about one CVE in a product, on some devices, for some time. Two kinds exist. People
// accept a risk: the finding is hidden, or stays and is marked. Or somebody who knows the product states in a VEX
// document how the CVE affects it: "not_affected" and "fixed" hide the finding, "affected" and
// "under_investigation" do not, and make an older statement to the contrary void.
//
// A [Set] has the exceptions that are in force at one time. It says for a CVE in a software which of them
// match ([Set.Matching]), and those say for a device which one decides ([Matches.Decide]). A product is matched
// exactly: doc/matching.md, section 9. Package vex reads documents.
//
// The package is pure: the time is an argument.
package except
