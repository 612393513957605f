package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"guichet.example/portal/audit"
)

// restoring is in the names of files that a restore makes; after it stands what is of this
// one alone: two that run at once do not write into each other's.
const restoring = ".restoring-"

// makeFileOf makes the file of a store of a copy, under a name of its own and with heads of
// its own. Once proven says that all is well, it gets its name, and its heads go where the
// others are. Cut off at any moment, it leaves no store, or a whole one.
func makeFileOf(cfg Config, from, want string, proven func(apart Config) error) (err error) {
	if err := removeAll(cfg.Path + restoring); err != nil {
		return err
	}
	apart := cfg
	apart.Path = cfg.Path + restoring + rand.Text()
	defer func() { err = errors.Join(err, removeAll(apart.Path)) }()
	if err := copyInto(from, apart.Path, want); err != nil {
		return err
	}
	var known []audit.Anchor
	if cfg.Anchors != "" {
		apart.Anchors = apart.Path + ".heads"
		if known, err = audit.ReadAnchors(cfg.Anchors); err != nil {
			return err
		}
		if err := audit.AppendAnchors(apart.Anchors, known...); err != nil {
			return err
		}
	}
	if err := proven(apart); err != nil {
		return err
	}
	if info, err := os.Stat(apart.Path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s: its log was not written into it", filepath.Base(apart.Path))
	}
	if err := os.Link(apart.Path, cfg.Path); err != nil { // unlike a renaming, never over a file
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w (%w)", ErrBackupExists, err)
		}
		return err
	}
	if err := syncFolder(filepath.Dir(cfg.Path)); err != nil || cfg.Anchors == "" {
		return err
	}
	heads, err := audit.ReadAnchors(apart.Anchors)
	if err != nil {
		return err
	}
	return audit.AppendAnchors(cfg.Anchors, heads[len(known):]...)
}

// removeAll removes the files whose names begin so. A restore that still works on them fails
// then: it has nothing left to give the name to.
func removeAll(begin string) error {
	entries, err := os.ReadDir(filepath.Dir(begin))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(begin)) {
			continue
		}
		if gone := os.Remove(filepath.Join(filepath.Dir(begin), e.Name())); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// copyInto copies a file, which must be what its hash says: it may be another than when it
// was checked.
func copyInto(from, to, want string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), source)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return fmt.Errorf("%s changed while it was read: %w", copyFile, ErrDamaged)
	}
	return nil
}
