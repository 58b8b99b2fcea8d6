package fleet

import (
	"encoding/binary"
	"math/rand/v2"
)

// The purposes of randomness. Each has numbers of its own, so that a change of one table leaves
// the rest of a device as it was.
const (
	topicIdentity = 1 + iota
	topicSystem
	topicSoftware
	topicSettings
	topicStep
	topicChange
	topicGUID
)

// dice is a stream of random numbers.
type dice struct{ *rand.Rand }

// roll returns the dice of a purpose: equal numbers give equal dice.
func roll(seed uint64, topic int, numbers ...int) dice {
	state := mix(seed, uint64(topic))
	for _, n := range numbers {
		state = mix(state, uint64(n))
	}
	return dice{rand.New(rand.NewPCG(state, mix(state, topicGUID)))}
}

// mix combines two numbers into one that depends on all bits of both (the finalizer of
// SplitMix64).
func mix(a, b uint64) uint64 {
	z := a + (b+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// chance returns true with a probability of percent in a hundred.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// one returns one of the items.
func one[T any](d dice, items []T) T { return items[d.IntN(len(items))] }

// guid returns the identifier of something on a device, in the registry's form.
func guid(seed uint64, number int, name string) string {
	state := mix(mix(seed, topicGUID), uint64(number))
	for i := range len(name) { // FNV-1a
		state = (state ^ uint64(name[i])) * 0x100000001b3
	}
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:8], mix(state, 0))
	binary.LittleEndian.PutUint64(raw[8:], mix(state, 1))
	const digits = "0123456789ABCDEF"
	text := make([]byte, 0, len("{00000000-0000-0000-0000-000000000000}"))
	text = append(text, '{')
	for i, b := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(append(text, '}'))
}

// packed returns a GUID as Windows Installer writes it in keys: without braces and dashes, with
// reversed digits in every group, and in every byte of the last two groups.
func packed(guid string) string {
	text := make([]byte, 0, 32)
	for _, group := range [...]string{guid[1:9], guid[10:14], guid[15:19]} {
		for i := len(group) - 1; i >= 0; i-- {
			text = append(text, group[i])
		}
	}
	rest := guid[20:24] + guid[25:37]
	for i := 0; i < len(rest); i += 2 {
		text = append(text, rest[i+1], rest[i])
	}
	return string(text)
}
