// Package alias reads tables of software titles: which product an entry of a report is, when its vendor and name, its
// macOS bundle id or another id, or the pattern of its title say so (matching.md, 1.4). Muster's own table is a data
// set (package titles), which an import may replace; an operator may write another one, aliases.txt.
//
// A table may begin with a line that names the version of the format, "titles 1". Then come blocks. One begins with
// "product VENDOR/NAME", the identity that rows show, or with "none": titles known to have no product code, such as an
// updater. Then, indented:
//
//	cpe      PART:VENDOR:PRODUCT[:SW_EDITION]   a CPE pair whose rules apply
//	eol      SLUG                               its support cycles at endoflife.date
//	platform windows|macos …                    only for entries of these platforms
//	kind     KIND …                             only for entries of these kinds
//	vendor   TEXT | TEXT …                      the maker, as installers write it; "-" is one left empty
//	signer   TEXT | TEXT …                      the same, as certificates name it
//	title    TEXT | TEXT …                      as installers write it
//	yearly   TEXT | TEXT …                      the same, also with the year of a release behind it: "Rocket 2024"
//	pattern  REGEXP                             of a title that embeds a version; anchored at both ends
//	bundle   ID …                               macOS bundle ids; "com.example.*" has all below it
//	family   NAME_PUBLISHERID …                 package families of Windows
//	upgrade  {CODE} …                           MSI upgrade codes
//	winget   ID …                               ids of winget packages
//	brew     TOKEN …                            tokens of Homebrew's casks
//	version  TRANSFORM                          how the version field becomes the product's version
//	builds   unknown                            its records name no version that has a fix: it is not assessed
//	builds   of-files                           updates change its files alone. An entry with a source version beside its
//	                                            version has that of a file; any other is assessed in part
//	source   TEXT | TEXT …                      where the facts of the block are from
//	seen     TITLE | FIELD | VERSION [| MAKER]  an example, as it was seen: a test finds the block and the version by it
//
// Every title is known under every vendor of its block. Texts are compared after cleaning (package subject): case,
// legal words, architecture, language and a version equal to the version field do not matter. A version that a pattern
// marks with a group is the product's, unless the field has more parts of the same. Transforms are explained at
// Transform. A title or id that another block has is an error. "\|" is a bar in a text.
package alias
