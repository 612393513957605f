package softcard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stranger is the card that no module understands.
const stranger = "?"

// Insert puts the named card into the reader; a card already there is taken out.
// Errors: ErrUnknownName.
func (d *Desk) Insert(name string) error {
	if _, err := d.Tries(name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inserted = name
	if !d.proxy {
		return nil
	}
	return d.put(ReaderName, name)
}

// InsertIn is Insert for a reader made by [Desk.Plug]. Errors: ErrUnknownName,
// ErrCardStays.
func (d *Desk) InsertIn(reader, name string) error {
	if _, err := d.Tries(name); err != nil {
		return err
	}
	if !d.proxy {
		return ErrCardStays
	}
	return d.put(reader, name)
}

// InsertStranger puts in a card that no module understands: a bank card, say.
func (d *Desk) InsertStranger() error { return d.InsertStrangerIn(ReaderName) }

// InsertStrangerIn is InsertStranger for another reader.
func (d *Desk) InsertStrangerIn(reader string) error {
	if !d.proxy {
		return ErrCardStays
	}
	return d.put(reader, stranger)
}

// put places a card; the number makes each insertion a new one, also of the same card.
func (d *Desk) put(reader, name string) error {
	return d.replace("readers/"+reader+"/card", name+"\n"+strconv.FormatInt(time.Now().UnixNano(), 36)+"\n")
}

func (d *Desk) cardFile(reader string) string { return d.path("readers/" + reader + "/card") }

// Remove takes the card out; an empty reader stays empty. Errors: ErrCardStays.
func (d *Desk) Remove() error { return d.RemoveFrom(ReaderName) }

// RemoveFrom is Remove for another reader.
func (d *Desk) RemoveFrom(reader string) error {
	if !d.proxy {
		return ErrCardStays
	}
	if err := os.Remove(d.cardFile(reader)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a card: %w", err)
	}
	return nil
}

// Inserted names the card in the reader, "" when there is none.
func (d *Desk) Inserted() string {
	if !d.proxy {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.inserted
	}
	text, err := os.ReadFile(d.cardFile(ReaderName))
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(string(text), "\n")
	return name
}

// Unplug takes the reader itself away, with the card in it; Plug brings it back, empty.
func (d *Desk) Unplug() error { return d.UnplugReader(ReaderName) }

// UnplugReader is Unplug for another reader.
func (d *Desk) UnplugReader(reader string) error {
	if !d.proxy {
		return ErrCardStays
	}
	return os.RemoveAll(filepath.Dir(d.cardFile(reader)))
}

// Plug brings the reader back after Unplug.
func (d *Desk) Plug() error { return d.PlugReader(ReaderName) }

// PlugReader plugs in a reader of that name (at most 64 bytes, no slash, not beginning
// with a dot), empty. At most 16 readers are seen.
func (d *Desk) PlugReader(reader string) error {
	if !d.proxy {
		return ErrCardStays
	}
	return os.MkdirAll(filepath.Dir(d.cardFile(reader)), 0o700)
}
