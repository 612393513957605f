package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"guichet.example/portal/audit"
)

// A backup is a folder:
//
//	manifest.seal      the keys' seal over the manifest; written last
//	manifest.json      what follows, with hashes; without it there is no backup
//	guichet.db         SQLite: the whole file
//	tables/NAME        PostgreSQL: a table each, as COPY in binary writes it
//	objects.list       object, size, SHA-256: a line each, sorted by object
//	objects/DAY/…      the objects, under their names
//
// It is that of one moment, after it began, and is made while the store is at work. Objects
// are copied after the database: what it refers to is not removed for days (keepGone). What
// is sealed stays sealed; the keys are not in it.
const (
	manifestFile = "manifest.json"
	objectList   = "objects.list"
	objectFolder = "objects"
	tableFolder  = "tables"
	copyFile     = "guichet.db"
)

// SealFile is the name of the seal of a backup, in its folder.
const SealFile = "manifest.seal"

// backupFormat is the version of the shape above.
const backupFormat = 1

// Manifest says what a backup holds.
type Manifest struct {
	Format  int              `json:"format"`
	Began   time.Time        `json:"began"`
	Engine  string           `json:"engine"` // "sqlite", "postgres"
	Schema  int64            `json:"schema"`
	Tables  []BackupTable    `json:"tables,omitempty"` // PostgreSQL, in an order in which they can be filled
	Counts  map[string]int64 `json:"counts"`           // rows of each table
	Heads   []BackupHead     `json:"heads"`            // of the audit chains
	Objects int64            `json:"objects"`
	Bytes   int64            `json:"object_bytes"`
	Files   []BackupFile     `json:"files"`
}

// BackupTable is a table with its columns in the order of the file.
type BackupTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// BackupHead is the last row of an audit chain.
type BackupHead struct {
	Chain string `json:"chain"`
	Seq   int64  `json:"seq"`
	Hash  string `json:"hash"`
}

// BackupFile is a file of a backup, but for objects.
type BackupFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Step is how far a backup or a restore has come.
type Step struct {
	What     string // "database", "objects", "files", "documents"
	Done, Of int64  // bytes of the database and of files, else pieces
}

var (
	// ErrBackupExists means that a backup is never written over something.
	ErrBackupExists = errors.New("there is something already")
	// ErrNoBackup means that the folder holds no whole backup.
	ErrNoBackup = errors.New("not a whole backup")
	// ErrForged means that the keys did not seal this manifest: somebody changed the backup.
	ErrForged = errors.New("the seal of the backup does not hold: somebody changed it")
	// ErrUnsealed means that a backup has no seal; older programs made none.
	ErrUnsealed = errors.New("the backup has no seal, so anybody may have made it")
)

// copyEngine is what an engine does for a backup.
type copyEngine interface {
	// copyTo writes the database of one moment into the folder, notes what it holds in the
	// manifest, and calls object for each object it refers to, sorted by name.
	copyTo(ctx context.Context, dir string, m *Manifest, told func(Step), object func(name string, size int64, address []byte) error) error
}

// Backup copies the whole store into the folder, which it makes. What was acknowledged
// before it began is in it. ErrBackupExists.
func (db *DB) Backup(ctx context.Context, dir string, told func(Step)) (Manifest, error) {
	m := Manifest{Format: backupFormat, Began: db.cfg.Now().UTC(), Counts: map[string]int64{}}
	if err := db.write(ctx, audit.Entry{At: m.Began, Actor: audit.System, Action: audit.Backup}, nil); err != nil {
		return m, fmt.Errorf("backing up: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, os.ErrExist) {
			err = fmt.Errorf("%s: %w", dir, ErrBackupExists)
		}
		return m, fmt.Errorf("backing up: %w", err)
	}
	if err := db.backup(ctx, dir, &m, told); err != nil {
		return m, fmt.Errorf("backing up: %w", err)
	}
	return m, nil
}

