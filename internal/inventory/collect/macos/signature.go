package macos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Magic numbers of Mach-O (mach-o/loader.h, mach-o/fat.h) and of signatures (cs_blobs.h of XNU).
const (
	magicFat       = 0xcafebabe // always in big-endian order, as all that signatures have
	magicFat64     = 0xcafebabf
	magicThin      = 0xfeedface
	magicThin64    = 0xfeedfacf
	magicSignature = 0xfade0cc0
	magicDirectory = 0xfade0c02

	loadSignature = 0x1d    // LC_CODE_SIGNATURE
	teamVersion   = 0x20200 // the first version of a code directory with a team
	flagAdHoc     = 0x2     // nobody's certificate vouches for the directory
)

// Limits of an executable.
const (
	maxSlices   = 8         // architectures
	maxCommands = 256 << 10 // bytes of load commands
	maxBlobs    = 64        // parts of a signature
	maxSigner   = 256       // bytes of an identifier or team, with the zero behind it
	wholeFile   = 1 << 62   // of an executable only headers and names are read, so it may have any size
)

// errUnsigned says that a file is no executable of macOS, or has no signature.
var errUnsigned = errors.New("no signed executable of macOS")

// noTeam stands in place of a team: Apple's own software has none, nor has what nobody's certificate signs.
const noTeam = "-"

// Signatures returns by bundle id who has signed applications: the identifier in the signature of the main executable,
// a blank, and the team. What copies of an application have beside it follows after "; ". An application that is not
// signed, or whose signature cannot be read, is left out. So are those of the system's own sealed volume.
//
// The signature is read, not verified. The error is that of the tree's limits, or of its context.
func Signatures(ctx context.Context, tree *disk.Tree, applications []inventory.Software) (map[string]string, error) {
	found := map[string][]string{}
	for _, a := range applications {
		if a.Kind != Kind || len(a.DiskPaths) == 0 || isSealed(a.DiskPaths[0]) {
			continue
		}
		signers, id, err := signersOf(tree, a.DiskPaths[0])
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if isLimit(err) {
			return nil, fmt.Errorf("reading the signature of %q: %w", a.DiskPaths[0], err)
		}
		if err == nil {
			found[id] = append(found[id], signers...)
		}
	}
	values := map[string]string{}
	for id, signers := range found {
		slices.Sort(signers)
		values[id] = strings.Join(slices.Compact(signers), "; ")
	}
	return values, nil
}

// isLimit reports whether an error means that nothing more can be read.
func isLimit(err error) bool { return errors.Is(err, disk.ErrUsedUp) || errors.Is(err, disk.ErrMany) }

// isSealed reports whether a path is on the system's volume, which macOS itself keeps from being changed.
func isSealed(file string) bool {
	return strings.HasPrefix(file, "/System/") && !strings.HasPrefix(file, "/System/Volumes/")
}

// signersOf returns the signers of an application's main executable, and the application's bundle id.
func signersOf(tree *disk.Tree, folder string) (signers []string, id string, err error) {
	info, err := readInfo(tree, folder)
	if err != nil {
		return nil, "", err
	}
	name, id := info["CFBundleExecutable"], strings.TrimSpace(info["CFBundleIdentifier"])
	if name == "" || id == "" || path.Base(name) != name {
		return nil, "", errUnsigned
	}
	file, err := tree.Open(strings.TrimPrefix(path.Join(folder, "Contents/MacOS", name), "/"), wholeFile)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	signers, err = readSigners(file)
	return signers, id, err
}

// executable reads parts of a Mach-O file.
type executable struct {
	in io.ReaderAt
}

// at reads bytes at an offset.
func (e executable) at(offset uint64, size int) ([]byte, error) {
	if offset > 1<<62 {
		return nil, errUnsigned
	}
	data := make([]byte, size)
	if n, err := e.in.ReadAt(data, int64(offset)); n < size {
		return nil, err
	}
	return data, nil
}

// readSigners returns who has signed the architectures of an executable, each once.
func readSigners(in io.ReaderAt) (signers []string, err error) {
	e := executable{in}
	begins, err := e.architectures()
	if err != nil {
		return nil, err
	}
	for _, begin := range begins {
		signer, err := e.signer(begin)
		if isLimit(err) {
			return nil, err
		}
		if err == nil {
			signers = append(signers, signer)
		}
	}
	if len(signers) == 0 {
		return nil, errUnsigned
	}
	slices.Sort(signers)
	return slices.Compact(signers), nil
}

