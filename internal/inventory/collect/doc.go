// Package collect makes an [inventory.Report] of a machine: the one the program runs on, or one
// that is mounted or was copied to a folder.
//
// It reads package managers' databases and does not walk the file system: a file that is merely on a
// disk is not installed software (matching.md section 1, traps in collection). The exception has to be
// asked for: OpenSSL inside products on Windows (package library), packages of languages on Linux (package language,
// which looks into the folders of their managers), and extensions of browsers and editors in folders of users (package
// extension). On Linux the databases are
// dpkg, rpm, apk and pacman; on Windows the registry (package windows) and what Windows answers of its security
// (package security), on macOS system_profiler and package macos. On Linux everything is read through [os.Root], and
// absolute symbolic links are resolved as on the machine itself, so a hostile tree cannot lead the collector out of it.
//
// No program is run, except macOS's own tools, and the network is not used. Everything that could
// not be read is returned as a [Warning].
//
// The packages below: disk is the only access to files, packages lists installed packages (rpmdb
// reads rpm's databases), facts reads settings, windows says what a registry means, macos reads
// receipts, bundle ids, signatures and Homebrew, macos/settings the settings of a Mac, library finds libraries in
// folders of products, language packages of languages, extension those of browsers and editors, effective tables of
// settings by place. This package
// identifies the machine, gives each source its share of time, and assembles the report.
//
// # Users
//
// Paths in a report have "*" in place of a user ([MaskPath]), unless [Config] says otherwise. Facts name
// accounts where the setting is about them: "accounts", and AllowUsers of "sshd".
//
// # Sections
//
// Software is only reported if every database that was found could be read: an incomplete list
// would make installed software look removed. Otherwise the section is absent, which keeps what an
// earlier report said.
//
// The path of a package database does not say where software is installed, so packages have no
// disk paths.
//
// # Addresses
//
// A machine reports the addresses of its interfaces that are up, without loopback (address.go); a tree
// has none. They are asked of the system, and nothing is sent.
//
// # Facts
//
// Facts are settings for configuration checks, by family and key. doc/facts.md is their vocabulary: what each family
// of Linux tells, when it is present, what its keys and values mean, and what absence means. Package facts reads
// them. Beside the facts stands where they were set, and which could not be read and why.
//
// Some sources only root may read (the password file, sshd's settings, some of the kernel's): what
// they hold is told to be unread.
//
// Two families are not of Linux alone:
//
//	libraries   libraries were looked for        "Cut": what the bounds left out, absent if nothing
//	extensions  extensions were looked for, on   the same
//	            any system
//
// On Windows there are families of settings, which doc/facts.md describes as well: package windows has the table
// of what is read. The others are what the registry says, under the names of its values. Such a family is absent
// if its keys could not be read or do not exist. They tell which system and which branch of a product it is.
//
//	windows     always                           "ProductType": "WinNT" (client), "ServerNT" or
//	                                             "LanmanNT" (domain controller); "EditionID",
//	                                             "DisplayVersion", "ReleaseId", "InstallationType",
//	                                             "CurrentBuildNumber", "UBR" (the build's revision)
//	dotnet      .NET Framework 4 is installed    "Release", "Version"
//	office      Click-to-Run is installed        "ProductReleaseIds", "VersionToReport", "Platform",
//	                                             "UpdateChannel", "CDNBaseUrl", "UpdatesEnabled";
//	                                             "Channel": the name of the channel, if it is known
//	sqlserver   SQL Server is installed          name of the instance: "17.0.5005.3 Enterprise Edition"
//	libraries   libraries were looked for        "Cut": what the bounds left out, absent if nothing
//	exchange    Exchange Server is installed     "Release", "CumulativeUpdateBuild" (security updates
//	                                             do not change it), "MsiInstallPath"; "Build": that
//	                                             of ExSetup.exe, which they do change. The uninstall
//	                                             entry has it as its version, too
//
// On macOS there are families of settings as well, which doc/facts.md describes: package macos/settings has the table
// of property lists, and the tools that are asked. Beside them:
//
//	signatures  the applications were listed     bundle id: "com.google.Chrome EQHXZ8M8AV", the identifier
//	                                             and the team in the signature of the main executable;
//	                                             "-": no team. What copies or architectures have beside
//	                                             it follows after "; ". Absent: not signed, or it
//	                                             cannot be read. Without the sealed system volume.
//	                                             Signatures are read, not verified
//
// # Disks that are not to be trusted
//
// A collected disk may be hostile, and so may the parts of this machine that users can write to.
// Files are only read through package disk: it checks the kind of a file before opening it, opens
// without blocking, only reads regular files and lists folders, and counts a source's accesses.
// Nothing is executed, copied to temporary folders, locked or written; package rpmdb reads SQLite
// files without SQLite (decision 0036).
//
// Every source (the identity's three files, each package manager, each family of facts) has limits
// of its own, including a quarter of the time for the whole machine, and a goroutine of its own. A
// source that fails, in whatever way, loses its own section and gives a warning. If the system
// does not answer it, the source is abandoned.
//
// Unreadable things must not look removed. A section or family that could not be read is absent, never
// empty; a report tells which facts could not be read. If machine id or host name could not be read there
// is no device id, because an id derived from the rest would be another device's. If os-release could not
// be read there is no software, because a package without its distribution has no findings.
package collect
