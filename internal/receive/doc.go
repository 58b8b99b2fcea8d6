// Package receive takes reports in: each is normalised, cut into documents and
// stored durably. What it changes shows in the first generation that begins after
// it was acknowledged.
package receive
