package softcard

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Signed is one signature that a card made.
type Signed struct {
	Card      string    // its name
	Label     string    // of the key: "Authentication", "Signature"
	Mechanism uint      // CKM_RSA_PKCS (1), CKM_ECDSA (0x1041), …
	Data      []byte    // what the module was given: a DigestInfo for RSA, a hash for EC
	At        time.Time // by this machine's clock, to the millisecond
}

// Journal returns what the cards signed, oldest first. Without the proxy it is empty.
func (d *Desk) Journal() ([]Signed, error) {
	file, err := os.Open(d.path("journal"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	defer file.Close()
	var list []Signed
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var line struct {
			At                time.Time
			Card, Label, Data string
			Mechanism         uint
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		data, err := hex.DecodeString(line.Data)
		if err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		list = append(list, Signed{line.Card, line.Label, line.Mechanism, data, line.At})
	}
	return list, lines.Err()
}
