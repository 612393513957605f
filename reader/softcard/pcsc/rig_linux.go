package pcsc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// Where Debian's packages put things; ipcDir is compiled into the daemon.
const (
	driverDir  = "/usr/lib/pcsc/drivers/serial"
	driverName = "libifdvpcd.so"
	ipcDir     = "/run/pcscd"
	firstPort  = 0x8c7b // of the first reader, the second has the next
)

// patience is how long the daemon may take to come up, to see a card, to miss one. It
// looks every 0.4 seconds; the machine may be busy.
const patience = 20 * time.Second

// Config of a rig; the zero value is the daemon as it is.
type Config struct {
	// Poll is how often the daemon looks whether a card came or went. Zero: as it is
	// made, every 0.4 seconds. Other values take a C compiler.
	Poll time.Duration
}

// Rig is a daemon with two readers. It is safe for concurrent use.
type Rig struct {
	config Config
	dir    string // holds the socket
	space  *space

	mu     sync.Mutex
	daemon *exec.Cmd // nil while stopped
	gone   chan struct{}
	lines  [Slots]*line
	closed bool
}

// Start starts a daemon with two empty readers, in some 50 milliseconds. It removes
// all when closed; when this process dies the daemon dies with it. Errors:
// ErrNotInstalled, ErrNotReady, and whatever the system says to a process without
// the right to make namespaces.
func Start(c Config) (*Rig, error) {
	driver, err := os.ReadFile(filepath.Join(driverDir, driverName))
	if err != nil {
		return nil, ErrNotInstalled
	}
	dir, err := os.MkdirTemp("/tmp", "pcsc-") // short: a socket's path has 107 bytes
	if err != nil {
		return nil, err
	}
	r := &Rig{config: c, dir: dir}
	if err := r.start(driver); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return r, nil
}

func (r *Rig) start(driver []byte) error {
	library := filepath.Join(r.dir, driverName)
	if err := os.WriteFile(library, driver, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(r.dir, "conf"), 0o755); err != nil {
		return err
	}
	conf := fmt.Sprintf("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n",
		firstPort, library, firstPort)
	if err := os.WriteFile(filepath.Join(r.dir, "conf", "vpcd"), []byte(conf), 0o644); err != nil {
		return err
	}
	ipc := filepath.Join(r.dir, "ipc")
	if err := os.Mkdir(ipc, 0o755); err != nil {
		return err
	}
	if err := r.compilePoll(); err != nil {
		return err
	}
	var err error
	if r.space, err = newSpace(ipc); err != nil {
		return err
	}
	if err := r.startDaemon(); err != nil {
		r.space.close()
		return err
	}
	return nil
}

// Socket is the daemon's Unix socket. Its path stays when the daemon is restarted.
func (r *Rig) Socket() string { return filepath.Join(r.dir, "ipc", "pcscd.comm") }

// Env is what to add to the environment of a client.
func (r *Rig) Env() []string { return []string{socketVariable + "=" + r.Socket()} }

// Use makes this process a client of the rig, before it loads a module. It is not for
// two rigs in one process (see the package comment).
func (r *Rig) Use() error { return os.Setenv(socketVariable, r.Socket()) }

// Reader is the name of a reader as PC/SC has it, slot 0 or 1.
func (r *Rig) Reader(slot int) string { return names[slot] }

// Insert puts a card in and returns when the daemon has seen it. Errors: ErrOccupied,
// ErrNotReady, ErrClosed.
func (r *Rig) Insert(slot int, card Card) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return ErrClosed
	case r.lines[slot] != nil && !over(r.lines[slot].ended):
		return ErrOccupied
	}
	return r.insert(slot, card)
}

func (r *Rig) insert(slot int, card Card) error {
	card.Reset()
	file, err := r.space.dial(firstPort + slot)
	if err != nil {
		return fmt.Errorf("inserting a card: %w", err)
	}
	l := newLine(file, card)
	r.lines[slot] = l
	select {
	case <-l.seen:
		if err := r.await(slot, true); err != nil {
			return fmt.Errorf("inserting a card: %w", err)
		}
		return nil
	case <-l.ended:
	case <-time.After(patience):
		l.file.Close()
	}
	return fmt.Errorf("inserting a card: %w", ErrNotReady)
}

// Remove takes the card out and returns when the daemon has noticed. An empty reader
// stays empty. Errors: ErrNotReady.
func (r *Rig) Remove(slot int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.remove(slot)
}

func (r *Rig) remove(slot int) error {
	l := r.lines[slot]
	r.lines[slot] = nil
	if l == nil {
		return nil
	}
	if err := l.pull(); err != nil {
		return fmt.Errorf("removing a card: %w", err)
	}
	select {
	case <-l.ended:
		if r.daemon == nil {
			return nil
		}
		if err := r.await(slot, false); err != nil {
			return fmt.Errorf("removing a card: %w", err)
		}
		return nil
	case <-time.After(patience):
		l.file.Close()
		return fmt.Errorf("removing a card: %w", ErrNotReady)
	}
}

// Swap takes out what is in the reader and puts card in at once: as quick as the daemon
// can still tell from one card. Errors: as Insert.
func (r *Rig) Swap(slot int, card Card) error {
	return errors.Join(r.Remove(slot), r.Insert(slot, card))
}

// Stop ends the daemon; what its clients have open is lost. The cards stay in their
// readers. Stopping twice is no error.
func (r *Rig) Stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopDaemon()
}

// Restart stops the daemon, if it runs, and starts another on the same socket, which
// finds the cards that are in. Errors: ErrNotReady, ErrClosed.
func (r *Rig) Restart() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	var held [Slots]Card
	for slot, l := range r.lines {
		if l != nil {
			held[slot] = l.card
		}
	}
	if err := errors.Join(r.stopDaemon(), r.startDaemon()); err != nil {
		return err
	}
	for slot, card := range held {
		if card == nil {
			continue
		}
		if err := r.insert(slot, card); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the daemon and removes what the rig made. Closing twice is no error.
func (r *Rig) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.stopDaemon()
	for _, l := range r.lines {
		if l != nil {
			l.file.Close()
			<-l.ended
		}
	}
	r.space.close()
	return errors.Join(err, os.RemoveAll(r.dir))
}
