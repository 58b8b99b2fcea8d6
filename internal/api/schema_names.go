package api

import (
	"reflect"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/notice"
)

// schemaNames are the names of schemas that differ from those of their types. Clients are generated
// from the description, so a name stays when a type moves or is renamed.
func schemaNames() map[reflect.Type]string {
	return map[reflect.Type]string{
		reflect.TypeFor[auth.Discovery]():               "auth.Discovery",
		reflect.TypeFor[auth.RefusalBody]():             "auth.RefusalBody",
		reflect.TypeFor[auth.TokenReply]():              "auth.TokenReply",
		reflect.TypeFor[counts.FeedRecords]():           "catalog.FeedSummary",
		reflect.TypeFor[counts.Catalog]():               "catalog.Summary",
		reflect.TypeFor[control.Progress]():             "GenerationProgress",
		reflect.TypeFor[counts.Coverage]():              "CoverageCounts",
		reflect.TypeFor[counts.Feed]():                  "CatalogFeed",
		reflect.TypeFor[defender.Error]():               "defender.Error",
		reflect.TypeFor[defender.ErrorBody]():           "defender.ErrorBody",
		reflect.TypeFor[defender.ExportFilesResponse](): "defender.ExportFilesResponse",
		reflect.TypeFor[control.Repaired]():             "pipeline.Repaired",
		reflect.TypeFor[control.RepairReport]():         "pipeline.RepairReport",
		reflect.TypeFor[control.Verification]():         "pipeline.Verification",
		reflect.TypeFor[inventory.Configuration]():      "inventory.Configuration",
		reflect.TypeFor[inventory.Device]():             "inventory.Device",
		reflect.TypeFor[inventory.Report]():             "inventory.Report",
		reflect.TypeFor[inventory.Software]():           "inventory.Software",
		reflect.TypeFor[notice.Device]():                "notice.Device",
		reflect.TypeFor[notice.CVE]():                   "notice.CVE",
		reflect.TypeFor[notice.Product]():               "notice.Product",
		reflect.TypeFor[notice.Notice]():                "notice.Notice",
		reflect.TypeFor[notice.Destination]():           "notice.Destination",
		reflect.TypeFor[notices.Rule]():                 "notices.Rule",
		reflect.TypeFor[notices.Rules]():                "notices.Rules",
		reflect.TypeFor[notices.Set]():                  "notices.Set",
		reflect.TypeFor[notices.Status]():               "notices.Status",
		reflect.TypeFor[notices.History]():              "notices.History",
		reflect.TypeFor[notices.Told]():                 "notices.Told",
		reflect.TypeFor[notices.Tested]():               "notices.Tested",
		reflect.TypeFor[notices.Preview]():              "notices.Preview",
		reflect.TypeFor[rbac.Rule]():                    "rbac.Rule",
		reflect.TypeFor[counts.Changes]():               "snapshot.Changes",
		reflect.TypeFor[counts.RemovedFeed]():           "snapshot.RemovedFeed",
		reflect.TypeFor[counts.Severities]():            "snapshot.Severities",
		reflect.TypeFor[counts.Snapshot]():              "snapshot.Totals",
	}
}
