package browsertest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/demo"
	"github.com/muster-project/muster/internal/web/webtest"
)

// picturesFolder is the variable with the folder that pictures are written to (make screenshots).
const picturesFolder = "MUSTER_PICTURES"

// demonstration is the output of a demonstration; link is sent once.
type demonstration struct {
	mu   sync.Mutex
	text bytes.Buffer
	link chan string
}

var signInLink = regexp.MustCompile(`http://\S+/sign-in\?code=\S+`)

func (d *demonstration) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text.Write(p)
	if found := signInLink.Find(d.text.Bytes()); found != nil && bytes.HasSuffix(p, []byte("\n")) {
		select {
		case d.link <- string(found):
		default:
		}
	}
	return len(p), nil
}

// Pictures of the demonstration are those of the manual, without anything that failed. They are the same each time, but
// for days, times, and what a change of pages or of the demonstration changes.
func TestPictures(t *testing.T) {
	folder := os.Getenv(picturesFolder)
	if folder == "" {
		t.Skipf("%s names no folder for pictures: run make screenshots", picturesFolder)
	}
	link := demonstrate(t)
	b := newTab(t, &webtest.Site{URL: link.Scheme + "://" + link.Host})
	b.open(link.RequestURI(), 200)
	b.click("main form button")
	b.shows("Overview", "Snapshot")
	b.open("/vulnerabilities", 200)
	cve := eval[string](b, `document.querySelector("tbody th a").getAttribute("href")`)
	b.open("/devices", 200)
	device := eval[string](b, `document.querySelector("tbody th a").getAttribute("href")`)
	for _, one := range []struct {
		name, path, scheme string
		width, height      int64
	}{
		{"overview-light", "/", "light", 1280, 960}, {"overview-dark", "/", "dark", 1280, 960}, {"overview-phone", "/", "light", 390, 844},
		{"vulnerabilities", "/vulnerabilities", "light", 1280, 800}, {"cve", cve, "light", 1280, 800},
		{"device", device, "light", 1280, 800}, {"coverage", "/coverage", "light", 1280, 800},
		{"configuration", "/configuration", "light", 1280, 800},
	} {
		b.size(one.width, one.height)
		b.scheme(one.scheme)
		b.open(one.path, 200)
		b.anonymous()
		taken, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		picture := smaller(t, taken)
		const most = 150_000
		if len(picture) > most {
			t.Errorf("%s has %d bytes, want at most %d", one.name, len(picture), most)
		}
		if err := os.WriteFile(filepath.Join(folder, one.name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// smaller writes a picture with the 256 colours that it has most of, and the nearest of them for the others: letters
// have many greys, which nobody tells apart.
func smaller(t *testing.T, picture []byte) []byte {
	t.Helper()
	taken, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	area, counts := taken.Bounds(), map[color.Color]int{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			counts[taken.At(x, y)]++
		}
	}
	var most color.Palette
	for c := range counts {
		most = append(most, c)
	}
	slices.SortFunc(most, func(a, b color.Color) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	most = most[:min(256, len(most))]
	nearest := map[color.Color]uint8{}
	for c := range counts {
		nearest[c] = uint8(most.Index(c))
	}
	made := image.NewPaletted(area, most)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			made.SetColorIndex(x, y, nearest[taken.At(x, y)])
		}
	}
	var packed bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&packed, made); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// demonstrate runs the demonstration until the test ends, and returns its link.
func demonstrate(t *testing.T) *url.URL {
	t.Helper()
	out, data := &demonstration{link: make(chan string, 1)}, filepath.Join(t.TempDir(), "demo")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, demo.Config{Data: data, Program: "muster", Command: "demo",
			Version: "test", Listen: "127.0.0.1:0", Devices: 40, Days: 14, Terminal: &console.Terminal{Out: out, Err: out}})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case link := <-out.link:
		at, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		return at
	case err := <-ended:
		ended <- nil
		t.Fatalf("the demonstration ended: %v\n%s", err, out.text.String())
	}
	return nil
}

// anonymous gives this machine, which the demonstration has collected, a name that tells nothing.
func (b *tab) anonymous() {
	b.Helper()
	name, err := os.Hostname()
	if err != nil {
		b.Fatal(err)
	}
	short, _, _ := strings.Cut(name, ".")
	b.run("hiding the name of this machine", chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let t = texts.nextNode(); t; t = texts.nextNode()) t.data = t.data.replaceAll(%q, "this-machine").replaceAll(%q, "this-machine");
	})()`, name, short)))
}
