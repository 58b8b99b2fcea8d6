package table

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// Update is an update in Updates. Its CVEs are rows of CVEs.
type Update struct {
	ID, Title, URL, Build string
	Published             time.Time
	CVEs                  []uint32
	Severities            []byte
	Supersedes            []string
}

// Update returns an update by its row.
func (t *Table) Update(row uint32) Update {
	u := &t.Updates
	first, end := u.Fixed[row], u.Fixed[row+1]
	made := Update{ID: t.Texts.Text(u.ID[row]), Title: t.Texts.Text(u.Title[row]), URL: t.Texts.Text(u.URL[row]),
		Build: t.Texts.Text(u.Build[row]), Published: Time(u.Published[row]),
		CVEs: u.CVE[first:end:end], Severities: u.Severity[first:end:end]}
	for _, id := range u.Older[u.Replaced[row]:u.Replaced[row+1]] {
		made.Supersedes = append(made.Supersedes, t.Texts.Text(id))
	}
	return made
}

// updateKey names an update by the numbers of its texts.
type updateKey struct{ product, id uint32 }

// updateTold is what a record tells of an update itself, with the numbers of texts.
type updateTold struct {
	title, url, build uint32
	published         uint64
}

// updateFacts is what all records of a feed say of an update.
type updateFacts struct {
	told  map[updateTold]int
	cves  map[uint32]intel.Severity
	older map[uint32]bool
}

// updateCollector collects updates, by product and id.
type updateCollector map[updateKey]*updateFacts

// add adds the updates that a record names, and calls noted with the CVEs, by the numbers of their texts.
func (c updateCollector) add(updates []intel.Update, texts *interner, noted func(id uint32)) {
	for i := range updates {
		u := &updates[i]
		isCVE := intel.IsCVE(u.CVE)
		if u.Product == "" || u.ID == "" && !isCVE {
			continue
		}
		key := updateKey{texts.id(u.Product), texts.id(u.ID)}
		f := c[key]
		if f == nil {
			f = &updateFacts{told: map[updateTold]int{}, cves: map[uint32]intel.Severity{}, older: map[uint32]bool{}}
			c[key] = f
		}
		f.told[updateTold{texts.id(u.Title), texts.id(u.URL), texts.id(u.FixedBuild), secondsOf(u.Published)}]++
		if isCVE {
			id := texts.id(u.CVE)
			noted(id)
			f.cves[id] = max(f.cves[id], u.Severity)
		}
		for _, older := range u.Supersedes {
			if older != u.ID {
				f.older[texts.id(older)] = true
			}
		}
	}
}

// lay lays out the updates, by product and id; texts and cves map numbers to the table's.
func (c updateCollector) lay(u *Updates, texts []uint32, cves map[uint32]uint32) {
	keys := slices.SortedFunc(maps.Keys(c), func(a, b updateKey) int {
		return cmp.Or(cmp.Compare(texts[a.product], texts[b.product]), cmp.Compare(texts[a.id], texts[b.id]))
	})
	for _, key := range keys {
		f := c[key]
		told := mostTold(f.told, texts)
		u.Product, u.ID = append(u.Product, texts[key.product]), append(u.ID, texts[key.id])
		u.Title, u.URL, u.Build = append(u.Title, told.title), append(u.URL, told.url), append(u.Build, told.build)
		u.Published = append(u.Published, told.published)
		u.Fixed, u.Replaced = append(u.Fixed, uint32(len(u.CVE))), append(u.Replaced, uint32(len(u.Older)))
		rows := map[uint32]intel.Severity{}
		for id, severity := range f.cves {
			rows[cves[id]] = severity
		}
		for _, row := range slices.Sorted(maps.Keys(rows)) {
			u.CVE, u.Severity = append(u.CVE, row), append(u.Severity, byte(rows[row]))
		}
		first := len(u.Older)
		for id := range f.older {
			u.Older = append(u.Older, texts[id])
		}
		slices.Sort(u.Older[first:])
	}
	u.Fixed, u.Replaced = append(u.Fixed, uint32(len(u.CVE))), append(u.Replaced, uint32(len(u.Older)))
}

// mostTold returns what most records tell of an update, with the table's texts: what says more before what says
// less, and of equals the earliest.
func mostTold(all map[updateTold]int, texts []uint32) (most updateTold) {
	count := 0
	for told, n := range all {
		told = updateTold{texts[told.title], texts[told.url], texts[told.build], told.published}
		if count == 0 || cmp.Or(cmp.Compare(told.told(), most.told()), cmp.Compare(n, count),
			cmp.Compare(most.published, told.published), cmp.Compare(most.build, told.build),
			cmp.Compare(most.title, told.title), cmp.Compare(most.url, told.url)) > 0 {
			most, count = told, n
		}
	}
	return most
}

// told counts what is told at all: a build and a day.
func (t updateTold) told() int {
	n := 0
	if t.build != 0 {
		n += 2
	}
	if t.published != Unknown {
		n++
	}
	return n
}
