package vex

import (
	"time"

	"github.com/muster-project/muster/internal/except"
)

// csaf is the part of a CSAF 2 document that says something of products and vulnerabilities.
type csaf struct {
	Document struct {
		Publisher struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"publisher"`
		Tracking struct {
			ID      string    `json:"id"`
			Status  string    `json:"status"`
			Current time.Time `json:"current_release_date"`
		} `json:"tracking"`
	} `json:"document"`
	Tree struct {
		Branches      []csafBranch  `json:"branches"`
		Products      []csafProduct `json:"full_product_names"`
		Relationships []struct {
			Part    string      `json:"product_reference"`
			Product csafProduct `json:"full_product_name"`
		} `json:"relationships"`
		Groups []struct {
			ID       string   `json:"group_id"`
			Products []string `json:"product_ids"`
		} `json:"product_groups"`
	} `json:"product_tree"`
	Vulnerabilities []csafVulnerability `json:"vulnerabilities"`
}

type csafBranch struct {
	Category string       `json:"category"`
	Product  *csafProduct `json:"product"`
	Branches []csafBranch `json:"branches"`
}

type csafProduct struct {
	ID     string `json:"product_id"`
	Helper struct {
		PURL  string   `json:"purl"`
		PURLs []string `json:"purls"`
		CPE   string   `json:"cpe"`
	} `json:"product_identification_helper"`
}

type csafVulnerability struct {
	CVE string `json:"cve"`
	IDs []struct {
		Text string `json:"text"`
	} `json:"ids"`
	Status  map[string][]string `json:"product_status"`
	Flags   []csafNote          `json:"flags"`
	Threats []csafNote          `json:"threats"`
}

// csafNote says something of products, or of groups of them.
type csafNote struct {
	Label    string   `json:"label"`
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
	Groups   []string `json:"group_ids"`
}

// csafStatus says what a list of products means: section 3.2.3.9 of CSAF 2.0.
func csafStatus(list string) except.Status {
	switch list {
	case "known_not_affected":
		return except.NotAffected
	case "fixed", "first_fixed":
		return except.Fixed
	case "known_affected", "first_affected", "last_affected":
		return except.Affected
	case "under_investigation":
		return except.UnderInvestigation
	}
	return ""
}

// csafLists are the lists in the order in which they are read.
func csafLists() []string {
	return []string{"known_not_affected", "fixed", "first_fixed", "known_affected", "first_affected", "last_affected",
		"under_investigation"}
}

// csafTree has the products of a document by id.
type csafTree map[string]component

func (t csafTree) add(p *csafProduct, ranged bool) {
	i := identity{purl: p.Helper.PURL, cpe: p.Helper.CPE, ranged: ranged}
	if i.purl == "" && len(p.Helper.PURLs) == 1 {
		i.purl = p.Helper.PURLs[0]
	}
	t[p.ID] = component{identity: i}
}

func (t csafTree) addAll(branches []csafBranch) {
	for i := range branches {
		b := &branches[i]
		if b.Product != nil {
			t.add(b.Product, b.Category == "product_version_range")
		}
		t.addAll(b.Branches)
	}
}

func (d *csaf) tree() csafTree {
	t := csafTree{}
	t.addAll(d.Tree.Branches)
	for i := range d.Tree.Products {
		t.add(&d.Tree.Products[i], false)
	}
	for i := range d.Tree.Relationships {
		r := &d.Tree.Relationships[i]
		t[r.Product.ID] = component{t[r.Part].identity, true}
	}
	return t
}

func (r *reader) readCSAF(text []byte) error {
	var d csaf
	if err := decode(text, &d); err != nil {
		return err
	}
	r.document.Format = CSAF
	r.document.Source = source(CSAF, sentences(d.Document.Publisher.Namespace, d.Document.Tracking.ID), text)
	tree, groups := d.tree(), map[string][]string{}
	for _, g := range d.Tree.Groups {
		groups[g.ID] = g.Products
	}
	for i := range d.Vulnerabilities {
		v := &d.Vulnerabilities[i]
		said := statement{ids: []string{v.CVE}, by: d.Document.Publisher.Name, stated: d.Document.Tracking.Current}
		for _, id := range v.IDs {
			said.ids = append(said.ids, id.Text)
		}
		reasons := v.reasons(groups)
		for _, list := range csafLists() {
			for _, id := range v.Status[list] {
				said.status, said.reason = csafStatus(list), reasons[id]
				said.product, said.part = tree[id].identity, tree[id].part
				if err := r.add(&said); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// reasons returns why products are not affected, by product.
func (v *csafVulnerability) reasons(groups map[string][]string) map[string]string {
	all := map[string]string{}
	for _, notes := range [][]csafNote{v.Flags, v.Threats} {
		for i := range notes {
			n := &notes[i]
			if n.Label == "" && n.Category != "impact" {
				continue
			}
			text := sentences(n.Label, n.Details)
			for _, id := range n.Products {
				all[id] = sentences(all[id], text)
			}
			for _, group := range n.Groups {
				for _, id := range groups[group] {
					all[id] = sentences(all[id], text)
				}
			}
		}
	}
	return all
}
