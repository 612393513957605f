package kiosk

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"guichet.example/reader/api"
)

// reserve is how many counters one write to the disk makes room for.
const reserve = 1000

// State is what a machine remembers between its starts: its lease, and a counter that no
// message had yet. It belongs beside the key and in no backup: one that was put back
// would repeat counters, and the portal would take it for a copy. Safe for concurrent use.
type State struct {
	path string
	mu   sync.Mutex
	next uint64 // counter of the next message
	kept stateFile
	New  bool // nothing was remembered
}

type stateFile struct {
	Lease   string `json:"lease"`
	Counter uint64 `json:"counter"` // below which messages may have been sent
	// What was printed, and the number of the last job that is in it; nil: none was seen.
	Jobs   uint64 `json:"jobs,omitempty"`
	Sheets uint64 `json:"sheets,omitempty"`
	Last   *int32 `json:"last,omitempty"`
}

// Lock keeps a second agent on this machine from the same state, whose counters the portal
// would take for those of a copied key. It holds until the process ends. ErrRunning.
func Lock(statePath string) (release func() error, err error) {
	file, err := os.OpenFile(statePath+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrRunning
		}
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}

// ErrRunning means that another process of this machine is the kiosk.
var ErrRunning = errors.New("this machine is a kiosk already: end the other guichet-reader kiosk first")

// OpenState reads the file, or begins anew where there is none.
func OpenState(path string) (*State, error) {
	s := &State{path: path}
	text, err := readPrivate(path, maxKeyFile)
	if errors.Is(err, os.ErrNotExist) {
		s.New, s.next = true, 1
		s.kept = stateFile{Lease: newLease(), Counter: 1}
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.kept); err != nil || s.kept.Counter < 1 || s.kept.Counter > api.MaxKioskCounter || len(s.kept.Lease) != 22 {
		return nil, fmt.Errorf("%s: not the state of a kiosk; remove it and pair the machine anew", path)
	}
	s.next = s.kept.Counter
	return s, nil
}

func newLease() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// Lease is the lease of this machine.
func (s *State) Lease() string { return s.kept.Lease }

// Counter returns one that was never used before, also if the machine dies now.
func (s *State) Counter() (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next >= s.kept.Counter {
		kept := s.kept
		kept.Counter = s.next + reserve
		if err := write(s.path, kept); err != nil {
			return 0, fmt.Errorf("keeping the counter: %w", err)
		}
		s.kept = kept
	}
	s.next++
	return s.next - 1, nil
}

// Printed is how many documents and sheets of paper were counted.
func (s *State) Printed() (jobs, sheets uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Jobs, s.kept.Sheets
}

// Count adds the jobs that ended since the last time; those of before the first time are
// not the kiosk's. A printing system whose numbers began anew is followed.
func (s *State) Count(ended []Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, last := s.kept, int32(0)
	for _, job := range ended {
		last = max(last, job.ID)
		if kept.Last != nil && job.ID > *kept.Last {
			kept.Jobs++
			kept.Sheets += uint64(max(0, job.Sheets))
		}
	}
	if kept.Last != nil && (last == *kept.Last || last == 0) || kept.Jobs > api.MaxKioskCounter || kept.Sheets > api.MaxKioskCounter {
		return nil
	}
	kept.Last = &last
	if err := write(s.path, kept); err != nil {
		return fmt.Errorf("keeping the count of prints: %w", err)
	}
	s.kept = kept
	return nil
}

// write replaces the file so that a crash leaves the old or the new one.
func write(path string, s stateFile) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".kiosk-*") // 0600
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
