# muster's commands. A fresh machine needs only Go and make.
#
#   make demo     build muster and run the demonstration
#   make test     install what tests need, then run all checks and tests
#   make places   run the API's tests on PostgreSQL with Azure Blob, and those of pages and links with S3
#   make check    check formatting, vet, staticcheck, dead code, modules and the agent's size
#   make bench    run all benchmarks
#   make compare  compare exports by muster with exports from a database
#   make soak     run the long forms of tests: attacks, kills, damage and random histories; then draw and fuzz
#   make draw     check every property by DRAWS new examples, or as many as DRAWTIME allows
#   make fuzz     run every fuzz target for FUZZTIME
#   make mutants  remove each check of what reports are believed about; tests must notice
#   make quality  run every suite of the quality gate, compare with its baseline, check doc/quality.md
#   make size     build the agent as released and check its size
#   make build    build the programs for every platform into bin/
#   make screenshots  make the pictures of README and manual from the demonstration
#   make release  make an archive for every platform, with SBOM and SHA-256 sums, in dist/

GO          ?= go
FUZZTIME    ?= 10s
SOAKFUZZ    ?= 30s
DRAWS       ?= 1000
DRAWTIME    ?= 5m
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
DEADCODE    := golang.org/x/tools/cmd/deadcode@v0.52.0
PLATFORMS   := linux/amd64 linux/arm64 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64
GOBUILD     := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# The agent must be smaller than this, in bytes: every device carries one. Programs for Macs with Intel's processors
# have more, by their format.
AGENT_SIZE   = $(if $(findstring darwin-amd64,$(1)),10750000,10000000)
SMALL       = @bytes=$$(($$(wc -c <$(1)))); if [ $$bytes -ge $(AGENT_SIZE) ]; then \
	echo "$(1) has $$bytes bytes, want fewer than $(AGENT_SIZE)"; exit 1; fi

# Code that no program calls on Linux, but that is used: packages for tests, code of other
# platforms, a function for clients of package defender, one for the document that a test writes, and
# a method that encoding/json finds by
# reflection, and which devices of the simulated fleet a step changes, which only tests ask.
USED := ^internal/([^:]*test|testneed)/|^internal/inventory/collect/(macos|windows)\.go:|^internal/inventory/collect/(windows_(library|exchange|extension|settings)\.go|windows/|library/|macos/)|disk/tree\.go:.*(Walking|Entries)|: WindowsPlatform|^defender/.*: ParseTime|coverage/publisher\.go:.*: Listed|: Digest\.UnmarshalText|fleet/fleet\.go:.*: Fleet\.Change[sd]*$$

