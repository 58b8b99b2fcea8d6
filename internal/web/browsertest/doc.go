// Package browsertest tries the dashboard in a real browser: Chromium, driven by chromedp through the DevTools
// protocol. It has tests only. All tests share one browser process and one server of package webtest; each has a tab
// with cookies of its own.
//
// No test lists pages. TestPages and others go over the pages that a manager reaches by links from the overview: one of
// each route, and what is beyond links (errors, hostile names, an empty result). A route of package web to which no
// link leads fails the crawl, so a page that is added is tried without a new line here.
//
// TestPictures makes the pictures of the manual (make screenshots).
//
// # The twenty checks
//
// The design of the dashboard has twenty checks; an empty page passes most of them, so tests begin with a heading and a
// number that is known. These tests show them:
//
//	 1 console, failed requests, other hosts          TestPages; all tests here end so
//	 2 no style attribute, no inline script           TestPages; web: TestPagesLoadNothingElse
//	 3 no sideways scroll at 320, 390, 1,280 pixels   TestPages, with every details closed and open
//	 4 axe finds nothing serious, light and dark      TestPages
//	 5 one column at a zoom of 200%                   TestPages
//	 6 linked numbers are the rows behind them        TestLinkedNumbers; web: TestNumbersAreTheRowsBehindThem
//	 7 numbers are the API's                          TestLinkedNumbers; web: TestNumbersAreTheAPIs,
//	                                                  TestNumbersOfAnEarlierSnapshot, TestNumbersAreTheMetrics
//	 8 parts add up                                   TestPartsAddUp; web: TestNumbersAreTheAPIs
//	 9 old findings + new - fixed = findings          generation: checkTrend and checkReasons over random histories;
//	                                                  api: TestDifferencesAddUp; web: TestChangesAreTheRowsBehindThem
//	10 callers of two groups                          TestTwoCallers; web: TestPagesKeepToTheScope, TestGroupsAddUp
//	11 filter, sort, next page, entry, Back           TestWayThroughAList
//	12 the address is reached after signing in        TestSigningInLeadsBack; web: TestWhereSigningInLeads
//	13 by the keyboard alone                          TestKeyboard
//	14 without script                                 11 and 13 run with script and without
//	15 hostile names                                  TestPages; web: TestHostileNames
//	16 no snapshot, one, two                          TestFirstSnapshots
//	17 no 0 of a device without a feed                TestPages; web: TestNobodyLookedIsNotZero
//	18 a snapshot between two pages                   TestFirstSnapshots; web: TestEveryPageHonoursTheSnapshot
//	19 forged forms                                   TestForgedForms; web: TestSigningOut
//	20 bytes, nodes, requests                         TestPages
package browsertest
