package kiosk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// profileMark is a file in a folder that this package made, and so may empty.
const profileMark = ".guichet-kiosk"

// ErrProfile means that a folder is not one that may be emptied.
var ErrProfile = errors.New("not the profile of a kiosk's browser: name a folder that does not exist yet, or an empty one")

// Wipe makes the profile's folder anew, empty and its owner's alone: nothing of the one
// person at the kiosk is there for the next. A folder with anything in it that this did not
// make is left as it is: ErrProfile.
func (c Chromium) Wipe() error {
	entries, err := os.ReadDir(c.Profile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(filepath.Join(c.Profile, profileMark)); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s: %w", c.Profile, ErrProfile)
	}
	if err := os.RemoveAll(c.Profile); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Profile), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(c.Profile, 0o700); err != nil { // by nobody else meanwhile
		return err
	}
	return os.WriteFile(filepath.Join(c.Profile, profileMark), nil, 0o600)
}