# Packages with their own goroutines or shared memory. Their tests run again with the race detector
# and with fewer random histories.
CONCURRENT := agent benchmark blob blob/pieces control crew crew/queue edge edge/intake fair intel/catalog intel/library intel/table inventory inventory/stored store store/database store/reports store/publication snapshot generation auth node api
RACE       := $(addprefix ./,$(sort $(dir $(wildcard $(CONCURRENT:%=internal/%/*_test.go)))))

# make check has vetted all packages already, by more than go test does, and a test needs no tables for debuggers, which
# take the linker a third of its time.
LEAN := -vet=off -ldflags "-s -w"

# The package whose tests take longest begins first: others run beside it.
SLOWEST := ./internal/generation

# SQLite, translated from C to Go, is not instrumented for the race detector: a connection is used by one goroutine at a
# time, which the code around it shows, and its instructions would take a third of the time of all tests.
UNSEEN := -gcflags=github.com/ncruces/go-sqlite3-wasm/...=-race=false

# Tests write to memory where Linux has enough of it and lets programs run there: nothing of theirs must survive power,
# and waiting for the disk is a third of the time of a test with a database. Who sets TMPDIR decides.
MEMORY := $(shell folder=/dev/shm; [ "$$(df -Pk $$folder 2>/dev/null | awk 'NR == 2 { print $$4 }')" -gt 8000000 ] 2>/dev/null && \
	! findmnt -no OPTIONS $$folder | grep -q noexec && echo $$folder)
ifneq ($(MEMORY),)
test race places: export TMPDIR ?= $(MEMORY)
endif

# make test draws the same examples of properties each time, so that nothing but a change makes one fail;
# make draw looks for others. Package rapid reads the variables. PROPERTY matches what checks a property.
# It draws half as many as rapid does by itself.
# The race detector sees few examples of each (with -short a fifth of RAPID_CHECKS): they are among those that
# make test draws without it, so all that they can add is races, which every history has the same places for.
test race places: export RAPID_SEED := 1
test: export RAPID_CHECKS := 50
race places: export RAPID_CHECKS := 25
PROPERTY := rapid\.\(Check\|MakeCheck\)(\|blobtest\.Run(

# In CI a test must not be skipped because a program is missing (internal/testneed).
ifeq ($(CI),true)
export MUSTER_NO_SKIP := 1
endif

.PHONY: demo test places needs check format vet staticcheck deadcode modules size race bench compare quality soak draw fuzz mutants build screenshots release clean

demo:
	$(GOBUILD) -o bin/muster ./cmd/muster
	./bin/muster demo

test: needs check
	$(GO) test $(LEAN) -timeout 30m $(SLOWEST) ./...
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target race places

needs:
	@sh internal/testneed/install.sh

race:
	@if command -v gcc >/dev/null; then set -x; CGO_ENABLED=1 $(GO) test -race $(LEAN) $(UNSEEN) -short -timeout 60m $(SLOWEST) $(RACE); \
	else echo "No gcc: skipping the race detector."; fi

# With MUSTER_TEST_PLACE the labs of internal/api are on PostgreSQL and object storage, in place of a folder
# (decision 97).
places: needs
	MUSTER_TEST_PLACE=azure $(GO) test $(LEAN) -timeout 60m ./internal/api
	MUSTER_TEST_PLACE=s3 $(GO) test $(LEAN) -timeout 60m -run '(Page|Link|Pull|Delta)' ./internal/api

check: format vet staticcheck deadcode modules size

format:
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "Run gofmt on these files:"; echo "$$unformatted"; exit 1; fi

vet:
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./internal/inventory/... ./internal/agent ./cmd/muster-agent
	GOOS=darwin $(GO) vet ./internal/inventory/... ./internal/agent ./cmd/muster-agent

staticcheck:
	$(GO) run $(STATICCHECK) ./...

deadcode:
	@dead=$$($(GO) run $(DEADCODE) ./...) || exit 1; dead=$$(echo "$$dead" | grep -vE '$(USED)'); \
	if [ -n "$$dead" ]; then echo "No program calls these:"; echo "$$dead"; exit 1; fi

modules:
	$(GO) mod tidy -diff

size:
	$(GOBUILD) -o bin/muster-agent ./cmd/muster-agent
	$(call SMALL,bin/muster-agent)

bench:
	$(GO) test -p 1 -run '^$$' -bench . -benchmem -timeout 60m ./...

compare:
	$(GO) test -run '^$$' -bench '^BenchmarkExport$$' ./cmd/muster

# UPDATE=-update writes the baseline and doc/quality.md.
quality: needs
	MUSTER_QUALITY=1 $(GO) test -v -count=1 -timeout 30m -run '^Test(Gate|Document)$$' ./internal/quality $(UPDATE)

# Runs one package after another, so that measurements do not disturb each other, and shows their
# figures.
soak: needs
	@set -e; for package in $$(grep -rl --include='*_test.go' 'testneed\.Soak()' . | sed 's|/[^/]*$$||' | sort -u); do \
		tests=$$(grep -l 'testneed\.Soak()' $$package/*_test.go | xargs sed -n 's/^func \(Test[A-Za-z0-9_]*\)(.*/\1/p' | paste -sd '|' -); \
		case "|$$tests|" in *"|TestMain|"*) tests='.*';; esac; \
		echo "$$package $$tests"; \
		MUSTER_SOAK=1 $(GO) test -v -count=1 -timeout 120m -run "^($$tests)\$$" $$package; \
	done
	$(MAKE) --no-print-directory draw
	$(MAKE) --no-print-directory fuzz FUZZTIME=$(SOAKFUZZ)

# Runs one test after another, since rapid ends a property early when the time of its test is over, and goes on
# after one that fails: each failure names the seed that repeats it.
draw: needs
	@mkdir -p bin; failed=; binary=$$PWD/bin/draw.test; \
	for package in $$(grep -rl --include='*_test.go' '$(PROPERTY)' . | sed 's|/[^/]*$$||' | sort -u); do \
		$(GO) test -c -o $$binary $$package || exit 1; \
		for test in $$(grep -l '$(PROPERTY)' $$package/*_test.go | xargs sed -n 's/^func \(Test[A-Za-z0-9_]*\)(.*/\1/p'); do \
			echo "$$package $$test"; \
			(cd $$package && $$binary -test.run "^$$test\$$" -test.timeout $(DRAWTIME) \
				-rapid.checks $(DRAWS) -rapid.seed 0 -rapid.nofailfile) || failed="$$failed $$test"; \
		done; \
	done; rm $$binary; if [ -n "$$failed" ]; then echo "Failed:$$failed"; exit 1; fi

fuzz:
	@grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | sort | \
	sed -e 's|/[^/]*_test.go:func | |' | while read -r package target; do \
		echo "$$package $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$package" || exit 1; \
	done

mutants:
	$(GO) run ./internal/testneed/mutants

build: $(PLATFORMS:%=bin/%)

# bin/OS/ARCH stands for the files bin/muster-OS-ARCH[.exe] and bin/muster-agent-OS-ARCH[.exe].
.PHONY: $(PLATFORMS:%=bin/%)
EXE = $(if $(filter windows,$(*D)),.exe)
$(PLATFORMS:%=bin/%): bin/%:
	GOOS=$(*D) GOARCH=$(*F) $(GOBUILD) -o bin/muster-$(*D)-$(*F)$(EXE) ./cmd/muster
	GOOS=$(*D) GOARCH=$(*F) $(GOBUILD) -o bin/muster-agent-$(*D)-$(*F)$(EXE) ./cmd/muster-agent
	$(call SMALL,bin/muster-agent-$(*D)-$(*F)$(EXE))

# Needs Chromium. Pictures differ by days and times; look at them before they are committed.
screenshots: needs
	MUSTER_NO_SKIP=1 MUSTER_PICTURES=$(CURDIR)/doc/images $(GO) test -count=1 -run '^TestPictures$$' ./internal/web/browsertest

# The same commit and version of Go make the same bytes (internal/release).
release:
	$(GO) run ./internal/release -version $(VERSION) -platforms "$(PLATFORMS)"

clean:
	rm -rf bin dist
