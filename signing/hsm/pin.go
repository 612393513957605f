package hsm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxPIN is the longest PIN taken from a file, in bytes.
const maxPIN = 256

// PINFile returns a function for Config.PIN that reads the file each time: one line, its
// end left out. Only the owner may be able to read it.
func PINFile(path string) func() ([]byte, error) {
	return func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := f.Stat()
		switch {
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is no file", path)
		case info.Mode().Perm()&0o077 != 0:
			return nil, fmt.Errorf("%s can be read by others: its mode is %04o, wanted is 0600", path, info.Mode().Perm())
		}
		// Read into room of its own, so that one wipe removes all of it.
		room := make([]byte, maxPIN+2)
		n, err := io.ReadFull(f, room)
		if err == nil || errors.Is(err, io.EOF) {
			clear(room)
			return nil, fmt.Errorf("%s holds no PIN of 1 to %d bytes", path, maxPIN)
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			clear(room)
			return nil, err
		}
		pin := bytes.TrimRight(room[:n], "\r\n")
		if len(pin) == 0 || len(pin) > maxPIN || bytes.ContainsAny(pin, "\r\n") {
			clear(room)
			return nil, fmt.Errorf("%s does not hold one line with a PIN", path)
		}
		return pin, nil
	}
}
