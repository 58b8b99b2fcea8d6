// Package muster contains no code. This comment is the tour of the repository: what muster is,
// how data flows and why, then each package in the order of imports, and at the end what is
// unfinished or doubtful. doc/design.md defines the words (section 1), the formats, the limits
// and the laws. doc/contract.md is what clients of the export API rely on, doc/matching.md how
// software meets CVEs; comments cite both by section. With this tour and the comment of one
// package you should be able to change that package.
//
// # What it is
//
// muster answers one question for a whole fleet: what is installed on every device, what is
// vulnerable or badly configured, and what changed since last time? Devices report their
// software and settings. muster assesses the reports with public vulnerability intelligence and
// configuration checks, publishes snapshots of immutable files, and serves them through the API
// that Microsoft Defender Vulnerability Management calls "export assessment per device". Every
// client of that API works after a change of the host name. muster is one static program and
// one folder; it needs no cloud and no network.
//
// # What flows
//
// Snapshot n+1 is the merge of snapshot n with the devices that are stale.
//
//	device ──report──▶ Receive ──▶ store ────────┐              snapshot n ──────────────┐
//	                                             │ stale devices    │ old rows           │ bytes of unchanged devices
//	                                             ▼                  ▼                    ▼
//	feeds ─▶ raw files ─▶ tables ─▶ catalog ─▶ assess ──▶ rows ──▶ diff ──▶ encode ──▶ merge ──▶ snapshot n+1 ──▶ api
//	                               benchmark ────▲
//
// When a report arrives, it is only checked, normalised and stored, so that bursts are absorbed
// and the reply is fast. Later a generation begins. It pins its inputs: the reports
// acknowledged so far, a catalog, a benchmark, settings. It puts the devices into their groups,
// while others report, cuts the groups into ranges, and merges each range, on all cores. A
// device with unchanged inputs keeps its compressed bytes. A stale device is assessed, and its
// new rows are compared with the old ones, which gives the delta. When the files of all ranges
// are durable, the manifest that names them is written, and one statement in the database makes
// the new snapshot the one that readers see.
//
// Three consequences help to understand the code.
//
// Exports are files that never change. Pages are views of these files, a delta is a file, too,
// and a full pull that takes a day sees one state.
//
// The previous snapshot is the state. The database does not record the inputs of a device's
// assessment: the sheet of a range, a file beside its parts, does. First-seen times are in the
// exported rows and are read back from them. So nothing can contradict what was published.
//
// Computation follows change. If one device in a hundred changed, a generation costs one
// hundredth of the work, and the copying of files. (Once a day this does not hold: the first
// generation of a UTC day makes all rows anew, because their last-seen times move on.)
//
// # The order
//
// A package may import only those before it in this list; internal/house/layout_test.go checks
// that. So each package can be understood with only the ones before it.
//
//	version odata defender counts score client inventory plain vdr benchmark intel except notice row
//	assess gzipjoin fair durable control console agent scan blob store/database
//	store/chore store/clock store/intelligence store/organization store/access store/reports
//	store/enrollment store/exception store/counted store/notified store/publication store watch receive intel/library
//	snapshot snapshot/proof answer crew generation damage notify auth edge export api web
//	node demo cmd
//
// Those up to assess do the thinking. Of those version, odata, defender, counts, score, inventory, except,
// benchmark, row, assess, gzipjoin and fair are pure: they use no network, files or database and
// take the time as an argument, so a test can repeat whatever they do. From blob on, packages
// hold the state.
//
// # version
//
// Decides which of two versions is older. Every package ecosystem has its own rules, taken from
// osv-scalibr. Versions of no ecosystem (bounds of CPE ranges, Windows file versions) get an
// order-preserving key of muster's own. Versions that cannot be compared are an error and never
// a reason for a finding. The package also compares builds of muster.
//
// # odata
//
// Reads the options that clients of lists write in OData's language, such as $filter and $orderby,
// and decides by them which rows are wanted. It knows no list: whoever has one names its fields
// and gives their values.
//
// # defender
//
// The compatible wire format and nothing else. All of Microsoft's spellings are here: calls,
// shapes of rows, objects and replies, error codes. The package is public, for clients.
//
// # counts
//
// The sums that people are shown of a snapshot and of a catalog. They are stored in the form in
// which /v1 returns them, so their types are defined once, here.
//
// # score
//
// How exposed devices are, and how well they are configured, as numbers (doc/matching.md, section
// 8). Mending a finding never raises an exposure.
//
// # inventory
//
// What a device says about itself: the report, its wire forms (muster's JSON and NDJSON;
// package sbom makes reports from CycloneDX, SPDX, Syft and Trivy, xccdf of results of OpenSCAP) and
// its stored form, one document per section (package stored, which no collector links). The decoders
// bound size, depth and counts while they read, and name the place of every problem; they share the
// JSON reader of package parse and the XML reader of package markup. Normalising gives equal content
// equal bytes, which makes repeated reports cheap and staleness a comparison of hashes.
//
// Packages below it: collect makes the report of a machine, or of a folder copied from one. It
// reads package managers' databases (packages; rpmdb for those of rpm) and settings (facts),
// only through package disk, which does not trust the disk. It walks folders only when it is
// asked for libraries (library on Windows, language on Linux) or for extensions of browsers and
// editors (extension), and runs no program except macOS's own tools. hosts reads what osquery,
// Fleet and Wazuh know of machines, and tables of programs (table), also from zip archives
// (archive). trust decides, by the sender, which parts of a report count: which device it may mean,
// which fields of its identity, and which sources it may write. rbac decides which RBAC group a
// device belongs to: the first matching rule of an
// ordered list, else the group named in its reports. fleet simulates devices: deterministic
// reports of a realistic organization, for the demonstration, benchmarks and tests.
//
// # plain
//
// Text that people may read, before it is known where: every character of text from outside is
// visible, and an error may have a hint.
//
// # vdr
//
// Vulnerability Disclosure Reports, CycloneDX in JSON: of a scan, and of the findings of a fleet. They
// are written as they come.
//
// # intel
//
// What is known about vulnerabilities. A feed fetches bytes to a folder without parsing them,
// and parses files without a network, so a site without a network, and anyone who debugs, use
// the same files as all others. Each format has a package: cve5, nvd, osv, kev, eol, epss, msrc, sofa,
// metasploit, exploitdb, nuclei, titles, and debian, secdb, csaf and others for what distributions say
// themselves, which decides over copies of it.
// cpe parses CPE names, feeds makes a feed of a kind, and recognises and names feeds by what they hold,
// ecosystem has the table of package ecosystems and of the distributions that they judge, and
// subject normalises the keys that feeds and devices share: products, packages, titles, platforms.
//
// words keeps titles and descriptions of CVEs, compressed. table compiles one feed, once, into
// an immutable file that depends on nothing else. alias reads tables of software titles; titles
// has muster's own as a data set, which an import replaces. windows knows the releases of
// Windows, and update what Microsoft's updates fix and replace, and which of them a device has.
// rule weighs what all feeds state on one product, compiles it into rules, and explains. cve
// unites what they say about CVEs themselves: scores, dates, exploitation, words. memo remembers
// answers. catalog merges the tables of all feeds, which is quick, and answers assessment: it
// resolves a component to a product only by exact keys, and returns the CVEs that affect it and
// the end of its support. A missing finding is bad; a wrong one is worse, because people learn
// to ignore findings. So there is no fuzzy search and no guessing of vendors, and a
// distribution's packages are matched only with that distribution's advisories. Verdicts are
// cached by component, because fleets repeat themselves. They have a fingerprint, so a new
// catalog makes only those devices stale for which it changes something. remedy says to
// which version to update, by the catalog's rules, when someone asks. confirm keeps what people
// say a title is, and has candidates for titles that nothing identifies.
//
// coverage says whether anyone looked: an answer for each component, and from those the state of a
// device. Silence must not look like health (doc/decision/0064, 0067). It compares what each feed holds
// with what its publisher lists, because a sample is no coverage; suggest lists the feeds that a fleet
// needs.
//
// bundle reads and writes all feeds of a site in one signed file, for sites without a network.
//
// sample is a small selection of real intelligence in the feeds' own formats, embedded in the
// program: for the demonstration, and for tests that need real CVEs.
//
// # benchmark
//
// Configuration checks are data: CEL expressions on the facts in reports. A new check needs no
// new agent. A check without the facts it needs says nothing, which means no row and not
// "non-compliant" (doc/decision/0002). Results in a report, for example from OpenSCAP, are
// added to those of the checks. Changed checks make only those devices stale of which they can speak
// (doc/decision/0146).
//
// # except
//
// Which findings an organization excepts: risks that people accept, and what VEX documents state. It
// decides by CVE, product, place and time (doc/matching.md, section 9). vex reads the documents.
//
// # notice
//
// What receivers are told after a snapshot: rules, and the difference of what two snapshots show, with a
// rule's filter. One notice a CVE or product, with a key by which receivers drop doubles. render writes
// mails, lines of syslog and the forms of services; deliver sends them, to checked addresses.
//
// # row
//
// Writes a row by joining pieces that were rendered once, and reads rows back with a scanner
// for exactly the written form. From here on a row is its bytes: the same bytes are stored,
// compared, copied and served.
//
// # assess
//
// Makes the new rows of a device from a report, a catalog, a benchmark and its last rows, and
// finds the difference between two sets of rows. The same input gives the same bytes. All rows
// of a device are in the order of their unique key, so the difference is one pass over two
// lists.
//
// # gzipjoin
//
// Joins separately deflated pieces to one gzip member, and reads any run of pieces without the
// others. One member, because a widely used client stops after the first; separate pieces,
// because unchanged devices must be copied without being inflated.
//
// # fair
//
// Decides whose turn it is when many wait for one thing: organizations take turns, and within
// each its callers, however much they bring.
//
// # durable
//
// Writes small files atomically so that they survive power loss: a key, a credential, the marks
// of a data folder.
//
// # control
//
// The contract of the calls below /v1, and a client for them: the wire types, each defined
// once, a function for each call that is made, and a session that gets tokens, retries when a
// server is busy, and distinguishes errors by the codes in their bodies. The program, the
// agent, the API and tests use it. It has no flags and no terminal.
//
// # console
//
// What command lines share: streams, tables, progress, settings, the flags for reaching a
// server, and the exit statuses. Package coverages below it says in words how far devices were
// assessed: no command says "0 findings" of what nobody looked at.
//
// # agent
//
// What a machine does that is collected and reports by itself. It trades an enrolment's secret
// for a credential of its own, collects, sends, and handles the time between two reports, for
// example when the server is away. Clock, randomness and the connection to the server are
// arguments of its loop.
//
// # scan
//
// One machine or one document is assessed without a server and without a data folder, for
// `muster scan`. It uses the same tables, catalog and assessment as a generation, and keeps tables
// in a cache, because compiling feeds takes long. What was not assessed is part of the result, and a
// scan that looked at too little fails (doc/decision/0081).
//
// # blob
//
// The contract for immutable files, and a folder that implements it: a name is used once; a
// file is visible when complete, durable when its batch is synced, and checked when opened. It
// needs nothing that object storage lacks. blobtest is the test suite for every implementation,
// with a model of object storage and random faults. bucket is the implementation on Azure Blob and
// S3, which many nodes share; pieces is its cache on the local disk.
//
// # store
//
// What must not be lost: devices, their documents, receipts, the progress of each generation,
// and the pointer to the newest snapshot. The database of a folder
// is SQLite in WAL mode, synced on every commit, which is checked at the start; nodes share one of
// PostgreSQL (doc/decision/0090). Reports that arrive together share a commit; a body of
// many is cut into slices, and others have their turn between them. Each page has a checksum.
// If something is missing that every folder has, the folder is damaged, and never taken for a
// new one. Each statement has one SQL text for both databases.
//
// The store has a room for each kind of thing, and package store opens all of them: database is
// the file and the schema, and eight rooms use it and only the rooms before them: chore, clock,
// intelligence, organization, access, reports, enrollment, publication. storetest opens one for
// tests.
//
// # watch
//
// A clock that jumped makes a whole fleet look silent. A Watcher compares each reading of the
// clock with earlier ones, and counts the devices that would drop out at once. While either
// gives a doubt, no generation begins and nothing is removed. The rule is in store/clock.
//
// # receive
//
// Accepts reports: each is normalised, cut into documents and stored. Nothing else happens
// until the next generation begins.
//
// # intel/library
//
// Keeps feeds and catalogs: Import and Refresh add raw files, Remove removes a feed, and a catalog
// is built if any changed. A feed that cannot be read to its end changes nothing. Records name
// their feed, and a feed does not become another by mistake.
//
// # snapshot
//
// The immutable files: parts, delta parts, sheets, indexes, deltas and manifests. It writes
// them durably, reads a range back for the next generation, and cuts pages of rows from parts.
// A manifest names the index of each range, an index the parts, so reading one range takes one
// index. A file that does not match its hash is named and not used, until it is copied back or
// made again.
//
// Packages below it: covered reads back how far devices were assessed, for lists; projection is the file
// of a range from which package answer counts; tallied and packed encode, cache caches. Package proof
// checks every file against the file that names it, and the law that full and delta make the next
// full for every two neighbours; by the same law it makes damaged files again.
//
// # answer
//
// Computes every count and every list that is shown of a snapshot, in the scope of a caller: CVEs,
// products, releases, configurations, devices, findings. It reads projections (snapshot/projection),
// which say of a range what its rows hold without the rows, and the parts only for what belongs to one
// row, such as its first-seen time.
//
// # crew
//
// Distributes the ranges of a generation among those who make them: jobs, the pool of one process,
// and the row by which a process tells that it lives.
//
// # generation
//
// Makes snapshots: Publish, Retire, and Resume after a stop of any kind. The packages above
// meet here. Publishing is a stored request, which the next generation to begin answers. Who
// conducts a generation has a lease on the organization, renewed while work goes on (hold.go).
// Ranges are made by workers, of any process (conduct.go, making.go).
// A new owner of a lease that has ended continues from what is complete, and nothing that a process
// does that was taken for dead counts. Package merge below it is the core: it walks old range and
// present devices side by side, and each device has left, arrived, or stayed and is stale or not. After a crash
// at any step, the next start finishes the generation or removes the files of dead attempts,
// whose names are known; crash_test.go dies at every step and checks.
//
// # damage
//
// Verify checks everything that is stored and changes nothing. Repair restores damaged files:
// from a copy, by law 1, or by a new beginning.
//
// # notify
//
// Makes the notices of published snapshots, in one transaction with how far they are made, and sends
// what is owed until the receiver takes it. A crash at any line loses none (doc/decision/0155).
//
// # auth
//
// Decides who is calling. It keeps the server's keys, issues tokens to clients that prove
// themselves, checks these tokens and those of trusted issuers, and turns each into a Caller:
// one organization, permissions, and the RBAC groups that may be seen. Later packages use
// nothing else about the sender of a request. Below it, jwt reads signed tokens and asks other issuers for their
// keys, and people signs people in at a provider of OpenID Connect, with what their groups may do (doc/decision/0158).
//
// # edge
//
// The HTTP side, which knows nothing of devices. A table of routes says which permissions each
// operation needs. edge finds out who calls and how the request came, enforces callers' rates
// and shares, reads parameters, and writes the outcome to the audit log. One place maps errors
// to statuses. Below it, intake accepts large bodies: until they are decoded they use the
// memory of what was sent, and then the estimated memory for decoding; organizations and
// callers share both. trail keeps the audit log in files and reads it back in pages.
//
// # export
//
// The export calls. The end of a page without a filter is known from manifests before a part is
// opened; rows are streamed in constant memory. A skip token contains the whole state of a pull, sealed; links
// to files are signed. The server stores neither, so both survive its restart. A GET never
// starts work.
//
// # api
//
// The table of all routes and their description, and below /v1/ reports, generations, devices,
// coverage and explanations. Packages below it: assets has the neighbouring calls of the exports,
// answers the lists of findings, software, devices, recommendations and configurations by risk,
// intelligence feeds and builds of the catalog, access clients, groups, enrolments and tokens,
// monitor the metrics of what is stored. Handlers hold what they use; every lookup includes the
// caller's organization and groups.
//
// # web
//
// The pages of the dashboard. A page asks the API of its own process as the caller who is signed
// in, so its numbers and rights are the API's (doc/decision/0150). Browsers sign in by a link that
// is used once (doc/decision/0151), or at a provider. Pages that change things are forms, which count
// once (doc/decision/0156). Charts are SVG that is made on the server, of four shapes (chart, which is
// pure; doc/decision/0153).
//
// # node
//
// Runs a server, or works without one on a data folder with its lock, database, key and files, or on the
// places that several nodes share: a PostgreSQL database, a store of files and a key, with a part of a
// cache for each process. Addresses and certificates, the schedule, and a stop within 20 seconds. It
// has no flags and prints nothing. Package move below it takes a data folder to such places.
//
// # demo
//
// The demonstration: the whole program on a folder of its own, with checks of the results.
//
// # cmd/muster
//
// The program: one file per command, with its flags, its help and its output. Commands that
// need the state use the API, either of a server or, with --data or --database, of the process itself over a
// pipe (package connect below it). So everything is done, and checked, in one way. Packages access,
// answers and manual below it hold the commands that decide who may do what, those that say what is
// known, and those that say how muster is used.
//
// muster collect is package agent, and so is all of cmd/muster-agent, the program for machines.
// The latter does not link the code that serves and assesses, and has less than 10 MB.
//
// # Tests
//
// Tests go through the front door: real database, real files, real server, no mocks. Laws are
// properties over random fleets and histories. The strongest is in generation/law_test.go:
// after each generation of a random history, the merge must equal a generation made from
// nothing. Every decoder of outside bytes has a fuzz target. Package clienttest runs real
// client libraries, including MSAL and Azure's storage SDKs, against the program as users run
// it. Tests that need a program or real data ask package testneed, and are skipped without it.
// Package quality has the quality gate: suites of rows whose labels come from elsewhere, compared
// with a committed baseline (make quality); doc/quality.md has the figures.
// Speed is shown by benchmarks and never tested. make test draws the same examples of properties
// each time, make draw looks for others. Tests that improve with time have a long form (make
// soak). make mutants removes each check that decides which reports count: a test must
// fail.
//
// # Unfinished and doubtful
//
// Package client, the Go client of the export API, does not exist yet. The dashboard has no trends
// yet.
//
// Callers are read from the database for each request. This is the simplest way in which a
// change takes effect at once, and fast enough on one machine; several machines may need a
// cache.
//
// Damage of the database is detected and named, but not repaired: that needs a backup
// (doc/decision/0033). Not every damage of its log can be distinguished from a power loss.
//
// Lists of exploits beyond KEV and further feeds are not read. No collector of Windows or macOS has run
// on a real machine (doc/agent.md).
//
// The first generation of a UTC day makes every row of every device anew, because of last-seen
// times (doc/decision/0007). It is by far the most expensive of the day. If rows kept their
// last-seen time separately it would be as cheap as the others, but a part could then not be
// served as it is stored.
package muster
