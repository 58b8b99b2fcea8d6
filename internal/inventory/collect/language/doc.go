// Package language lists what the package managers of programming languages recorded on a Linux machine: pip, npm -g
// and gem by their files, modules by what compilers of Go and cargo-auditable wrote into executables, and packages of
// Maven by what its archiver wrote into archives of Java.
//
// [Find] looks into the folders in which these managers install for the whole machine, and for users (places.go). It
// reads records only, runs nothing, and does not look for sources or projects: what lies somewhere on a disk is not
// installed. A file that a package of the distribution owns is left out, since that package is what is installed and
// its distribution knows which fixes it carries (matching.md, 1.4); the caller says which files these are.
//
// The decoders are pure: [ReadMetadata], [ReadManifest], [GemOf], [ReadExecutable], [ReadArchive].
package language
