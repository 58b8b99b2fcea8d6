package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/muster-project/muster/internal/plain"
)

// Lock reserves a data folder for one process. The operating system releases it when the
// process ends in any way. The file names the holder.
type Lock struct {
	file   *os.File
	holder Holder
}

// Holder is the process that uses a data folder.
type Holder struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
	// URL is where a server listens.
	URL string `json:"url,omitempty"`
}

// TakeLock locks the file at path, or fails with ErrLocked and names the holder.
func TakeLock(path, command string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	held, err := tryLock(file)
	if held {
		err = heldBy(ReadHolder(file))
	}
	l := &Lock{file, Holder{PID: os.Getpid(), Command: command}}
	if err == nil {
		err = l.write()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %q: %w", path, err), file.Close())
	}
	return l, nil
}

// heldBy returns the error that names the holder of the lock.
func heldBy(h Holder) error {
	switch {
	case h.PID == 0:
		return ErrLocked
	case h.URL != "":
		return plain.Hinted(fmt.Errorf("%w: process %d (muster %s) serves it at %s", ErrLocked, h.PID, h.Command, h.URL),
			"use that server: --server %s", h.URL)
	}
	return plain.Hinted(fmt.Errorf("%w by process %d (muster %s)", ErrLocked, h.PID, h.Command), "wait until it ends")
}

// ReadHolder reads the holder of a lock; the zero Holder if it is unknown.
func ReadHolder(file *os.File) (h Holder) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 4<<10))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

// announce adds where the holder listens.
func (l *Lock) announce(url string) error {
	l.holder.URL = url
	return l.write()
}

// write writes the holder into the file, for other processes.
func (l *Lock) write() error {
	text, err := json.Marshal(l.holder)
	if err != nil {
		return fmt.Errorf("describing the holder: %w", err)
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	if _, err := l.file.WriteAt(append(text, '\n'), 0); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	return nil
}

// Release releases the lock.
func (l *Lock) Release() error { return errors.Join(l.file.Truncate(0), l.file.Close()) }
