package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/testneed"
)

const deployFolder = "../../deploy"

func readDeployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deployFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// runsAgent fails the test unless the program accepts a command line whose server is a placeholder.
func runsAgent(t *testing.T, args []string) {
	t.Helper()
	parser, err := agent.Program(version).Parser(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		t.Errorf("muster-agent %s: %v", strings.Join(args, " "), err)
		return
	}
	for _, flag := range parsed.Flags() {
		if server := parsed.FlagValue(flag); flag.Name == "server" && server != "https://muster.example.com" {
			t.Errorf("muster-agent %s: the server is %q", strings.Join(args, " "), server)
		}
	}
}

// systemd itself finds nothing wrong with the units.
func TestSystemdUnits(t *testing.T) {
	analyze := testneed.Command(t, "systemd-analyze")
	folder := t.TempDir()
	program := filepath.Join(folder, "muster-agent")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, server, _ := strings.Cut(readDeployed(t, "systemd/agent.env"), "\nSERVER=")
	server, _, _ = strings.Cut(server, "\n")
	for _, name := range []string{"muster-collect.service", "muster-collect.timer", "muster-agent.service"} {
		text := readDeployed(t, "systemd/"+name)
		if _, line, ok := strings.Cut(text, "\nExecStart=/usr/local/bin/muster-agent "); ok {
			line, _, _ = strings.Cut(line, "\n")
			runsAgent(t, strings.Fields(strings.ReplaceAll(line, "${SERVER}", server)))
		}
		text = strings.ReplaceAll(text, "/usr/local/bin/muster-agent", program)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"muster-collect.timer", "muster-agent.service"} {
		said, err := exec.Command(analyze, "verify", "--man=no", filepath.Join(folder, name)).CombinedOutput()
		if err != nil || len(said) > 0 {
			t.Errorf("systemd-analyze verify %s: %v: %s", name, err, said)
		}
	}
}

// element is any element of XML.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func parseXML(t *testing.T, text string) element {
	t.Helper()
	var root element
	decoder := xml.NewDecoder(strings.NewReader(text))
	err := decoder.Decode(&root)
	if _, rest := decoder.Token(); err == nil && !errors.Is(rest, io.EOF) && rest != nil {
		err = rest
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find returns the element at a path of names.
func (e element) find(t *testing.T, path ...string) element {
	t.Helper()
	for _, name := range path {
		i := slices.IndexFunc(e.Children, func(c element) bool { return c.XMLName.Local == name })
		if i < 0 {
			t.Fatalf("%s has no %s", e.XMLName.Local, name)
		}
		e = e.Children[i]
	}
	return e
}

// texts are the texts of the children.
func (e element) texts() (all []string) {
	for _, c := range e.Children {
		all = append(all, strings.TrimSpace(c.Text))
	}
	return all
}

func TestLaunchdPropertyList(t *testing.T) {
	const name = "com.github.muster-project.agent"
	list := parseXML(t, readDeployed(t, "launchd/"+name+".plist")).find(t, "dict").Children
	values := map[string]element{}
	for i := 0; i+1 < len(list); i += 2 {
		if list[i].XMLName.Local != "key" {
			t.Fatalf("a <%s> stands in place of a key", list[i].XMLName.Local)
		}
		values[list[i].Text] = list[i+1]
	}
	if values["Label"].Text != name {
		t.Errorf("label %q", values["Label"].Text)
	}
	arguments := values["ProgramArguments"].texts()
	if len(arguments) == 0 || arguments[0] != "/usr/local/bin/muster-agent" {
		t.Fatalf("arguments %q", arguments)
	}
	runsAgent(t, arguments[1:])
}

func TestWindowsTask(t *testing.T) {
	text := readDeployed(t, "windows/muster-agent.xml")
	if strings.Contains(text, "encoding=") || strings.ContainsFunc(text, func(r rune) bool { return r > 127 }) {
		t.Error("Register-ScheduledTask takes no encoding that is not the string's own")
	}
	task := parseXML(t, text)
	action := task.find(t, "Actions", "Exec")
	if command := action.find(t, "Command").Text; command != `C:\Program Files\muster\muster-agent.exe` {
		t.Errorf("command %q", command)
	}
	runsAgent(t, strings.Fields(action.find(t, "Arguments").Text))
	if limit := task.find(t, "Settings", "ExecutionTimeLimit").Text; limit != "PT0S" {
		t.Errorf("the task is ended after %s", limit)
	}
}

// The manuals of the agent, of the server and of other sources name every file.
func TestDeployedFilesAreDocumented(t *testing.T) {
	var text []byte
	for _, manual := range []string{"agent", "operations", "sources"} {
		part, err := os.ReadFile("../../doc/" + manual + ".md")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part...)
	}
	files := 0
	err := filepath.WalkDir(deployFolder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		if !strings.Contains(string(text), entry.Name()) {
			t.Errorf("doc/agent.md, operations.md and sources.md do not name %s", path)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}
