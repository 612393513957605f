package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"guichet.example/portal/audit"
)

// maxManifest bounds the manifest of a backup, in bytes.
const maxManifest = 16 << 20

// ReadManifest reads the manifest of a backup. ErrNoBackup.
func ReadManifest(dir string) (m Manifest, err error) {
	f, err := os.Open(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: %w", dir, manifestFile, ErrNoBackup)
	}
	if err != nil {
		return m, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return m, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestFile, ErrNoBackup)
	}
	if m.Format != backupFormat || m.Engine != "sqlite" && m.Engine != "postgres" || len(m.Files) == 0 {
		return m, fmt.Errorf("%s is of another format: %w", manifestFile, ErrNoBackup)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return m, fmt.Errorf("%s names %q: %w", manifestFile, f.Name, ErrNoBackup)
		}
	}
	return m, nil
}

// Restore makes a store of a backup where cfg says, and checks all of it: the hash of each
// file, the counts, the audit trail up to the heads, each document with the keys. Nothing
// is written over: ErrBackupExists. ErrNoBackup, ErrDamaged, ErrNewerSchema,
// vault.ErrWrongKey; after an error what was made is not to be used.
//
// Sessions, links and what else proves somebody do not come back: they may have ended
// since (restored.go).
func Restore(ctx context.Context, cfg Config, dir string, told func(Step)) (Manifest, error) {
	m, err := ReadManifest(dir)
	if err == nil {
		err = restore(ctx, cfg, dir, m, told)
	}
	if err != nil {
		return m, fmt.Errorf("restoring: %w", err)
	}
	return m, nil
}

func restore(ctx context.Context, cfg Config, dir string, m Manifest, told func(Step)) error {
	if err := m.fits(ctx, cfg); err != nil {
		return err
	}
	if err := m.check(dir, told); err != nil {
		return err
	}
	if err := putObjects(ctx, cfg.Objects, dir, m, told); err != nil {
		return err
	}
	if m.Engine == "postgres" {
		if err := fill(ctx, cfg.Database, dir, m, told); err != nil {
			return err
		}
	} else if err := copyInto(filepath.Join(dir, copyFile), cfg.Path); err != nil {
		return err
	}
	db, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(db.restoredFrom(ctx, m, told), db.Close())
}

// fits refuses to restore where there is something, or to another engine.
func (m Manifest) fits(ctx context.Context, cfg Config) error {
	known, err := newest(map[string]fs.FS{"sqlite": sqliteSteps(), "postgres": postgresSteps()}[m.Engine])
	switch {
	case err != nil:
		return err
	case m.Schema > known:
		return fmt.Errorf("%w: the backup has version %d, this program knows up to %d", ErrNewerSchema, m.Schema, known)
	case m.Engine == "postgres" && cfg.Database == "", m.Engine == "sqlite" && cfg.Database != "":
		return fmt.Errorf("the backup is of %s: restore it to that engine", m.Engine)
	case m.Objects > 0 && cfg.Objects == nil:
		return ErrNoObjects
	}
	if cfg.Database != "" {
		there, err := Exists(ctx, cfg.Database)
		if err == nil && there {
			err = fmt.Errorf("the database is not empty: %w", ErrBackupExists)
		}
		return err
	}
	if _, err := os.Lstat(cfg.Path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", cfg.Path, errors.Join(ErrBackupExists, err))
	}
	return nil
}

// check compares each file with its hash.
func (m Manifest) check(dir string, told func(Step)) error {
	var size, done int64
	for _, f := range m.Files {
		size += f.Size
	}
	for _, f := range m.Files {
		sum, err := hashFile(filepath.Join(dir, filepath.FromSlash(f.Name)), func(n int) {
			done += int64(n)
			told(Step{"files", min(done, size), size})
		})
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
		sealed, err := os.ReadFile(filepath.Join(dir, objectFolder, filepath.FromSlash(o.name)))
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

// copyInto makes the file of a store of its copy; it has its name once it is whole.
func copyInto(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	part := to + ".restoring"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, source)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(part, to); err != nil { // unlike a renaming, never over a file
		return err
	}
	return errors.Join(os.Remove(part), syncFolder(filepath.Dir(to)))
}

// restoredFrom checks the trail and the documents against the manifest, and ends what proves somebody.
func (db *DB) restoredFrom(ctx context.Context, m Manifest, told func(Step)) error {
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
	report, err := audit.Verify(ctx, db.AuditRows, anchors)
	if err != nil {
		return err
	}
	if fault, bad := report.First(); bad {
		return fmt.Errorf("audit trail: %w: %w", ErrDamaged, fault)
	}
	if _, err := db.CheckDocuments(ctx, told); err != nil {
		return err
	}
	note := audit.Entry{At: db.cfg.Now(), Actor: audit.System, Action: audit.Restore, Reason: "backup of " + m.Began.Format(time.RFC3339)}
	return db.write(ctx, note, func(t *tx) error { return endProofs(t.conn, note.At) })
}
