// Package deps pins the module set while the skeleton grows; removed before landing.
package deps

import (
	_ "cel.dev/cel-go/cel"
	_ "github.com/CycloneDX/cyclonedx-go"
	_ "github.com/alecthomas/kong"
	_ "github.com/fxamacker/cbor/v2"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/google/osv-scalibr/semantic"
	_ "github.com/google/uuid"
	_ "github.com/klauspost/compress/flate"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/knqyf263/go-rpmdb/pkg"
	_ "github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/package-url/packageurl-go"
	_ "github.com/pandatix/go-cvss/31"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/spdx/tools-golang/json"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
	_ "golang.org/x/text/unicode/norm"
	_ "pgregory.net/rapid"
)
