package hosts

import (
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// wazuhReader reads JSON texts of Wazuh, one after the other, without keeping what is not needed: replies of
// the manager's API (/agents, /syscollector/{agent_id}/packages, os, hotfixes and netaddr, and the same below
// /experimental/syscollector), replies of the indexer to searches, lines of a dump of an index, or the sources
// of documents alone.
type wazuhReader struct {
	*parse.JSON
	*wazuh
}

// readWazuh reads the replies to several questions, or pages of one.
func readWazuh(text []byte) ([]*host, error) {
	r := &wazuhReader{parse.NewJSON(string(text)), &wazuh{hosts: map[string]*host{}, pages: map[page]*counts{}}}
	for number := 1; r.End() != nil; number++ {
		if err := r.document(); err != nil {
			return nil, parse.Within(err, fmt.Sprintf("reply-%d", number))
		}
	}
	if err := r.complete(); err != nil {
		return nil, err
	}
	return r.all()
}

// word reads a text; anything else is skipped.
func (r *wazuhReader) word(to *string) (err error) {
	if !r.IsText() {
		return r.Skip()
	}
	*to, err = r.Text()
	return err
}

// object reads an object, calling member for each value that is not null; anything else is skipped.
func (r *wazuhReader) object(member func(key string) error) error {
	if !r.IsObject() {
		return r.Skip()
	}
	return r.Members(member)
}

// words reads an object's texts.
func (r *wazuhReader) words(to map[string]*string) error {
	return r.object(func(key string) error {
		if at, ok := to[key]; ok {
			return r.word(at)
		}
		return r.Skip()
	})
}

// document reads one text.
func (r *wazuhReader) document() error {
	var alone wazuhState
	var refused bool
	var message string
	isAlone := false
	err := r.Members(func(key string) (err error) {
		switch key {
		case "data":
			return r.reply()
		case "hits":
			return r.search()
		case "_source":
			return r.source(nil)
		case "error":
			code := r.Rest()
			refused = strings.HasPrefix(strings.TrimLeft(code, " \t\r\n"), "1") // and not 1000, which comes without data
			return r.Skip()
		case "message":
			return r.word(&message)
		}
		known, err := r.state(key, &alone)
		isAlone = isAlone || known
		return err
	})
	switch {
	case err != nil:
		return err
	case refused:
		return parse.Invalid("", "Wazuh refused it: %s", parse.Clip(message, 200))
	case isAlone:
		return r.take(nil, &alone)
	}
	return nil
}

// reply reads the data of a reply of the manager's API.
func (r *wazuhReader) reply() error {
	var list wazuhList
	var total float64
	err := r.object(func(key string) (err error) {
		switch key {
		case "affected_items":
			return r.Array(func(int) error {
				var i wazuhItem
				if err := r.item(&i); err != nil {
					return err
				}
				return r.add(&list, &i)
			})
		case "total_affected_items":
			total, err = r.Number()
			return err
		}
		return r.Skip()
	})
	r.close(list, int64(total))
	return err
}

// item reads an item.
func (r *wazuhReader) item(i *wazuhItem) error {
	return r.object(func(key string) error {
		switch key {
		case "agent_id":
			return r.word(&i.agentID)
		case "id":
			return r.word(&i.id)
		case "hotfix":
			return r.word(&i.hotfix)
		case "address":
			return r.word(&i.address)
		case "hostname":
			return r.word(&i.hostname)
		case "os":
			return r.system(&i.os)
		case "format":
			return r.word(&i.format)
		case "location":
			return r.word(&i.location)
		}
		return r.packageWord(key, i)
	})
}

// packageWord reads what a package has in the manager's API and in the indexer.
func (r *wazuhReader) packageWord(key string, i *wazuhItem) error {
	switch key {
	case "name":
		return r.word(&i.name)
	case "version":
		return r.word(&i.version)
	case "architecture":
		return r.word(&i.architecture)
	case "vendor":
		return r.word(&i.vendor)
	case "source":
		return r.word(&i.source)
	case "description":
		return r.word(&i.description)
	}
	return r.Skip()
}

func (r *wazuhReader) system(s *wazuhOS) error {
	return r.words(map[string]*string{"name": &s.name, "platform": &s.platform, "version": &s.version, "arch": &s.arch})
}

// search reads the hits of a search.
func (r *wazuhReader) search() error {
	var list wazuhList
	total, exact := int64(0), false
	err := r.object(func(key string) (err error) {
		switch key {
		case "total":
			total, exact, err = r.total()
			return err
		case "hits":
			return r.Array(func(int) error {
				return r.object(func(key string) error {
					if key == "_source" {
						return r.source(&list)
					}
					return r.Skip()
				})
			})
		}
		return r.Skip()
	})
	if err == nil && !exact {
		err = parse.Invalid("hits.total", "does not say how many documents there are: ask with track_total_hits=true")
	}
	r.close(list, total)
	return err
}

// total reads how many documents a search finds: a number, or an object that says whether it is exact.
func (r *wazuhReader) total() (total int64, exact bool, err error) {
	var value float64
	if !r.IsObject() {
		value, err = r.Number()
		return int64(value), err == nil, err
	}
	var relation string
	err = r.Members(func(key string) (err error) {
		switch key {
		case "value":
			value, err = r.Number()
			return err
		case "relation":
			return r.word(&relation)
		}
		return r.Skip()
	})
	return int64(value), relation == "eq", err
}

// source reads a document of an index, of a list or of none.
func (r *wazuhReader) source(list *wazuhList) error {
	var s wazuhState
	err := r.object(func(key string) error {
		_, err := r.state(key, &s)
		return err
	})
	if err != nil {
		return err
	}
	return r.take(list, &s)
}

// take takes a document. What a dump has is of no list whose length is told.
func (r *wazuhReader) take(list *wazuhList, s *wazuhState) error {
	if s.isFinding {
		return parse.Invalid("vulnerability", "these are findings of Wazuh, and no software: send documents of "+
			"wazuh-states-inventory-packages-*, and muster finds what is vulnerable")
	}
	if list == nil {
		list = new(wazuhList)
	}
	i := s.as()
	return r.add(list, &i)
}

// state reads a member of a document; known is false for one that says nothing here.
func (r *wazuhReader) state(key string, s *wazuhState) (known bool, err error) {
	switch key {
	case "agent":
		return true, r.agent(&s.agent)
	case "wazuh":
		return true, r.object(func(key string) error {
			if key == "agent" {
				return r.agent(&s.newer)
			}
			return r.Skip()
		})
	case "package":
		s.isPackage = true
		return true, r.object(func(key string) error {
			switch key {
			case "type":
				return r.word(&s.item.format)
			case "path":
				return r.word(&s.item.location)
			case "hotfix":
				return r.words(map[string]*string{"name": &s.item.hotfix})
			}
			return r.packageWord(key, &s.item)
		})
	case "host":
		return true, r.machine(&s.host)
	case "vulnerability":
		s.isFinding = true
	}
	return false, r.Skip()
}

func (r *wazuhReader) agent(a *wazuhAgent) error {
	return r.object(func(key string) error {
		switch key {
		case "id":
			return r.word(&a.id)
		case "name":
			return r.word(&a.name)
		case "host":
			return r.machine(&a.host)
		}
		return r.Skip()
	})
}

func (r *wazuhReader) machine(h *wazuhHost) error {
	return r.object(func(key string) error {
		switch key {
		case "hostname":
			return r.word(&h.hostname)
		case "architecture":
			return r.word(&h.architecture)
		case "os":
			return r.system(&h.os)
		}
		return r.Skip()
	})
}
