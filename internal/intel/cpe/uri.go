package cpe

import (
	"fmt"
	"net/url"
	"strings"
)

// parseURI parses what follows "cpe:/": up to seven components, percent-encoded. The edition may
// contain five attributes, packed as "~edition~sw_edition~target_sw~target_hw~other".
func parseURI(s string) (Name, error) {
	fields := strings.Split(s, ":")
	if len(fields) > 7 || len(fields) < identifying {
		return Name{}, fmt.Errorf("%d instead of 3 to 7: %w", len(fields), ErrFields)
	}
	var n Name
	attributes := n.attributes()
	for i, field := range fields {
		if attributes[i] == &n.Edition && strings.HasPrefix(field, "~") {
			if err := n.unpackEdition(field); err != nil {
				return Name{}, err
			}
			continue
		}
		value, err := decode(field, i < identifying)
		if err != nil {
			return Name{}, err
		}
		*attributes[i] = value
	}
	return n, nil
}

func (n *Name) unpackEdition(field string) error {
	packed := strings.Split(field[1:], "~")
	attributes := [...]*string{&n.Edition, &n.SWEdition, &n.TargetSW, &n.TargetHW, &n.Other}
	if len(packed) != len(attributes) {
		return fmt.Errorf("%d instead of 5 packed attributes: %w", len(packed), ErrFields)
	}
	for i, attribute := range attributes {
		value, err := decode(packed[i], false)
		if err != nil {
			return err
		}
		*attribute = value
	}
	return nil
}

// decode undoes percent-encoding. %01 and %02 are the wildcards ? and *, which identifying
// attributes must not contain.
func decode(field string, identifying bool) (string, error) {
	value, err := url.PathUnescape(field)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if identifying && strings.ContainsAny(value, "\x01\x02") {
		return "", ErrWildcard
	}
	return strings.ToLower(value), nil
}