func (db *DB) backup(ctx context.Context, dir string, m *Manifest, told func(Step)) error {
	list, err := newFile(dir, objectList)
	if err != nil {
		return err
	}
	defer list.close()
	err = db.engine.(copyEngine).copyTo(ctx, dir, m, told, func(name string, size int64, address []byte) error {
		m.Objects, m.Bytes = m.Objects+1, m.Bytes+size
		_, err := fmt.Fprintf(list, "%s %d %x\n", name, size, address)
		return err
	})
	if err == nil {
		err = list.end(m)
	}
	if err == nil {
		err = db.copyObjects(ctx, dir, m, told)
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if err := writeWhole(dir, manifestFile, text); err != nil {
		return err
	}
	return errors.Join(writeWhole(dir, SealFile, makeSeal(db.cfg.Keys, text)), syncFolder(dir))
}

func writeWhole(dir, name string, text []byte) error {
	whole, err := newFile(dir, name)
	if err != nil {
		return err
	}
	defer whole.close()
	if _, err := whole.Write(text); err != nil {
		return err
	}
	return whole.end(nil)
}

// copyObjects copies each object that the list names, if it is what it was.
func (db *DB) copyObjects(ctx context.Context, dir string, m *Manifest, told func(Step)) error {
	if m.Objects == 0 {
		return nil
	}
	if db.cfg.Objects == nil {
		return ErrNoObjects
	}
	return eachListed(filepath.Join(dir, objectList), func(o listed, done int64) error {
		told(Step{"objects", done, m.Objects})
		sealed, err := patiently(ctx, func() ([]byte, error) { return db.cfg.Objects.Get(ctx, o.name, o.size) })
		if err != nil {
			return err
		}
		if !isAt(sealed, o.address) {
			return fmt.Errorf("object %s: %w", o.name, ErrDamaged)
		}
		path := filepath.Join(dir, objectFolder, filepath.FromSlash(o.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(sealed)
		return errors.Join(err, f.Sync(), f.Close())
	})
}

// patiently asks an object store again that is away for a while: a long run does not
// fail for a short outage.
func patiently(ctx context.Context, ask func() ([]byte, error)) (sealed []byte, err error) {
	for try := range 10 {
		if sealed, err = ask(); err == nil {
			return sealed, nil
		}
		var later interface{ Unavailable() bool }
		if !errors.As(err, &later) || !later.Unavailable() {
			return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
	return nil, outside(err)
}

// listed is a line of the list of objects.
type listed struct {
	name    string
	size    int64
	address []byte
}

// eachListed calls f for each line of a list, and how many were before.
func eachListed(path string, f func(o listed, done int64) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for done := int64(0); lines.Scan(); done++ {
		o, err := parseListed(lines.Text())
		if err != nil {
			return err
		}
		if err := f(o, done); err != nil {
			return err
		}
	}
	return lines.Err()
}

func parseListed(line string) (o listed, err error) {
	parts := strings.Split(line, " ")
	if len(parts) == 3 {
		o.name = parts[0]
		o.size, err = strconv.ParseInt(parts[1], 10, 64)
		if err == nil {
			o.address, err = hex.DecodeString(parts[2])
		}
	}
	if err != nil || len(o.address) != sha256.Size || o.size < 0 || !filepath.IsLocal(filepath.FromSlash(o.name)) {
		return o, fmt.Errorf("%s: %w", objectList, ErrNoBackup)
	}
	return o, nil
}

// backupWriter writes a file of a backup and its hash.
type backupWriter struct {
	name string
	file *os.File
	*bufio.Writer
	sum  hash.Hash
	size counted
}

type counted int64

func (c *counted) Write(p []byte) (int, error) {
	*c += counted(len(p))
	return len(p), nil
}

func newFile(dir, name string) (*backupWriter, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	w := &backupWriter{name: name, file: f, sum: sha256.New()}
	w.Writer = bufio.NewWriterSize(io.MultiWriter(f, w.sum, &w.size), 1<<20)
	return w, nil
}

// end puts the file on the disk and into the manifest.
func (w *backupWriter) end(m *Manifest) error {
	if err := errors.Join(w.Flush(), w.file.Sync()); err != nil {
		return err
	}
	if m != nil {
		m.Files = append(m.Files, BackupFile{w.name, int64(w.size), hex.EncodeToString(w.sum.Sum(nil))})
	}
	return nil
}

func (w *backupWriter) close() { w.file.Close() }

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// hashFile is the SHA-256 of a file, told as it is read.
func hashFile(path string, read func(n int)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum, piece := sha256.New(), make([]byte, 1<<20)
	for {
		n, err := f.Read(piece)
		sum.Write(piece[:n])
		read(n)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// hold reads the manifest of what a database holds, on a connection that sees one moment.
func (m *Manifest) hold(c *conn, tables []string) error {
	if err := c.get(`SELECT max(version_id) FROM goose_db_version WHERE is_applied`, nil, &m.Schema); err != nil {
		return err
	}
	for _, table := range tables {
		var n int64
		if err := c.get(`SELECT count(*) FROM `+table, nil, &n); err != nil {
			return err
		}
		m.Counts[table] = n
	}
	return c.each(`
		SELECT chain, seq, hash FROM audit a WHERE seq = (SELECT max(seq) FROM audit b WHERE b.chain = a.chain) ORDER BY chain`,
		nil, func(scan func(...any) error) error {
			var h BackupHead
			var raw []byte
			err := scan(&h.Chain, &h.Seq, &raw)
			h.Hash = hex.EncodeToString(raw)
			m.Heads = append(m.Heads, h)
			return err
		})
}

func eachObject(c *conn, object func(name string, size int64, address []byte) error) error {
	return c.each(`SELECT object, size, address FROM blob_objects ORDER BY object`, nil, func(scan func(...any) error) error {
		var name string
		var size int64
		var address []byte
		if err := scan(&name, &size, &address); err != nil {
			return err
		}
		return object(name, size, address)
	})
}