// architectures returns where the code of each architecture begins. A class of Java has the magic number of a fat file,
// and its version in the place of the number of architectures: at least 45.
func (e executable) architectures() ([]uint64, error) {
	head, err := e.at(0, 8)
	if err != nil {
		return nil, err
	}
	order, size := binary.BigEndian, 20
	switch order.Uint32(head) {
	case magicFat:
	case magicFat64:
		size = 32
	default:
		return []uint64{0}, nil
	}
	count := order.Uint32(head[4:])
	if count > maxSlices {
		return nil, errUnsigned
	}
	table, err := e.at(8, int(count)*size)
	if err != nil {
		return nil, err
	}
	var begins []uint64
	for entry := range slices.Chunk(table, size) {
		begin := uint64(order.Uint32(entry[8:]))
		if size == 32 {
			begin = order.Uint64(entry[8:])
		}
		begins = append(begins, begin)
	}
	return begins, nil
}

// signer returns who has signed the code that begins at an offset.
func (e executable) signer(begin uint64) (string, error) {
	offset, size, err := e.signature(begin)
	if err != nil {
		return "", err
	}
	offset += begin
	head, err := e.at(offset, 12)
	if err != nil {
		return "", err
	}
	order := binary.BigEndian
	count := order.Uint32(head[8:])
	if order.Uint32(head) != magicSignature || count > maxBlobs {
		return "", errUnsigned
	}
	index, err := e.at(offset+12, int(count)*8)
	if err != nil {
		return "", err
	}
	for blob := range slices.Chunk(index, 8) {
		if at := uint64(order.Uint32(blob[4:])); order.Uint32(blob) == 0 && at < size { // the slot of the code directory
			return e.directory(offset+at, size-at)
		}
	}
	return "", errUnsigned
}

// signature finds a signature among the load commands: its offset from the beginning of the code, and its size.
func (e executable) signature(begin uint64) (offset, size uint64, err error) {
	head, err := e.at(begin, 28)
	if err != nil {
		return 0, 0, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if magic := binary.BigEndian.Uint32(head); magic == magicThin || magic == magicThin64 {
		order = binary.BigEndian
	}
	begin += 28
	switch order.Uint32(head) {
	case magicThin:
	case magicThin64:
		begin += 4
	default:
		return 0, 0, errUnsigned
	}
	length := order.Uint32(head[20:])
	if length > maxCommands {
		return 0, 0, errUnsigned
	}
	commands, err := e.at(begin, int(length))
	if err != nil {
		return 0, 0, err
	}
	for len(commands) >= 8 {
		kind, length := order.Uint32(commands), order.Uint32(commands[4:])
		if length < 8 || uint64(length) > uint64(len(commands)) {
			break
		}
		if kind == loadSignature && length >= 16 {
			return uint64(order.Uint32(commands[8:])), uint64(order.Uint32(commands[12:])), nil
		}
		commands = commands[length:]
	}
	return 0, 0, errUnsigned
}

// directory returns the signer that a code directory names.
func (e executable) directory(begin, size uint64) (string, error) {
	head, err := e.at(begin, 52)
	if err != nil {
		return "", err
	}
	order := binary.BigEndian
	if size = min(size, uint64(order.Uint32(head[4:]))); order.Uint32(head) != magicDirectory {
		return "", errUnsigned
	}
	identifier, err := e.name(begin, size, order.Uint32(head[20:]))
	if err != nil {
		return "", err
	}
	team := noTeam
	offset := order.Uint32(head[48:])
	if order.Uint32(head[8:]) >= teamVersion && order.Uint32(head[12:])&flagAdHoc == 0 && offset != 0 {
		if team, err = e.name(begin, size, offset); err != nil {
			return "", err
		}
	}
	return identifier + " " + team, nil
}

// name reads a text of a code directory, which ends with a zero. One that would be mistaken in a list is refused.
func (e executable) name(begin, size uint64, offset uint32) (string, error) {
	if uint64(offset) >= size {
		return "", errUnsigned
	}
	data, err := e.at(begin+uint64(offset), int(min(maxSigner, size-uint64(offset))))
	if err != nil {
		return "", err
	}
	name, _, ended := strings.Cut(string(data), "\x00")
	if !ended || name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, isSeparating) {
		return "", errUnsigned
	}
	return name, nil
}

// isSeparating reports whether a character cannot be part of an identifier or team.
func isSeparating(r rune) bool { return r == ' ' || r == ';' || !unicode.IsPrint(r) }
