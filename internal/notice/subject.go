package notice

// subjectKey is what a notice is about: a CVE, or a product.
type subjectKey struct {
	event        Event
	cve          string
	vendor, name string
}

// listed are devices: the first, and how many.
type listed struct {
	first []Device
	count int
}

func (l *listed) add(d Device) {
	if l.count++; len(l.first) < MaxListed {
		l.first = append(l.first, d)
	}
}

// subject collects what is told of one CVE or product.
type subject struct {
	key      subjectKey
	worst    CVE
	cves     map[string]CVE
	products map[Product]bool
	devices  listed
	reasons  Reasons
}

// know adds a finding.
func (s *subject) know(of CVE, in Product) {
	if s.worst.ID == "" || worse(&of, &s.worst) {
		s.worst = of
	}
	if was, ok := s.cves[of.ID]; !ok || worse(&of, &was) {
		s.cves[of.ID] = of
	}
	s.products[in] = true
}

// add adds a device. Of several reasons the first counts.
func (s *subject) add(d Device, why Reasons) {
	s.devices.add(d)
	switch {
	case why.New > 0:
		s.reasons.New++
	case why.Exploited > 0:
		s.reasons.Exploited++
	case why.Severity > 0:
		s.reasons.Severity++
	}
}
