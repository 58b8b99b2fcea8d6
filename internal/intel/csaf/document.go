package csaf

// namespace is the publisher's in document.publisher.namespace.
const namespace = "https://www.redhat.com"

// The categories of documents, in document.category.
const (
	isVEX      = "csaf_vex"
	isAdvisory = "csaf_security_advisory"
)

// Advisories is the name of the feed of advisories. That of VEX is the ecosystem's, as of other publishers' own feeds.
const Advisories = "Red Hat advisories"

// document has the fields of a document that are read (CSAF 2.0, section 3.2).
type document struct {
	Document struct {
		Category  string `json:"category"`
		Title     string `json:"title"`
		Publisher struct {
			Namespace string `json:"namespace"`
		} `json:"publisher"`
		Severity struct {
			Text string `json:"text"`
		} `json:"aggregate_severity"`
		Tracking struct {
			ID      string `json:"id"`
			Status  string `json:"status"`
			Initial string `json:"initial_release_date"`
			Current string `json:"current_release_date"`
		} `json:"tracking"`
	} `json:"document"`
	Tree struct {
		Branches      []branch       `json:"branches"`
		Products      []product      `json:"full_product_names"`
		Relationships []relationship `json:"relationships"`
	} `json:"product_tree"`
	Vulnerabilities []vulnerability `json:"vulnerabilities"`
}

// branch is a branch of the product tree.
type branch struct {
	Product  *product `json:"product"`
	Branches []branch `json:"branches"`
}

// product is a product or a component.
type product struct {
	ID     string `json:"product_id"`
	Helper struct {
		CPE  string `json:"cpe"`
		PURL string `json:"purl"`
	} `json:"product_identification_helper"`
}

// relationship says that one product is a part of another, and gives the pair an id.
type relationship struct {
	Category string `json:"category"`
	Full     struct {
		ID string `json:"product_id"`
	} `json:"full_product_name"`
	Component string `json:"product_reference"`
	Of        string `json:"relates_to_product_reference"`
}

// vulnerability is what a document says about one CVE. Lists are of ids of products.
type vulnerability struct {
	CVE    string `json:"cve"`
	Title  string `json:"title"`
	Status struct {
		Fixed         []string `json:"fixed"`
		FirstFixed    []string `json:"first_fixed"`
		Affected      []string `json:"known_affected"`
		NotAffected   []string `json:"known_not_affected"`
		Investigation []string `json:"under_investigation"`
	} `json:"product_status"`
	Remediations []remediation `json:"remediations"`
	Threats      []threat      `json:"threats"`
	Scores       []score       `json:"scores"`
	Notes        []note        `json:"notes"`
}

// remediation is what is done about a flaw in some products.
type remediation struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	URL      string   `json:"url"`
	Products []string `json:"product_ids"`
}

// threat says how bad a flaw is in some products, or in all if it lists none.
type threat struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
}

type score struct {
	V2 struct {
		Vector string `json:"vectorString"`
	} `json:"cvss_v2"`
	V3 struct {
		Vector string `json:"vectorString"`
	} `json:"cvss_v3"`
	Products []string `json:"products"`
}

type note struct {
	Category string `json:"category"`
	Text     string `json:"text"`
}

// publisher names the feed of the document, if it is not the usual one.
func (d *document) publisher() string {
	if d.Document.Category == isVEX {
		return ""
	}
	return Advisories
}
