package facts

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

func TestSysctlPath(t *testing.T) {
	for name, want := range map[string]string{
		"net.ipv4.ip_forward":            "net/ipv4/ip_forward",
		"net/ipv4/conf/eth0.1/rp_filter": "net/ipv4/conf/eth0.1/rp_filter",
		"net.ipv4.conf.eth0/1.rp_filter": "net/ipv4/conf/eth0.1/rp_filter",
		"plain":                          "plain",
	} {
		if got := sysctlPath(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// A module that no installed kernel has cannot be loaded, and one that a kernel is built with cannot be kept out.
func TestModulesOfKernels(t *testing.T) {
	folder := collecttest.LayMachine(t, map[string]string{
		"etc/modprobe.d/cis.conf":             "install cramfs /bin/false\ninstall fuse /bin/false\ninstall udf /bin/false\n",
		"usr/lib/modules/6.1/modules.dep":     "kernel/fs/udf/udf.ko.xz: kernel/lib/crc-itu-t.ko.xz\nkernel/drivers/usb/storage/usb-storage.ko:\n",
		"usr/lib/modules/6.1/modules.builtin": "kernel/fs/fuse/fuse.ko\n",
		"lib/modules/6.2/modules.dep":         "kernel/fs/hfs/hfs.ko.zst:\nkernel/fs/fuse/fuse.ko\n",
		"lib/modules/6.3/build":               "",
	})
	root, err := disk.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree := disk.NewTree(t.Context(), root, disk.MaxSettings, false)
	found, err := modules(&Machine{tree, func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"udf": "disabled", "usb_storage": "loadable", "fuse": "builtin", "hfs": "loadable"}
	for _, name := range knownModules {
		if got := found.Values[name]; got != cmp.Or(want[name], "absent") {
			t.Errorf("%s is %q, want %q", name, got, cmp.Or(want[name], "absent"))
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte("A b\nc = d\n[e]\n-f=g\n= h\n\"\n"))
	f.Add([]byte("password [x y] pam.so\n- a b\n@include c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ParseSettings(data, true, func(name, _ string, _ int) {
			if name == "" || strings.ContainsAny(name, "\n\t =") {
				t.Fatalf("name %q", name)
			}
		})
		for _, add := range []func(Values){
			func(v Values) {
				p := &modprobe{found: &Found{v, Values{}, Values{}}}
				p.add("f", data)
				_ = p.apply()
			},
			func(v Values) {
				all := &assignments{byName: map[string]*assignment{}}
				_ = all.add("f", data)
				setSysctls(&Found{v, Values{}, Values{}}, all.apply())
			},
			func(v Values) {
				x := &xinetd{}
				x.read("f", data)
				x.addTo(&Found{v, Values{}, Values{}})
			},
			func(v Values) { (&unit{map[string][]setting{}}).add("f", data, false) },
			func(v Values) { environment{}.addFile("f", data) },
		} {
			found := Values{}
			add(found)
			if _, have := found[""]; have {
				t.Fatal("an empty key")
			}
		}
	})
}

func FuzzSSHDLine(f *testing.F) {
	f.Add("PermitRootLogin no")
	f.Add("Banner \"a b\" # c")
	f.Add("Include=/etc/ssh/*.conf \"")
	f.Fuzz(func(t *testing.T, line string) {
		option, args := sshdLine(line)
		if strings.ContainsAny(option, " \t=\"") {
			t.Fatalf("option %q", option)
		}
		quoted := strings.ContainsAny(line, "\"'") // and perhaps not closed
		if option == "" && strings.TrimSpace(line) != "" && line[0] >= 'A' && !quoted {
			t.Fatalf("line %q has no option", line)
		}
		total := 0
		for _, arg := range args {
			total += len(arg)
		}
		if total > len(line) {
			t.Fatalf("arguments %q are longer than the line", args)
		}
	})
}

// TestUnquoteUndoesQuoting is the law of quoted values.
func TestUnquoteUndoesQuoting(t *testing.T) {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`")
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		if got := Unquote(`"` + escape.Replace(value) + `"`); got != value {
			t.Fatalf("%q became %q", value, got)
		}
	})
}

// TestMountOptions has options whose order decides.
func TestMountOptions(t *testing.T) {
	for options, want := range map[string]string{
		"defaults":                         "defaults",
		"rw,nosuid,nodev,noexec":           "rw,nosuid,nodev,noexec",
		"nosuid,nodev,suid":                "nodev,suid",
		"suid,nosuid":                      "nosuid",
		"nosuid,defaults":                  "nosuid,defaults",
		"user":                             "user,noexec,nosuid,nodev",
		"users,exec,size=5%":               "users,nosuid,nodev,exec,size=5%",
		"exec,owner":                       "exec,owner,nosuid,nodev",
		"ro,x-systemd.automount,rw,rw":     "x-systemd.automount,rw",
		"rw,context=\"a:b\",noexec,nosuid": "rw,context=\"a:b\",noexec,nosuid",
	} {
		if got := mountOptions(options); got != want {
			t.Errorf("%q is %q, want %q", options, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		words := []string{"suid", "nosuid", "dev", "nodev", "exec", "noexec", "user", "group", "defaults", "relatime"}
		options := rapid.SliceOfN(rapid.SampledFrom(words), 1, 8).Draw(t, "options")
		once := mountOptions(strings.Join(options, ","))
		for a, b := range opposites {
			if parts := strings.Split(once, ","); slices.Contains(parts, a) && slices.Contains(parts, b) {
				t.Fatalf("%q has %s and %s", once, a, b)
			}
		}
		if last := options[len(options)-1]; !slices.Contains(strings.Split(once, ","), last) {
			t.Fatalf("%q lost %s, the last one", once, last)
		}
	})
}
