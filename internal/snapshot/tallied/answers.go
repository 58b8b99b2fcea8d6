package tallied

import (
	"encoding/binary"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// AppendAnswers encodes components with the fingerprints of their verdicts, or profiles with those of their checks.
func AppendAnswers[T assess.Component | assess.Profile](dst []byte, all []T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for _, one := range all {
		r := assess.Component(one)
		dst = append(packed.AppendString(dst, r.Key), r.Fingerprint[:]...)
	}
	return dst
}

// Answers decodes what AppendAnswers encodes.
func Answers[T assess.Component | assess.Profile](r *packed.Reader) []T {
	all := make([]T, 0, r.Count(17))
	for range cap(all) {
		all = append(all, T(assess.Component{Key: r.Text(), Fingerprint: [16]byte(r.Bytes(16))}))
	}
	return all
}
