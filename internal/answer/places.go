package answer

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/snapshot/projection"
)

// places says which of several ranges have a CVE or a product, so that a question about a rare one reads
// few ranges. It has size bytes for each of the head's CVEs and then for each of its Products, and in
// them a bit for each range.
type places struct {
	size int
	bits []byte
}

// summed is the sum of the heads of several ranges.
type summed struct {
	head   *projection.Head
	places *places
}

// Weight returns about how much memory it takes, in bytes.
func (s *summed) Weight() int64 { return s.head.Weight() + int64(len(s.places.bits)) }

// sizeOfPlaces returns how many bytes each CVE and product has, and all of them.
func sizeOfPlaces(h *projection.Head, ranges int) (each, all int) {
	each = (ranges + 7) / 8
	return each, each * (len(h.CVEs) + len(h.Products))
}

// newPlaces returns places of nothing in so many ranges.
func newPlaces(sum *projection.Head, ranges int) *places {
	each, all := sizeOfPlaces(sum, ranges)
	return &places{each, make([]byte, all)}
}

// placesOf returns the places of a sum of heads, one of each range.
func placesOf(sum *projection.Head, heads []*projection.Head) *places {
	p := newPlaces(sum, len(heads))
	for i, h := range heads {
		numbersIn(sum, h, func(n, _ int) { p.set(n, i) })
	}
	return p
}

// numbersIn calls yield with the number of each CVE and product of a head, in a sum of it and in the head. They
// have the same order in both.
func numbersIn(sum, h *projection.Head, yield func(n, of int)) {
	n := 0
	for i, c := range h.CVEs {
		for n < len(sum.CVEs)-1 && (sum.CVEs[n].ID != c.ID || sum.CVEs[n].Advisory != c.Advisory) {
			n++
		}
		yield(n, i)
	}
	n = 0
	for i, q := range h.Products {
		for n < len(sum.Products)-1 && (sum.Products[n].Vendor != q.Vendor || sum.Products[n].Name != q.Name) {
			n++
		}
		yield(len(sum.CVEs)+n, len(h.CVEs)+i)
	}
}

func (p *places) set(n, i int) { p.bits[n*p.size+i/8] |= 1 << (i % 8) }

func (p *places) has(n, i int) bool { return p.bits[n*p.size+i/8]&(1<<(i%8)) != 0 }

// join adds the ranges of one number to those of others.
func (p *places) join(ranges []byte, n int) {
	for i, some := range p.bits[n*p.size : (n+1)*p.size] {
		ranges[i] |= some
	}
}

// lookUp returns the numbers of a CVE, or of a product if it is empty. An advisory may have the id of a
// CVE.
func lookUp(h *projection.Head, cve, vendor, name string) (numbers []int) {
	if cve == "" {
		n := slices.IndexFunc(h.Products, func(p projection.Product) bool { return p.Vendor == vendor && p.Name == name })
		if n >= 0 {
			numbers = append(numbers, len(h.CVEs)+n)
		}
		return numbers
	}
	n, _ := slices.BinarySearchFunc(h.CVEs, cve, func(c projection.CVE, id string) int { return cmp.Compare(c.ID, id) })
	for ; n < len(h.CVEs) && h.CVEs[n].ID == cve; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

// products are the products of a head, and their places by name.
type products struct {
	all []projection.OfProduct
	at  map[[2]string]int
}

// Weight returns about how much memory it takes, in bytes.
func (p *products) Weight() int64 { return 200 + 150*int64(len(p.all)) }

func productsOf(h *projection.Head) *products {
	p := &products{h.ByProduct(), map[[2]string]int{}}
	for i, one := range p.all {
		p.at[[2]string{one.Vendor, one.Name}] = i
	}
	return p
}

// find returns the place of a product; false if there is no such one.
func (p *products) find(vendor, name string) (i int, ok bool) {
	i, ok = p.at[[2]string{vendor, name}]
	return i, ok
}
