package export

import (
	"encoding/binary"
	"errors"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/odata"
	"github.com/muster-project/muster/internal/snapshot"
)

// tokenVersion is the version of skip tokens that this program writes. It also reads earlier
// versions, so that tokens from before an upgrade continue: those without the number of rows, and
// those in which the mark of a selection is that of the last snapshot only.
const (
	tokenVersion      = 4
	uncountedVersion  = 3
	lastMarkedVersion = 2
)

// maxToken is the longest text that is read as a skip token; real ones have less than half of it.
const maxToken = 256

// errToken: a skip token is not from this server, or was made for something else.
var errToken = errors.New("not a skip token of this call")

// selection is what a pull shows. Its first page fixes it, and its skip tokens carry it on.
type selection struct {
	// first and last are the numbers of the snapshots, both included: one for full exports, a
	// window for deltas. Both are 0 if there is none.
	first, last int64
	// mark is the mark of all snapshots from the one at which the pull continues. After a backup
	// was restored another snapshot may have the same number, and a repair may have replaced a
	// manifest.
	mark uint64
	// old: the mark may be that of the last snapshot only.
	old bool
	// clean adds software without known vulnerabilities, advisories those that name no CVE
	// (contract.md, section 4).
	clean, advisories bool
	// grown: the delta has gone beyond the snapshots of its first page. fixed: it does not go, since
	// an older program began it and promised so.
	grown, fixed bool
	// counted is one more than the number of rows of the pull, for $count; 0 if it is not wanted.
	counted int64
}

// cursor is where a page begins: in a snapshot, between two rows of its parts for the pull.
type cursor struct {
	snapshot int64
	snapshot.Position
}

// tokenSealer makes and reads skip tokens: the selection and cursor as varints and its mark, sealed by
// package auth. What the token is bound to (organization, call, scope, filter) is not in it but
// authenticated with it.
//
// The newest key seals; all keys of the keyring open. Nonces are random: some four billion tokens
// may be made with one key, which is replaced every 90 days.
type tokenSealer struct{ keys *auth.Keyring }

// binding returns what the tokens of a pull are bound to, besides their version.
func binding(call string, c *auth.Caller, filter *odata.Filter) []byte {
	texts := []string{c.Organization, call, c.Scope()}
	if filter != nil {
		texts = append(texts, filter.String())
	}
	return auth.Binding(texts...)
}

// The flags of a selection in a token.
const (
	cleanFlag = 1 << iota
	grownFlag
	fixedFlag
	advisoriesFlag
)

// seal returns the token of the page that begins at p. No two tokens are the same.
func (t tokenSealer) seal(binding []byte, s selection, p cursor) (string, error) {
	var flags int64
	if s.clean {
		flags |= cleanFlag
	}
	if s.advisories {
		flags |= advisoriesFlag
	}
	if s.grown {
		flags |= grownFlag
	}
	if s.fixed {
		flags |= fixedFlag
	}
	var plain []byte
	for _, n := range []int64{flags, s.first, s.last, p.snapshot, int64(p.Part), p.Row, s.counted} {
		plain = binary.AppendUvarint(plain, uint64(n))
	}
	plain = binary.BigEndian.AppendUint64(plain, s.mark)
	return t.keys.Seal(auth.Pages, tokenVersion, binding, plain)
}

// open reads a token. Those of earlier versions have a binding of their own, which knows no filter.
// Every problem is errToken: the reply must not tell which part of a forged token was wrong.
func (t tokenSealer) open(binding, earlier []byte, token string) (selection, cursor, error) {
	if len(token) > maxToken {
		return selection{}, cursor{}, errToken
	}
	for version := byte(tokenVersion); version >= lastMarkedVersion; version-- {
		if version < tokenVersion {
			binding = earlier
		}
		plain, err := t.keys.Open(auth.Pages, version, binding, token)
		if errors.Is(err, auth.ErrSeal) {
			continue
		}
		if err != nil {
			return selection{}, cursor{}, err
		}
		s, p, err := decodeToken(version, plain)
		s.old = version == lastMarkedVersion
		return s, p, err
	}
	return selection{}, cursor{}, errToken
}

// decodeToken reads what seal has written, in this version or an earlier one.
func decodeToken(version byte, plain []byte) (selection, cursor, error) {
	var n [7]int64
	numbers := n[:]
	if version < tokenVersion {
		numbers = n[:6]
	}
	for i := range numbers {
		v, size := binary.Uvarint(plain)
		if size <= 0 || int64(v) < 0 {
			return selection{}, cursor{}, errToken
		}
		n[i], plain = int64(v), plain[size:]
	}
	if len(plain) != 8 {
		return selection{}, cursor{}, errToken
	}
	s := selection{clean: n[0]&cleanFlag != 0, advisories: n[0]&advisoriesFlag != 0, grown: n[0]&grownFlag != 0,
		fixed: n[0]&fixedFlag != 0 || version < tokenVersion,
		first: n[1], last: n[2], counted: n[6], mark: binary.BigEndian.Uint64(plain)}
	return s, cursor{snapshot: n[3], Position: snapshot.Position{Part: int(n[4]), Row: n[5]}}, nil
}
