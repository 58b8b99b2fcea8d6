// Package windows says what the registry of a Windows machine means: which system it is, what is installed, which
// updates are.
//
// It reads a [Registry] through a [Reader], which bounds what is read, warns of what could not be, and knows
// whether all was. Nothing here needs Windows: tests read recorded registries. Package collect has the registry of
// the machine itself, and puts the report together.
//
// # Software
//
//   - Programs: the uninstall keys of the machine in both views, and those of users whose hives are loaded. The
//     registry path of a user's own program begins with HKEY_USERS. What Windows hides, and updates of a program
//     with its own entry, are left out.
//   - Store packages (AppX, MSIX): those that users have, and what is there for all users and that no user has.
//     The bundle id is the package family. Resource packages (languages, scales) and the copies that bundles
//     list are left out. Frameworks are listed, because they are code with versions of their own.
//   - .NET Framework by its release number, named as its own installer names it, without a version; runtimes and
//     SDKs of .NET under the names of their installers.
//   - Instances of SQL Server, with their patch level. The second number of a version in the registry is the
//     service pack, in a build of SQL Server it is not.
//
// Exchange Server is a fact, and software by its uninstall key only: security updates leave no trace in the registry,
// so package collect asks its files for the build.
//
// # Hotfixes
//
// Those are the updates that component based servicing has installed for good, and the updates of programs in
// the uninstall keys of the machine. A package that was superseded, or waits for a restart, is not listed. Neither
// is a cumulative update whose packages do not name it: the revision of the build tells it.
//
// # Settings
//
// Those that checks read, by effective order: the first of policy, MDM and local setting that is set
// (settings_table.go).
package windows
