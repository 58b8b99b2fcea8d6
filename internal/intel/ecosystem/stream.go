package ecosystem

import "strings"

// Stream is the module stream of an installed rpm.
type Stream struct {
	// Module is false for a package that is not in a module.
	Module bool
	// Name is for example "nodejs:18", if the report has it.
	Name string
	// Upstream is the package's version without epoch and release.
	Upstream string
}

// Agrees reports whether rules of a stream apply. If the report does not name the stream, the
// package's version must begin with the stream's: nodejs 18.12.1 is in nodejs:18. Streams that are
// not versions ("container-tools:rhel8") agree only by name.
func (s Stream) Agrees(stream string) bool {
	switch {
	case !s.Module || stream == "":
		return !s.Module && stream == ""
	case s.Name != "":
		return s.Name == stream
	}
	_, number, _ := strings.Cut(stream, ":")
	return number != "" && strings.Trim(number, "0123456789.") == "" &&
		(s.Upstream == number || strings.HasPrefix(s.Upstream, number+"."))
}

// Ksplice is the stream of packages that Ksplice can patch while they run. They are a line of their own, with versions
// above those of others ("2:1.1.1g-15.ksplice1.el8_3").
const Ksplice = "ksplice"

// UnknownStream is the stream of a module advisory that does not name one: no package agrees with it.
const UnknownStream = "?"

// StreamOf returns the module stream of an installed version, in a module or not; label is that of the module in a
// package URL ("nodejs:18:...").
func StreamOf(installed string, module bool, label string) Stream {
	if strings.Contains(installed, "."+Ksplice) {
		return Stream{Module: true, Name: Ksplice}
	}
	s := Stream{Module: module, Upstream: installed}
	if words := strings.SplitN(label, ":", 3); module && len(words) > 1 {
		s.Name = words[0] + ":" + words[1]
	}
	if _, rest, ok := strings.Cut(s.Upstream, ":"); ok {
		s.Upstream = rest
	}
	s.Upstream, _, _ = strings.Cut(s.Upstream, "-")
	return s
}
