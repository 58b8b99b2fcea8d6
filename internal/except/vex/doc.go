// Package vex reads documents of exceptions: OpenVEX, VEX in CycloneDX, VEX in CSAF, and muster's own
// simple file of exceptions in JSON or CSV. [Read] recognises the format by the content.
//
// What a document says of a product that cannot be compared exactly is left out, and the reason is
// told: a range of versions, a hash, a CPE with an edition. So is what it says of a part of another
// product, unless the caller says on which devices or group the product is: a library that does no harm in
// one product may do harm in another.
package vex
