package store

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
	"slices"
	"strings"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/vault"
)

// maxManifest bounds the manifest of a backup, in bytes.
const maxManifest = 16 << 20

// From is the backup that a store is made of.
type From struct {
	Dir string
	// Unsealed takes a backup that an older program made, without a seal: whoever could write
	// into its folder may have put anything in it. One with a wrong seal is never taken.
	Unsealed bool
	// Old takes a backup that is older than OldBackup.
	Old bool
}

// read reads the manifest of a backup, once the keys say that it is theirs. ErrNoBackup,
// ErrForged, ErrUnsealed, vault.ErrWrongKey.
func (from From) read(keys *vault.Keys) (m Manifest, err error) {
	text, err := readBounded(filepath.Join(from.Dir, manifestFile), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: %w", from.Dir, manifestFile, ErrNoBackup)
	}
	if err != nil {
		return m, err
	}
	seal, err := readBounded(filepath.Join(from.Dir, SealFile), maxSeal)
	switch {
	case errors.Is(err, fs.ErrNotExist) && from.Unsealed:
		return parseManifest(text)
	case errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("%s has no %s: %w", from.Dir, SealFile, ErrUnsealed)
	case err != nil:
		return m, fmt.Errorf("%s: %w (%w)", SealFile, ErrForged, err)
	}
	if err := checkSeal(keys, text, string(seal)); err != nil {
		return m, fmt.Errorf("%s: %w", SealFile, err)
	}
	return parseManifest(text)
}

// regular is the size of a file of a backup. A pipe keeps who reads it waiting, and a device
// may have no end: ErrNoBackup.
func regular(path string) (size int64, err error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file: %w", filepath.Base(path), ErrNoBackup)
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	if _, err := regular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is too long: %w", filepath.Base(path), ErrNoBackup)
	}
	return text, err
}

// parseManifest takes a manifest that names a hash for each file that will be read.
// ErrNoBackup.
func parseManifest(text []byte) (m Manifest, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestFile, ErrNoBackup)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return m, fmt.Errorf("%s goes on: %w", manifestFile, ErrNoBackup)
	}
	if m.Format != backupFormat || m.Engine != "sqlite" && m.Engine != "postgres" || m.Schema < 0 || m.Objects < 0 || m.Bytes < 0 {
		return m, fmt.Errorf("%s is of another format: %w", manifestFile, ErrNoBackup)
	}
	sums := map[string]bool{}
	for _, f := range m.Files {
		sum, err := hex.DecodeString(f.SHA256)
		if err != nil || len(sum) != sha256.Size || f.Size < 0 || sums[f.Name] || !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return m, fmt.Errorf("%s names %q: %w", manifestFile, f.Name, ErrNoBackup)
		}
		sums[f.Name] = true
	}
	for _, name := range append(m.dataFiles(), objectList) {
		if !sums[name] {
			return m, fmt.Errorf("%s has no hash of %s: %w", manifestFile, name, ErrNoBackup)
		}
	}
	for _, table := range m.Tables { // their names become part of statements
		for _, name := range append([]string{table.Name}, table.Columns...) {
			if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				return m, fmt.Errorf("%s names %q: %w", manifestFile, name, ErrNoBackup)
			}
		}
	}
	return m, nil
}

// dataFiles are the files that the database is made of.
func (m Manifest) dataFiles() []string {
	if m.Engine == "sqlite" {
		return []string{copyFile}
	}
	var list []string
	for _, table := range m.Tables {
		list = append(list, tableFolder+"/"+table.Name)
	}
	return list
}

// sum is the hash of a file.
func (m Manifest) sum(name string) string {
	i := slices.IndexFunc(m.Files, func(f BackupFile) bool { return f.Name == name })
	return m.Files[i].SHA256
}

// Restore makes a store of a backup where cfg says, and checks all of it: the seal, the
// hash of each file, the counts, the audit trail up to the heads, each document with the
// keys. Nothing is written over: ErrBackupExists. One that was cut off is begun again by the
// same call: a SQLite file has its name only once all of it is checked, a PostgreSQL database
// goes on until a program has worked on it. ErrNoBackup, ErrForged, ErrUnsealed, ErrOld, ErrDamaged,
// ErrNewerSchema, vault.ErrWrongKey; after an error what was made is not to be used.
//
// Sessions, links and what else proves somebody do not come back: they may have ended
// since (restored.go).
func Restore(ctx context.Context, cfg Config, from From, told func(Step)) (Manifest, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Manifest{}, err
	}
	m, err := from.read(cfg.Keys)
	if err == nil && !from.Old {
		err = m.checkAge(cfg.Now())
	}
	if err == nil {
		err = restore(ctx, cfg, from, m, told)
	}
	if err != nil {
		return m, fmt.Errorf("restoring: %w", err)
	}
	return m, nil
}

func restore(ctx context.Context, cfg Config, from From, m Manifest, told func(Step)) error {
	dir := from.Dir
	filled, err := m.fits(ctx, cfg)
	if err != nil {
		return err
	}
	if err := m.check(dir, told); err != nil {
		return err
	}
	if err := putObjects(ctx, cfg.Objects, dir, m, told); err != nil {
		return err
	}
	reason := "backup of " + m.Began.Format(time.RFC3339)
	if from.Unsealed {
		if _, err := os.Lstat(filepath.Join(dir, SealFile)); errors.Is(err, fs.ErrNotExist) {
			reason += ", without a seal"
		}
	}
	proven := func(cfg Config, on engine) error {
		db, err := openOn(ctx, cfg, on)
		if err != nil {
			return err
		}
		return errors.Join(db.restoredFrom(ctx, m, reason, told), db.Close())
	}
	if m.Engine == "sqlite" {
		return makeFileOf(cfg, filepath.Join(dir, copyFile), m.sum(copyFile), func(apart Config) error { return proven(apart, newEngine(apart)) })
	}
	if !filled {
		if err := fill(ctx, cfg.Database, dir, m, told); err != nil {
			return err
		}
	}
	return proven(cfg, &postgres{leisure: true})
}

