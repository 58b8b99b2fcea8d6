// Package muster holds no code. This comment is the guided tour of the
// repository: what muster is, what flows where and why, then each package in
// the order in which they build on each other, and at the end what is
// unfinished or doubtful. The words are those of doc/design.md, section 1,
// where the formats, limits and laws are, too. doc/contract.md is what clients of
// the export API rely on, doc/matching.md how software meets CVEs; comments cite
// both by section. Whoever reads this and then the comment of one package should
// be able to change that package.
//
// # What it is
//
// muster answers one question for a whole fleet: what is installed on every
// device, what is wrong with it, and what changed since last time? Devices
// report what they have. muster assesses that against public vulnerability
// intelligence and configuration checks, publishes snapshots of immutable
// files, and hands them out through the API that Microsoft Defender
// Vulnerability Management made known as "export assessment per device", so
// that every client of that API works after a change of host name. It is one
// static program and one folder; it needs no cloud and no network.
//
// # What flows
//
// The whole program is one sentence: snapshot n+1 is the merge of snapshot n
// with the devices that are stale.
//
//	device ──report──▶ Receive ──▶ store ────────┐              snapshot n ──────────────┐
//	                                             │ stale devices    │ old rows           │ bytes of unchanged devices
//	                                             ▼                  ▼                    ▼
//	feeds ─▶ raw files ─▶ tables ─▶ catalog ─▶ assess ──▶ rows ──▶ diff ──▶ encode ──▶ merge ──▶ snapshot n+1 ──▶ api
//	                               benchmark ────▲
//
// A report is checked, brought into its one form and stored; that is all that
// happens when it arrives, so that bursts are absorbed and the reply is fast.
// Later a generation begins. It pins what it will be made from: the reports
// acknowledged so far, a catalog, a benchmark, settings. It puts the devices into
// their groups, while others report, cuts them into ranges and merges each range, on all cores: a device whose inputs are
// what they were keeps the compressed bytes it has; a stale one is assessed,
// and its new rows are compared with its old ones, which gives the delta. When
// the files of all ranges are durable the manifest that names them is written,
// and one statement in the database makes the new snapshot the one that
// readers see.
//
// Three consequences are worth knowing before reading any code.
//
// What is exported is a file that never changes. Pages are views on those
// files, a delta is a file, too, and a pull that takes a day sees one state.
//
// The previous snapshot is the state. Nothing in the database says which device
// was assessed with what: the sheet of a range, a file beside its parts, does.
// First-seen times live in the exported rows themselves and are read back from
// them. So there is nothing that could disagree with what was published.
//
// Computation follows change. A fleet of which one device in a hundred changed
// costs one hundredth of the work and the copying of a file. (Once a day this
// is not so: the first generation of a UTC day makes all rows anew, because
// their last-seen times move on.)
//
// # The order
//
// A package may import only those before it in this list; internal/house/layout_test.go
// holds us to it. Nobody later may be asked for anything, so each package can
// be read with only the ones above it in mind.
//
//	version defender counts client inventory plain intel benchmark row assess
//	gzipjoin fair durable control console agent blob store/database store/clock
//	store/intelligence store/organization store/access store/reports
//	store/enrollment store/publication store watch receive intel/library
//	snapshot snapshot/proof generation damage auth edge export api node demo
//	web cmd
//
// The first ten do the thinking. Of those version, defender, counts, inventory,
// benchmark, row, assess, gzipjoin and fair are pure: they touch no network, file or
// database and take the time as an argument, so whatever they do can be done
// again in a test. What comes after blob holds the state.
//
// # version
//
// Which of two versions is older? Every package ecosystem has rules of its own,
// taken from osv-scalibr; what belongs to no ecosystem (bounds of CPE ranges,
// Windows file versions) gets an order-preserving key of our own. Versions that
// cannot be compared are an error and never a reason for a finding. Builds of muster
// are compared here, too.
//
// # defender
//
// The compatible wire format and nothing else; every spelling of Microsoft's
// is here: calls, shapes of rows and replies, codes of errors. The package is
// public, for clients.
//
// # counts
//
// The sums that people are shown of a snapshot and of a catalog. They are stored in
// the form that /v1 replies with, so their types are here, once.
//
// # inventory
//
// What a device says about itself: the report, its wire forms (our JSON and
// NDJSON; package sbom makes reports of CycloneDX and SPDX) and its stored form, one
// document a section. The decoders bound size, depth and counts while they read, and
// name the place of every problem; both read JSON by package parse. Normalising gives equal content equal bytes; that is what
// makes a repeated report cheap and staleness a comparison of hashes.
//
// Below it, collect makes a report of a machine, or of a folder that was copied
// from one: it reads package managers' databases (packages, and rpmdb for those of
// rpm) and settings (facts), all through disk, which trusts nothing on a disk. It
// walks no file system and runs nothing but macOS's own tools.
// Package trust says what a report is believed about, by its sender: which
// device it may mean, what of its identity counts, and which sources it writes.
// Package rbac says which RBAC group a device belongs to: the first of ordered
// rules that matches decides, else the group that its reports named. And fleet
// simulates devices: deterministic reports of a believable organization, for
// the demonstration, benchmarks and tests.
//
// # plain
//
// Text that people may read, before it is known where: each of its characters can
// be seen, whatever comes from outside, and an error may carry a hint.
//
// # intel
//
// What is known about vulnerabilities. A feed fetches bytes to a folder and
// never parses, parses files and never dials; so a site without a network, and
// whoever debugs, work on the same files as everybody else. One package a
// format: cve5, nvd, osv, kev, eol. Package cpe reads CPE names, feeds makes a
// feed of a kind. subject spells what feeds and devices have in common: products,
// packages, titles, platforms.
//
// table compiles one feed, once, into an immutable file that depends on nothing
// else. catalog merges the tables of all feeds, which is quick, and is what
// assessment asks: it resolves a component to a product by exact keys alone
// and tells which CVEs affect it and when its support ends. A missing finding
// is bad; a wrong one is worse, because it teaches people to look away: so
// nothing is searched for, no vendor is guessed, and a distribution's packages
// are judged by that distribution's advisories only. Verdicts are remembered by
// component, because fleets repeat themselves, and have a fingerprint, so that a
// new catalog makes stale just the devices for which it changes something.
//
// sample is a small selection of real intelligence, embedded in the program in
// the feeds' own formats: for the demonstration, and for tests that need CVEs
// that exist.
//
// # benchmark
//
// Configuration checks are data: expressions in CEL over the facts that reports
// carry. A new check needs no new agent. A check that was not told what it
// needs says nothing, which is no row and not "non-compliant"
// (doc/decision/0002). Results that a report carries, OpenSCAP's for instance,
// stand beside.
//
// # row
//
// A row is written by appending pieces that were rendered once, and read back by
// a scanner for exactly the form that is written. From here on a row is its
// bytes: what is stored, compared, copied and served is one and the same thing.
//
// # assess
//
// From a report, a catalog, a benchmark and the rows of last time to the rows
// of this time, and from two sets of rows to their difference. Same input, same
// bytes. All rows of a device stand in the order of their unique key, so the
// difference is one walk through two lists.
//
// # gzipjoin
//
// One trick that the rest leans on: pieces that were deflated apart can be laid
// one after the other to make one gzip member, and any run of them can be read
// without the others. One member, because a widely used client stops after the
// first; apart, because unchanged devices must be copied without being
// inflated.
//
// # fair
//
// Whose turn it is where many wait for one thing: each organization in turn, and
// each caller of it, however much they have brought.
//
// # durable
//
// Small files that are there whole or not at all, and survive power loss: a key, a
// credential, the marks of a data folder.
//
// # control
//
// The contract of the calls below /v1, and a client of them: the wire types, each
// written once, a function for each call that is made, and a session that asks for tokens,
// asks a busy server again, and tells errors apart by the codes of their bodies.
// The program uses it, and so do the agent, the API that serves the types, and
// tests. It knows no flags and no terminal.
//
// # console
//
// What command lines have in common: streams, tables, progress, settings, the
// flags by which a server is reached, and the exit statuses.
//
// # agent
//
// What a machine does that is collected, and that reports for itself: it trades an
// enrolment's secret for a credential of its own, collects, sends, and knows what to do
// between two reports, when the server is away say. Clock, chance and the way to the
// server are arguments of the part that goes on and on.
//
// # blob
//
// The contract for immutable files, and a folder that keeps it: put under a name that
// is used once, seen when whole, durable when the batch is synced, opened checked.
// It asks for nothing that object storage lacks. blobtest is the suite of every
// implementation, with a model of object storage and random faults.
//
// # store
//
// What must not be lost: devices, their documents, receipts, how far each
// generation came, and the pointer to the newest snapshot. SQLite, in WAL mode
// and synced on every commit, which is checked at the start. Reports that arrive
// together share a commit; a body of many is cut into slices, between which
// others have their turn. Each page has a checksum, and what every folder has and
// one lacks is damage, never a new folder. One SQL text is kept within what
// PostgreSQL understands too.
//
// The store has a room for each kind of thing, and package store opens all of
// them: database is the file and the schema, and seven rooms lie on it, which use
// only those before them: clock, intelligence, organization, access, reports,
// enrollment, publication. storetest opens one for tests.
//
// # watch
//
// A clock that jumped makes a whole fleet look silent. A Watcher compares each
// reading with what the clock read before, and counts the devices that would drop
// out at once; while either gives a doubt no generation begins and nothing is
// removed. The rule is in store/clock.
//
// # receive
//
// Takes reports in: each is brought into its one form, cut into documents and
// stored. Nothing else happens until the next generation begins.
//
// # intel/library
//
// Keeps feeds and catalogs: Import and Refresh take raw files in, and a catalog
// is built when any changed. What cannot be read to its end changes nothing.
//
// # snapshot
//
// The immutable files: parts, delta parts, sheets, indexes, deltas and manifests.
// It writes them durably, reads a range back for the next generation, and cuts
// pages of rows from parts. A manifest names the index of each range, an index the
// parts, so that who wants one range reads one index. What fails its hash is named
// and not used, until it is copied back or made again.
//
// Package proof below it proves every file against what names it, and every pair
// of neighbours against the law that full and delta make the next full; by the
// same law it makes damaged files again.
//
// # generation
//
// Makes snapshots: Publish, Retire, and Resume after a stop of whatever
// kind. Here the packages above meet. Publishing is a stored request, which the
// next generation to begin answers. Who makes one has a lease on the organization,
// renewed while work goes on (hold.go): whoever takes over one that has ended goes
// on from what is complete, and what the owner before still does counts no more.
// merge.go is the heart: old range and present devices side by side, each device
// left, arrived, stayed or stale. A crash at any step leaves a generation that the
// next start finishes, or files that a dead attempt's name leads to; crash_test.go
// dies at every step and looks.
//
// # damage
//
// Verify proves what is kept and changes nothing, Repair brings back what is
// damaged: from a copy, by law 1, or by a new beginning.
//
// # auth
//
// Who asks? It keeps the server's keys, issues tokens to clients that prove
// themselves, checks those tokens and the ones of trusted issuers, and makes of
// each a Caller: one organization, permissions, and the RBAC groups that may be
// seen. Nothing later in the order asks anything else about a request's sender.
//
// # edge
//
// Where requests come in: HTTP, and nothing of devices. A table of routes says of
// each operation which permissions it needs; edge tells who asks and how the
// request came, holds callers to their rates and shares, reads parameters, and
// writes what became of it to the audit log. One place maps errors to statuses.
// Below it, intake takes in large bodies: they take the memory of what was sent
// until they are decoded, and what decoding is estimated to take then, both shared
// by organization and caller.
//
// # export
//
// The export calls. Where a page ends is known from manifests before a part is
// opened; rows are streamed in constant memory. A skip token carries the whole
// state of a pull, sealed; links to files are signed; the server keeps neither, so
// both survive its restart. A GET never triggers work.
//
// # api
//
// The table of all routes and their description, and under /v1/ reports,
// generations, devices and feeds; package access below it has clients, groups,
// enrolments and tokens. Handlers hold what they use; the caller's organization
// and groups go into everything that they look up.
//
// # node
//
// What runs a server, or works on a data folder in its place: the folder with its
// lock, database, key and files, addresses and certificates, what is done by
// itself and when, and how all of it ends within 20 seconds. No flags, no printing.
//
// # demo
//
// The demonstration: the whole program on a folder of its own, checked by itself.
//
// # cmd/muster
//
// The program: one file a command, with its flags, its help, and what it prints.
// Commands that need the state speak to the API, whether a server answers or, with
// --data, the process itself over a pipe, so there is one way to do a thing and one
// place where it is checked.
//
// muster collect is package agent, and so is all of cmd/muster-agent, the program for
// machines. That links none of what serves and assesses, and has less than 10 MB.
//
// # Tests
//
// They go through the front door: real database, real files, real server, no
// mocks. Laws are properties over random fleets and histories. The strongest is
// in generation/law_test.go: after each generation of a random life, the merge
// must be what a generation from nothing would have made. Every decoder of
// outside bytes has a fuzz target. Package clienttest lets real client
// libraries, MSAL and Azure's storage SDKs among them, at the program as users
// run it. Tests that need a program or real data ask package testneed, and are
// skipped where there is none; speed is shown by benchmarks and never tested.
// What is the better the longer it goes on has a long form (make soak), and make
// mutants takes out each check by which reports are believed: a test must fail.
//
// # Unfinished and doubtful
//
// Packages client, the Go client of the export API, and web, a dashboard, do
// not exist yet.
//
// Callers are read from the database for each request. That is the simplest thing
// that is right at once, and fast enough on one machine; several machines may want
// a cache.
//
// PostgreSQL, several machines and object storage come later. The SQL was
// written for both databases and is run on one; files lie in a folder, behind a
// contract that object storage can keep
// (doc/decision/0004).
//
// Damage of the database is noticed and named, but not repaired: that takes a
// backup (doc/decision/0033). Not every damage of its log can be told from a
// power loss.
//
// Windows and macOS report software and no settings yet; checks are for Linux.
// The KB numbers that fix a Windows build, lists of exploits beyond KEV, EPSS and
// further feeds are not read.
//
// The first generation of a UTC day makes every row of every device anew, for
// the sake of last-seen times (doc/decision/0007). It is by far the dearest of
// the day; rows whose last-seen time is kept apart would make it as cheap as
// the others, and a part could then not be served as it lies.
package muster
