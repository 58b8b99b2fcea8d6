package collect

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

// processorTime returns the seconds of processors that this process has used.
func processorTime(b *testing.B) float64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

// BenchmarkCollect tells what a report costs of a large machine, in seconds of processors; an agent may use two.
func BenchmarkCollect(b *testing.B) {
	tree := map[string]string{"etc/os-release": debianRelease, "etc/ssh/sshd_config": "Port 22\n"}
	var status strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&status, "Package: p%d\nStatus: install ok installed\nVersion: 1.%d\nArchitecture: amd64\nDescription: x\n %s\n\n", i, i,
			strings.Repeat("text ", 100))
		tree[fmt.Sprintf("var/lib/dpkg/info/p%d.list", i)] = strings.Repeat(fmt.Sprintf("/usr/share/doc/p%d/file\n", i), 100)
	}
	tree[dpkgStatus] = status.String()
	for i := range 300 {
		tree[fmt.Sprintf("usr/local/lib/python3.11/dist-packages/p%d-1.dist-info/METADATA", i)] = fmt.Sprintf("Name: p%d\nVersion: 1\n", i)
	}
	root := collecttest.LayMachine(b, tree)
	registry := windowstest.Load(b, "testdata/windows11.reg")
	for i := range 500 {
		registry.Add(fmt.Sprintf("%sP%d\n    DisplayName    REG_SZ    Program %d\n    DisplayVersion    REG_SZ    1.%d\n", machineUninstall, i, i, i))
	}
	for name, collect := range map[string]func() error{
		"Linux": func() error {
			_, _, err := Collect(context.Background(), Config{Root: root, Name: "a"})
			return err
		},
		"Linux with libraries": func() error {
			_, _, err := Collect(context.Background(), Config{Root: root, Name: "a", Libraries: true, Extensions: true})
			return err
		},
		"Windows": func() error {
			_, _, err := collectWindows(context.Background(), Config{Time: DefaultTime}, registry, nil, nil)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				if err := collect(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((processorTime(b)-before)/float64(b.N), "cpu-s/report")
		})
	}
}