// fits refuses to restore where there is something, or to another engine. filled: all of
// this backup is there already, by a restore that was cut off while it checked.
func (m Manifest) fits(ctx context.Context, cfg Config) (filled bool, err error) {
	known, err := newest(map[string]fs.FS{"sqlite": sqliteSteps(), "postgres": postgresSteps()}[m.Engine])
	switch {
	case err != nil:
		return false, err
	case m.Schema > known:
		return false, fmt.Errorf("%w: the backup has version %d, this program knows up to %d", ErrNewerSchema, m.Schema, known)
	case m.Engine == "postgres" && cfg.Database == "", m.Engine == "sqlite" && cfg.Database != "":
		return false, fmt.Errorf("the backup is of %s: restore it to that engine", m.Engine)
	case m.Objects > 0 && cfg.Objects == nil:
		return false, ErrNoObjects
	}
	if cfg.Database != "" {
		there, err := Exists(ctx, cfg.Database)
		if err == nil && there {
			there, filled, err = m.isUsed(ctx, cfg.Database)
		}
		if err == nil && there {
			err = fmt.Errorf("the database is not empty: %w", ErrBackupExists)
		}
		return filled, err
	}
	if _, err := os.Lstat(cfg.Path); !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("%s: %w", cfg.Path, errors.Join(ErrBackupExists, err))
	}
	return false, nil
}

// check compares each file with its hash.
func (m Manifest) check(dir string, told func(Step)) error {
	var size, done int64
	for _, f := range m.Files {
		size += f.Size
	}
	for _, f := range m.Files {
		path, sum := filepath.Join(dir, filepath.FromSlash(f.Name)), ""
		length, err := regular(path)
		if err == nil && length == f.Size {
			sum, err = hashFile(path, func(n int) {
				done += int64(n)
				told(Step{"files", min(done, size), size})
			})
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrNoBackup, err)
		}
		if sum != f.SHA256 {
			return fmt.Errorf("%s is not what was written: %w", f.Name, ErrDamaged)
		}
	}
	return nil
}

// putObjects puts the objects where there are none but those an earlier run put.
func putObjects(ctx context.Context, to Objects, dir string, m Manifest, told func(Step)) error {
	if to == nil || m.Objects == 0 {
		return nil
	}
	wanted := map[string]bool{}
	err := eachListed(filepath.Join(dir, objectList), func(o listed, _ int64) error {
		wanted[o.name] = true
		return nil
	})
	if err != nil {
		return err
	}
	there, err := objectsThere(ctx, to)
	if err != nil {
		return err
	}
	for name := range there {
		if !wanted[name] {
			return fmt.Errorf("the object store is not empty, it has %s: %w", name, ErrBackupExists)
		}
	}
	return eachListed(filepath.Join(dir, objectList), func(o listed, done int64) error {
		told(Step{"objects", done, m.Objects})
		sealed, err := readBounded(filepath.Join(dir, objectFolder, filepath.FromSlash(o.name)), o.size)
		switch {
		case err != nil:
			return fmt.Errorf("%w (%w)", ErrNoBackup, err)
		case int64(len(sealed)) != o.size || !isAt(sealed, o.address):
			return fmt.Errorf("object %s is not what was written: %w", o.name, ErrDamaged)
		}
		if there[o.name] {
			have, err := to.Get(ctx, o.name, o.size)
			if err == nil && bytes.Equal(have, sealed) {
				return nil
			}
			return fmt.Errorf("object %s is there and is another: %w", o.name, errors.Join(ErrBackupExists, err))
		}
		_, err = patiently(ctx, func() ([]byte, error) { return nil, to.Put(ctx, o.name, sealed) })
		return err
	})
}

func objectsThere(ctx context.Context, in Objects) (map[string]bool, error) {
	there := map[string]bool{}
	days, err := in.Days(ctx)
	if err != nil {
		return nil, outside(err)
	}
	for _, day := range days {
		err := in.Each(ctx, day, func(name string, _ time.Time) error {
			there[name] = true
			return nil
		})
		if err != nil {
			return nil, outside(err)
		}
	}
	return there, nil
}

// restoredFrom checks the trail and the documents against the manifest, and ends what proves somebody.
func (db *DB) restoredFrom(ctx context.Context, m Manifest, reason string, told func(Step)) error {
	var anchors []audit.Anchor
	for _, h := range m.Heads {
		a := audit.Anchor{At: m.Began, Head: audit.Head{Chain: h.Chain, Seq: h.Seq}}
		raw, err := hex.DecodeString(h.Hash)
		if err == nil {
			err = copyHash(&a.Hash, raw)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", manifestFile, ErrNoBackup)
		}
		anchors = append(anchors, a)
	}
	report, _, err := db.VerifyAudit(ctx, anchors)
	if err != nil {
		return err
	}
	if fault, bad := report.First(); bad {
		return fmt.Errorf("audit trail: %w: %w", ErrDamaged, fault)
	}
	if _, err := db.CheckDocuments(ctx, told); err != nil {
		return err
	}
	note := audit.Entry{At: db.cfg.Now(), Actor: audit.System, Action: audit.Restore, Reason: reason}
	return db.write(ctx, note, func(t *tx) error {
		if err := endProofs(t.conn, note.At); err != nil {
			return err
		}
		return db.engine.proven(t.conn)
	})
}
