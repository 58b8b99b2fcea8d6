package quality

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/version"
)

// versionPairs is how many pairs of each scheme are compared.
const versionPairs = 400

// runDpkgVersions compares generated versions with dpkg.
func runDpkgVersions(t *tally) {
	dpkg := testneed.Command(t.TB, "dpkg")
	older := func(a, b string) bool { return dpkgOlder(t, dpkg, a, b) }
	t.judgeOrders(version.Debian, generatedPairs(debianVersion), older)
}

// dpkgOlder asks dpkg whether a is older than b.
func dpkgOlder(t *tally, dpkg, a, b string) bool {
	t.Helper()
	err := exec.Command(dpkg, "--compare-versions", a, "lt", b).Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("dpkg --compare-versions %s lt %s: %v", a, b, err)
	}
	return err == nil
}

// rpmAnswers are the answers of rpm 4.18 to the generated pairs, since few machines have rpm.
const rpmAnswers = "testdata/rpm.txt"

// runRPMVersions compares generated versions with rpm: with its recorded answers, and where rpm is
// installed the recorded ones with those of today.
func runRPMVersions(t *tally) {
	pairs := generatedPairs(rpmVersion)
	_, err := exec.LookPath("rpm")
	installed := err == nil
	if *update && installed {
		writeAnswers(t, pairs, rpmOrders(t, pairs))
	}
	recorded := readAnswers(t)
	for _, p := range pairs {
		if _, known := recorded[p]; !known {
			t.Fatalf("%s has no answer for %q: make quality UPDATE=-update where rpm is installed", rpmAnswers, p)
		}
	}
	if installed && !maps.Equal(rpmOrders(t, pairs), recorded) {
		t.Errorf("rpm gives other answers than %s has", rpmAnswers)
	}
	t.judgeOrders(version.RPM, pairs, func(a, b string) bool { return recorded[[2]string{a, b}] < 0 })
}

// writeAnswers records answers, a line each: two versions and -1, 0 or 1.
func writeAnswers(t *tally, pairs [][2]string, orders map[[2]string]int) {
	t.Helper()
	var b strings.Builder
	for _, p := range pairs {
		fmt.Fprintln(&b, p[0], p[1], orders[p])
	}
	if err := os.WriteFile(rpmAnswers, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readAnswers(t *tally) map[[2]string]int {
	t.Helper()
	text, err := os.ReadFile(rpmAnswers)
	if err != nil {
		t.Fatal(err)
	}
	orders := map[[2]string]int{}
	for line := range strings.Lines(string(text)) {
		var a, b string
		var order int
		if _, err := fmt.Sscan(line, &a, &b, &order); err != nil {
			t.Fatalf("%s: %q: %v", rpmAnswers, line, err)
		}
		orders[[2]string{a, b}] = order
	}
	return orders
}

// rpmOrders asks rpm to compare versions with epoch and release: -1, 0 or 1.
func rpmOrders(t *tally, pairs [][2]string) map[[2]string]int {
	t.Helper()
	rpm, err := exec.LookPath("rpm")
	if err != nil {
		t.Skip("rpm is not installed") // in CI, too: few machines have it
	}
	orders := map[[2]string]int{}
	const atOnce = 500 // arguments have a limit
	for len(pairs) > 0 {
		next := pairs[:min(atOnce, len(pairs))]
		pairs = pairs[len(next):]
		var script strings.Builder
		for _, p := range next {
			fmt.Fprintf(&script, "print(rpm.vercmp(%q, %q) .. ' ')", p[0], p[1])
		}
		out, err := exec.Command(rpm, "--eval", "%{lua: "+script.String()+"}").Output()
		words := strings.Fields(string(out))
		if err != nil || len(words) != len(next) {
			t.Fatalf("rpm.vercmp: %v, %d answers to %d questions", err, len(words), len(next))
		}
		for i, word := range words {
			order, known := map[string]int{"-1": -1, "0": 0, "1": 1}[word]
			if !known {
				t.Fatalf("rpm.vercmp said %q", word)
			}
			orders[next[i]] = order
		}
	}
	return orders
}

// judgeOrders judges for each pair whether the first is older. Versions that muster cannot compare
// are not older.
func (t *tally) judgeOrders(scheme version.Scheme, pairs [][2]string, older func(a, b string) bool) {
	t.Helper()
	for _, p := range pairs {
		order, err := version.Compare(scheme, p[0], p[1])
		t.judge(fmt.Sprintf("%v: %s < %s", scheme, p[0], p[1]), older(p[0], p[1]), err == nil && order < 0)
	}
}

// generatedPairs are pairs of versions, both ways round. They are the same in each run. Half of them
// differ in one place only, since that is where rules differ.
func generatedPairs(generate func(*rand.Rand) string) (pairs [][2]string) {
	random := rand.New(rand.NewPCG(9, 12))
	for i := range versionPairs / 2 {
		a := generate(random)
		b := generate(random)
		if i%2 == 0 {
			b = varied(random, a)
		}
		pairs = append(pairs, [2]string{a, b}, [2]string{b, a})
	}
	return pairs
}

// varied changes a version in one place, so that both package managers still accept it.
func varied(random *rand.Rand, v string) string {
	upstream := strings.IndexByte(v, ':') + 1
	end := strings.LastIndexByte(v, '-')
	if end < 0 {
		end = len(v)
	}
	at := upstream + 1 + random.IntN(end-upstream) // after the first digit
	piece := pick(random, "~", "0", "00", "1", "9", "a", "Z", ".", ".0", "+b1", "~rc1", "^git1")
	if piece[0] == '^' && strings.Contains(v, ":") {
		piece = "+git1" // dpkg knows no "^"; versions for it may have epochs, too
	}
	return v[:at] + strings.ReplaceAll(piece, "^", "+") + v[at:]
}

func pick(random *rand.Rand, words ...string) string { return words[random.IntN(len(words))] }

// upstream makes the middle of a version.
func upstream(random *rand.Rand, suffixes ...string) string {
	parts := []string{fmt.Sprint(random.IntN(30))}
	for range random.IntN(4) {
		parts = append(parts, pick(random, "0", "1", "2", "9", "10", "007", "20240101", "1k", "0a", "1f"))
	}
	return strings.Join(parts, ".") + pick(random, suffixes...)
}

// debianVersion makes a version as of deb-version(7).
func debianVersion(random *rand.Rand) string {
	v := pick(random, "", "", "", "1:", "2:") +
		upstream(random, "", "", "~rc1", "+dfsg", "+ds1", "~git20240101", "+really1.2", ".orig")
	return v + pick(random, "", "-1", "-1", "-2~bpo12+1", "-1+deb12u1", "-1+deb12u10", "-0ubuntu0.22.04.1", "-3+b1")
}

// rpmVersion makes an epoch, version and release as of rpm-version(7).
func rpmVersion(random *rand.Rand) string {
	v := pick(random, "", "", "", "1:", "2:") + upstream(random, "", "", "~rc1", "^git1", "^20240101", "p1", "_2")
	return v + pick(random, "-1", "-1.el9", "-1.el9_2", "-10.el9_4.1", "-2.fc40", "-150600.5.7.1", "-1.amzn2023.0.1")
}
