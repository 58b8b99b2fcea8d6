// Package browsertest tries the dashboard in a real browser: Chromium, driven by chromedp through the DevTools
// protocol. It has tests only. All tests share one browser process and one server of package webtest; each has a tab
// with cookies of its own.
//
// No test lists pages. They go over the pages that a manager reaches by links from the overview: one of
// each route, and what is beyond links (errors, hostile names, an empty result). A route of package web to which no
// link leads fails the crawl, so a page that is added is tried without a new line here.
//
// TestPictures makes the pictures of the manual (make screenshots).
//
// # The twenty checks
//
// The design of the dashboard has twenty checks; an empty page passes most of them, so tests begin with a heading and a
// number that is known: each page of a snapshot must say of how many devices it is (TestPages). Of the pages below,
// TestPages and what rests on the crawl have one of each route that a manager can open, each view of a device, errors,
// hostile names, empty results, and the page to sign in with and without a link. TestPagesBehindForms has those that
// come of a form or of fewer permissions.
//
//	   check                                    test
//	 1 console, failed requests, other hosts    all tests with a tab end so
//	 2 no style attribute, one script           TestPages, TestPagesBehindForms; web: TestPagesLoadNothingElse
//	 3 no sideways scroll at 320, 390, 640 and  the same, every details closed and open; at 1,280 no table
//	   1,280 pixels                             needs more than its place
//	 4 axe finds nothing serious                the same: all rules at 1,280 pixels, light; contrast in the
//	                                            dark; sizes of targets and boxes that scroll at 390
//	 5 one column at a zoom of 200%             the same
//	 6 linked numbers are the rows behind them  TestLinkedNumbers: each link of all pages, and the CSV, for
//	                                            a manager and for who sees a group
//	 7 numbers are those of /v1, /api, metrics  cmd/muster: TestNumbersOfPages, one table, and the command
//	   and command line                         and the call that stand under each list
//	 8 severities, coverage and ages add up     TestPartsAddUp: each such table of all pages
//	 9 old findings + new - fixed = findings    generation: checkTrend, checkReasons, over random histories;
//	                                            api: TestDifferencesAddUp; web: TestHistoryOfPages
//	10 two callers add up, and see no byte of   TestTwoCallers: all pages; web: TestGroupsAddUp,
//	   each other's                             TestPagesKeepToTheScope, TestWhatOthersHaveDoesNotExist
//	11 filter, sort, next page, entry, Back     TestWayThroughAList; TestBackFromEveryEntry: every list
//	12 the address is reached after signing in  TestSigningInLeadsBack, TestSigningInAtAProvider
//	13 by the keyboard alone                    TestKeyboard, TestCopying
//	14 without script                           11 and 13 run with script and without
//	15 hostile names, 4,000 letters             TestPages; web: TestHostileTexts, in every field
//	16 0, 1, 2, 400 snapshots                   TestFirstSnapshots; web: TestOverviewOfEachHistory,
//	                                            TestHistoryOfPages (120 snapshots; 400 with make soak)
//	17 no 0 of a device without a feed          TestPages; web: TestNobodyLookedIsNotZero
//	18 a snapshot between two pages             TestFirstSnapshots: every list with several pages
//	19 forged, repeated, stale forms            TestForgedForms: every form of all pages; web: TestForgedForms,
//	                                            TestAFormCountsOnce, TestEveryAddressForEveryCaller
//	20 bytes, nodes, requests; milliseconds     TestPages; web: BenchmarkPages
//
// What no test shows: the history of 400 snapshots is looked at as text and not in the browser, and no other browser
// than Chromium looks at pages.
package browsertest
