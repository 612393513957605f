package handover

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Manifest tells what a batch holds; files other than those it names do not belong to it.
type Manifest struct {
	Format    string         `json:"format"` // "guichet-changes/1"
	Mutuality string         `json:"mutuality"`
	Batch     int            `json:"batch"`
	Made      time.Time      `json:"made"`
	Items     int            `json:"items"`  // lines of changes.ndjson
	Counts    map[string]int `json:"counts"` // of them, by kind
	Files     []File         `json:"files"`
}

// File of a batch.
type File struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// Names in the folder of batches.
const (
	format       = "guichet-changes/1"
	linesFile    = "changes.ndjson"
	manifestFile = "manifest.json"
)

func batchName(n int) string { return fmt.Sprintf("batch-%06d", n) }

// maxAck bounds the file of an acknowledgement.
const maxAck = 4 << 10

// Given tells what was put into the folder.
type Given struct {
	Batch    Manifest
	Manifest string // SHA-256 of the manifest, hex: what the acknowledgement says
	Again    bool   // it lay there already
	Acked    int    // number of the batch whose acknowledgement was found first; 0: none
}

// Give puts the batch that waits into the folder, after taking note of an acknowledgement
// that lies there. ErrNothing, with Acked if there was one; ErrDiffers.
func Give(ctx context.Context, store Store, mutuality, folder string) (Given, error) {
	var g Given
	b, err := store.OpenBatch(ctx, mutuality, MaxItems)
	if err != nil {
		return g, err
	}
	acked, err := readAck(folder, b.Number)
	if err != nil {
		return g, err
	}
	manifest, raw, err := describe(ctx, store, mutuality, b)
	if err != nil {
		return g, err
	}
	sum := sha256.Sum256(raw)
	g.Manifest = hex.EncodeToString(sum[:])
	if acked != "" {
		if acked != g.Manifest {
			return g, fmt.Errorf("%w: %s.ack is of another manifest", ErrDiffers, batchName(b.Number))
		}
		if err := store.AckBatch(ctx, mutuality, b.Number); err != nil {
			return g, err
		}
		next, err := Give(ctx, store, mutuality, folder)
		next.Acked = b.Number
		return next, err
	}
	g.Batch = manifest
	there, err := os.ReadFile(filepath.Join(folder, batchName(b.Number), manifestFile))
	switch {
	case err == nil && bytes.Equal(there, raw):
		g.Again = true
		return g, check(filepath.Join(folder, batchName(b.Number)), manifest)
	case err == nil:
		return g, fmt.Errorf("%w: %s lies in the folder", ErrDiffers, batchName(b.Number))
	case !errors.Is(err, fs.ErrNotExist):
		return g, err
	}
	return g, write(ctx, store, mutuality, folder, manifest, raw)
}

// readAck is what the acknowledgement of the batch says; "" if there is none.
func readAck(folder string, batch int) (string, error) {
	f, err := os.Open(filepath.Join(folder, batchName(batch)+".ack"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxAck))
	words := strings.Fields(strings.ToLower(string(text)))
	if err == nil && len(words) == 0 {
		err = fmt.Errorf("%w: %s.ack is empty", ErrDiffers, batchName(batch))
	}
	if err != nil {
		return "", err
	}
	return words[0], nil
}

// describe makes the manifest, which is the same each time.
func describe(ctx context.Context, store Store, mutuality string, b Batch) (Manifest, []byte, error) {
	m := Manifest{Format: format, Mutuality: mutuality, Batch: b.Number, Made: b.Made.UTC(), Counts: map[string]int{}}
	lines, size := sha256.New(), 0
	var documents []File
	err := store.EachItem(ctx, mutuality, b.Number, func(i Item) error {
		line, err := i.Line()
		if err != nil {
			return err
		}
		lines.Write(append(line, '\n'))
		size += len(line) + 1
		m.Items++
		m.Counts[i.Kind]++
		if i.Document != "" {
			documents = append(documents, File{Name: i.Document, Size: i.Size, SHA256: i.SHA256})
		}
		return nil
	})
	m.Files = append([]File{{Name: linesFile, Size: size, SHA256: hex.EncodeToString(lines.Sum(nil))}}, documents...)
	if err != nil {
		return m, nil, err
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	return m, append(raw, '\n'), err
}

// write makes the batch under another name, and gives it its own once all is on the disk.
func write(ctx context.Context, store Store, mutuality, folder string, m Manifest, manifest []byte) error {
	name := batchName(m.Batch)
	making := filepath.Join(folder, "."+name+".making")
	if err := os.RemoveAll(making); err != nil { // of a run that was killed
		return err
	}
	if err := os.MkdirAll(filepath.Join(making, "documents"), 0o700); err != nil {
		return err
	}
	var lines bytes.Buffer
	err := store.EachItem(ctx, mutuality, m.Batch, func(i Item) error {
		line, err := i.Line()
		if err != nil {
			return err
		}
		lines.Write(append(line, '\n'))
		if i.Document == "" {
			return nil
		}
		pdf, err := i.Open()
		if err != nil {
			return err
		}
		return put(filepath.Join(making, filepath.FromSlash(i.Document)), pdf)
	})
	if err == nil {
		err = put(filepath.Join(making, linesFile), lines.Bytes())
	}
	if err == nil {
		err = put(filepath.Join(making, manifestFile), manifest)
	}
	if err == nil {
		err = check(making, m) // against what the disk gives back
	}
	for _, dir := range []string{filepath.Join(making, "documents"), making} {
		if err == nil {
			err = syncDir(dir)
		}
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(making))
	}
	if err := os.Rename(making, filepath.Join(folder, name)); err != nil {
		return err
	}
	return syncDir(folder)
}

// check holds the files of a batch against its manifest.
func check(dir string, m Manifest) error {
	for _, f := range m.Files {
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(raw); len(raw) != f.Size || hex.EncodeToString(sum[:]) != f.SHA256 {
			return fmt.Errorf("%w: %s", ErrDiffers, f.Name)
		}
	}
	return nil
}

// put writes a file for its owner alone, and waits for the disk.
func put(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
