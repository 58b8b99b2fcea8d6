package assets

import (
	"encoding/binary"
	"errors"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/publication"
)

// tokenVersion is the version of the tokens in nextLinks. Those of exports have lower ones.
const tokenVersion = 0x41

// errToken: a token is not from this server, or was made for another list.
var errToken = errors.New("not a token of this list")

// place is where a pull goes on: in which snapshot, and where the page before ended.
type place struct {
	// number is that of the snapshot; 0 if there was none. mark distinguishes it from another with the
	// same number, as after a backup was restored.
	number int64
	mark   uint64
	// skip is how many objects were given out. raw is how many rows of the list were looked at for them,
	// which is more if a filter left some out, and key the last object of a list that may change.
	skip, raw int64
	key       string
}

// placeIn returns the place at the beginning of a list of a snapshot.
func placeIn(s publication.Snapshot) place { return place{number: s.Number, mark: s.Mark()} }

// binding is what a token is good for: a list in one scope.
func binding(c *auth.Caller, list string) []byte {
	return auth.Binding(c.Organization, c.Scope(), list)
}

// sealPlace returns the token of a place.
func sealPlace(keys *auth.Keyring, binding []byte, p place) (string, error) {
	var plain []byte
	for _, n := range []uint64{uint64(p.number), p.mark, uint64(p.skip), uint64(p.raw)} {
		plain = binary.AppendUvarint(plain, n)
	}
	return keys.Seal(auth.Pages, tokenVersion, binding, append(plain, p.key...))
}

// openPlace reads a token.
func openPlace(keys *auth.Keyring, binding []byte, token string) (p place, err error) {
	plain, err := keys.Open(auth.Pages, tokenVersion, binding, token)
	if errors.Is(err, auth.ErrSeal) {
		return p, errToken
	}
	if err != nil {
		return p, err
	}
	var n [4]uint64
	for i := range n {
		v, size := binary.Uvarint(plain)
		if size <= 0 {
			return p, errToken
		}
		n[i], plain = v, plain[size:]
	}
	return place{int64(n[0]), n[1], int64(n[2]), int64(n[3]), string(plain)}, nil
}
