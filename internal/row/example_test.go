package row_test

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// A row is appended in the form of files, scanned, and shown in the form of
// pages.
func Example() {
	device := (&row.Device{
		ID: "018d7dc428d98e16abed667a759f9e40a7e8f2c8", Name: "host.example.com",
		OSPlatform: "Linux", GroupName: defender.GroupNone,
	}).Piece()
	software := row.SoftwareKey{Vendor: "acme", Name: "rocket_skates", Version: "2.1"}.Piece(row.EndOfSupport{})
	seen := row.NewTimestamp(time.Date(2026, 11, 23, 10, 0, 0, 500_000_000, time.UTC))

	file := row.AppendNoProductCode(nil, &device, &software, seen, "")
	fmt.Printf("%s", file)

	shape := row.ShapeOf(defender.NoProductCode, false)
	var row row.Row
	if _, err := shape.Scan(&row, file); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n", shape.AppendPage(nil, &row))

	// Output:
	// {"DeviceId":"018d7dc428d98e16abed667a759f9e40a7e8f2c8","RbacGroupId":0,"RbacGroupName":"None","DeviceName":"host.example.com","OSPlatform":"Linux","SoftwareVendor":"acme","SoftwareName":"rocket_skates","SoftwareVersion":"2.1","SoftwareLastSeenTimestamp":"2026-11-23 10:00:00.500"}
	// {"deviceId":"018d7dc428d98e16abed667a759f9e40a7e8f2c8","rbacGroupId":0,"rbacGroupName":"None","deviceName":"host.example.com","osPlatform":"Linux","softwareVendor":"acme","softwareName":"rocket_skates","softwareVersion":"2.1","softwareLastSeenTimestamp":"2026-11-23 10:00:00.500","registryPath":null}
}
