package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/muster-project/muster/internal/plain"
)

// lock keeps a data folder to one process. The operating system gives it up
// when the process ends, however that happens. The file tells who holds it.
type lock struct {
	file   *os.File
	holder holder
}

// holder is the process that works on a data folder.
type holder struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
	// URL is where a server listens.
	URL string `json:"url,omitempty"`
}

// errHeld says that another process holds a lock.
var errHeld = errors.New("held by another process")

// Errors of a data folder that cannot be worked on.
var (
	errLocked  = errors.New("the data folder is in use")
	errFolder  = errors.New("this is no data folder to work on")
	errDamaged = errors.New("the data folder is damaged")
)

// takeLock locks the file at path, or fails with errLocked and the holder.
func takeLock(path, command string) (*lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err = tryLock(file); errors.Is(err, errHeld) {
		err = heldBy(readHolder(file))
	}
	l := &lock{file, holder{PID: os.Getpid(), Command: command}}
	if err == nil {
		err = l.write()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %q: %w", path, err), file.Close())
	}
	return l, nil
}

// heldBy is the error that names who holds the lock.
func heldBy(h holder) error {
	switch {
	case h.PID == 0:
		return errLocked
	case h.URL != "":
		return plain.Hinted(fmt.Errorf("%w: process %d (muster %s) serves it at %s", errLocked, h.PID, h.Command, h.URL),
			"ask that server: --server %s", h.URL)
	}
	return plain.Hinted(fmt.Errorf("%w by process %d (muster %s)", errLocked, h.PID, h.Command), "wait until it is done")
}

// readHolder reads who holds a lock; the zero holder where that is unknown.
func readHolder(file *os.File) (h holder) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 4<<10))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return holder{}
	}
	return h
}

// announce adds where the holder listens.
func (l *lock) announce(url string) error {
	l.holder.URL = url
	return l.write()
}

// write tells others who holds the lock.
func (l *lock) write() error {
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

// release gives the lock up.
func (l *lock) release() error { return errors.Join(l.file.Truncate(0), l.file.Close()) }
