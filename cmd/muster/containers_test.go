package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/muster-project/muster/cmd/muster/connect"
)

// deployed is what a container runs.
type deployed struct {
	command     []string
	environment map[string]string
}

// parse checks that the program accepts the command line and the settings, as it would in a container.
func (d *deployed) parse(t *testing.T) {
	t.Helper()
	if len(d.command) != 1 || d.command[0] != "serve" {
		t.Fatalf("it runs %q", d.command)
	}
	program := newProgram()
	parser, err := program.Parser(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	known := []string{connect.KeyVariable}
	for _, leaf := range parser.Model.Leaves(true) {
		if leaf.Name == "serve" {
			for _, group := range leaf.AllFlags(true) {
				for _, flag := range group {
					known = append(known, flag.Envs...)
				}
			}
		}
	}
	for name, value := range d.environment {
		t.Setenv(name, value)
		if strings.HasPrefix(name, "MUSTER_") && !slices.Contains(known, name) {
			t.Errorf("muster serve knows no %s", name)
		}
	}
	context, err := parser.Parse(d.command)
	if err != nil {
		t.Fatal(err)
	}
	serve := &program.Line.(*cli).Serve
	if err := serve.check(context); err != nil {
		t.Error(err)
	}
	if !serve.Shared() || serve.places.KeyText == "" || serve.Cache == "" || !serve.BehindProxy || serve.PublicURL == "" {
		t.Errorf("it lacks something of %+v", serve.places)
	}
}

// TestImage: the image has a static program and a user who is not root.
func TestImage(t *testing.T) {
	text, err := os.ReadFile("../../deploy/container/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	last := string(text[bytes.LastIndex(text, []byte("\nFROM ")):])
	for _, want := range []string{"\nFROM scratch\n", "\nENTRYPOINT [\"/muster\"]\n", "\nCMD [\"serve\"]\n"} {
		if !strings.Contains(last, want) {
			t.Errorf("the image lacks %q", want)
		}
	}
	if user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(last); user == nil || user[1] == "0" || user[2] == "0" {
		t.Errorf("its user is %q", user)
	}
	if !strings.Contains(string(text), "CGO_ENABLED=0 go build") {
		t.Error("the program is not static")
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(module)
	if !strings.Contains(string(text), "FROM golang:"+string(version[1])+" ") {
		t.Errorf("it is not built by Go %s", version[1])
	}
}

// TestCompose: the nodes of the example are what muster serve accepts, and may write nothing but caches.
func TestCompose(t *testing.T) {
	text, err := os.ReadFile("../../deploy/compose/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Image       string
			User        string
			Command     []string
			Environment map[string]string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			Tmpfs       []string
			Depends     any `yaml:"depends_on"`
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	proxy, err := os.ReadFile("../../deploy/compose/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	required := regexp.MustCompile(`\$\{(\w+):\?[^}]*\}`)
	nodes := 0
	for name, s := range file.Services {
		if s.Image != "muster" {
			continue
		}
		nodes++
		t.Run(name, func(t *testing.T) {
			if !s.ReadOnly || s.User != "65532:65532" || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.Tmpfs) != 2 {
				t.Errorf("it may do too much: %+v", s)
			}
			for name, value := range s.Environment {
				s.Environment[name] = required.ReplaceAllString(value, strings.Repeat("5a", 32))
			}
			if s.Environment["MUSTER_NODE"] != name {
				t.Errorf("it is called %q", s.Environment["MUSTER_NODE"])
			}
			(&deployed{s.Command, s.Environment}).parse(t)
			if !strings.Contains(string(proxy), "server "+name+s.Environment["MUSTER_LISTEN"]+" ") {
				t.Error("the proxy does not know it")
			}
		})
	}
	if nodes != 3 {
		t.Errorf("%d nodes", nodes)
	}
}

// manifest is what the test reads of an object of Kubernetes.
type manifest struct {
	Kind       string
	StringData map[string]string `yaml:"stringData"`
	Data       map[string]string
	Spec       struct {
		Template struct {
			Spec struct {
				TerminationGracePeriodSeconds int             `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               securityContext `yaml:"securityContext"`
				Containers                    []struct {
					Args            []string
					Env             []struct{ Name string }
					SecurityContext securityContext `yaml:"securityContext"`
					Startup         probe           `yaml:"startupProbe"`
					Liveness        probe           `yaml:"livenessProbe"`
					Readiness       probe           `yaml:"readinessProbe"`
					Ports           []struct {
						Name          string
						ContainerPort int `yaml:"containerPort"`
					}
				}
			}
		}
	}
}

type securityContext struct {
	RunAsNonRoot             bool  `yaml:"runAsNonRoot"`
	RunAsUser                int   `yaml:"runAsUser"`
	ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
	AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
	Capabilities             struct{ Drop []string }
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

// TestManifests: the nodes of the manifests are what muster serve accepts, may not do what they need not,
// and are asked at addresses that there are.
func TestManifests(t *testing.T) {
	text, err := os.ReadFile("../../deploy/kubernetes/muster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	routes, err := os.ReadFile("../../internal/api/table.go")
	if err != nil {
		t.Fatal(err)
	}
	environment, nodes := map[string]string{}, []manifest{}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var m manifest
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch m.Kind {
		case "Secret", "ConfigMap":
			for _, data := range []map[string]string{m.StringData, m.Data} {
				for name, value := range data {
					environment[name] = value
				}
			}
		case "Deployment":
			nodes = append(nodes, m)
		}
	}
	if len(nodes) != 1 || len(nodes[0].Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("deployments: %+v", nodes)
	}
	pod := nodes[0].Spec.Template.Spec
	node := pod.Containers[0]
	if c := pod.SecurityContext; !c.RunAsNonRoot || c.RunAsUser != 65532 {
		t.Errorf("its user: %+v", c)
	}
	if c := node.SecurityContext; !c.ReadOnlyRootFilesystem || c.AllowPrivilegeEscalation == nil ||
		*c.AllowPrivilegeEscalation || !slices.Equal(c.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("it may do too much: %+v", c)
	}
	if pod.TerminationGracePeriodSeconds < 25 {
		t.Error("a stop takes up to 20 seconds, after 5 without requests")
	}
	for path, probes := range map[string][]probe{"/healthz": {node.Startup, node.Liveness}, "/readyz": {node.Readiness}} {
		for _, p := range probes {
			if p.HTTPGet.Path != path || p.HTTPGet.Port != node.Ports[0].Name || !strings.Contains(string(routes), `"`+path+`"`) {
				t.Errorf("a probe asks %+v, want %s", p.HTTPGet, path)
			}
		}
	}
	if node.Ports[0].ContainerPort != 8800 || environment["MUSTER_LISTEN"] != ":8800" {
		t.Error("it does not listen where it is asked")
	}
	for _, e := range node.Env {
		environment[e.Name] = "muster-1"
	}
	(&deployed{node.Args, environment}).parse(t)
}
