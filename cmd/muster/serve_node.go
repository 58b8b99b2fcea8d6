package main

import (
	"github.com/muster-project/muster/internal/node"
)

// linksDirect is the value of --links for those of object storage.
const linksDirect = "direct"

// nodeFlags are those of a server that shares its places with other nodes.
type nodeFlags struct {
	CacheSize     int    `default:"1024" placeholder:"MIB" env:"MUSTER_CACHE_SIZE" help:"With --database: size in MiB of the copies of files in --cache."`
	Node          string `placeholder:"NAME" env:"MUSTER_NODE" help:"Name of this node in the log and in the audit log. Default, with --database: the host's."`
	Administrator string `placeholder:"FILE" env:"MUSTER_ADMINISTRATOR" help:"File for the id and secret of the administrator that the first start makes. Default: administrator.json in the data folder; with --database standard output."`
	Links         string `enum:"nodes,direct" default:"nodes" env:"MUSTER_LINKS" help:"Who answers links to files: nodes, or, with --files in object storage, that itself (direct). doc/operations.md says what differs."`

	places node.Places
}
