// Package blobtest is the test suite of package blob: every implementation of blob.Store passes
// Run. Bucket is a model of object storage, and proves that the contract needs nothing that object
// storage lacks.
package blobtest

import (
	"testing"
	"time"
)

// Run runs the suite. newPlace returns an empty place.
func Run(t *testing.T, newPlace func(testing.TB) Place) { RunFor(t, 0, newPlace) }

// RunFor is Run for places where every request takes time: no random life begins after a budget.
func RunFor(t *testing.T, budget time.Duration, newPlace func(testing.TB) Place) {
	for _, test := range []struct {
		name string
		run  func(*subject)
	}{
		{"ABlobIsWhatWasPut", aBlobIsWhatWasPut},
		{"NothingIsSeenBeforeCommit", nothingIsSeenBeforeCommit},
		{"AKeyIsUsedOnce", aKeyIsUsedOnce},
		{"ACopyIsABlobOfItsOwn", aCopyIsABlobOfItsOwn},
		{"NamesAreChecked", namesAreChecked},
		{"DamageIsNamed", damageIsNamed},
		{"ListingsGoByPrefix", listingsGoByPrefix},
		{"AFolderIsAFileSystem", aFolderIsAFileSystem},
		{"RemovingMayBeRepeated", removingMayBeRepeated},
		{"ReplacingIsWholeOrNotAtAll", replacingIsWholeOrNotAtAll},
		{"AnEndedContextEndsEverything", anEndedContextEndsEverything},
		{"NoRoomIsToldApart", noRoomIsToldApart},
		{"ACrashLeavesWholeBlobs", aCrashLeavesWholeBlobs},
		{"ManyAtATime", manyAtATime},
		{"ManyNodesShareAPlace", manyNodesShareAPlace},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(newSubject(t, newPlace(t))) })
	}
	t.Run("Lives", func(t *testing.T) { lives(t, budget, newPlace) })
}
