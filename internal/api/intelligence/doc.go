// Package intelligence has the calls below /v1/ for vulnerability intelligence: feeds are imported,
// fetched, suggested, listed and removed, and builds of the catalog shown.
package intelligence
