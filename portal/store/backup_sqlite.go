package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// copyTo has SQLite copy the file in one reading transaction (VACUUM INTO), which keeps
// no writer waiting; what the copy holds is read in the copy.
func (s *sqlite) copyTo(ctx context.Context, dir string, m *Manifest, told func(Step), object func(string, int64, []byte) error) error {
	m.Engine = "sqlite"
	c, err := s.connectWith(ctx, keeperCache)
	if err != nil {
		return err
	}
	defer c.close()
	var size int64
	if err := c.get(s.size(), nil, &size); err != nil {
		return err
	}
	path := filepath.Join(dir, copyFile)
	done, told1 := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told1)
		for {
			select {
			case <-done:
				return
			case <-time.After(200 * time.Millisecond):
				if info, err := os.Stat(path); err == nil {
					told(Step{"database", min(info.Size(), size), size})
				}
			}
		}
	}()
	_, err = c.sql.ExecContext(ctx, `VACUUM INTO ?`, path)
	close(done)
	<-told1
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	if err := s.lookIn(ctx, path, m, object); err != nil {
		return err
	}
	return m.addFile(dir, copyFile)
}

// lookIn reads what a copy holds.
func (s *sqlite) lookIn(ctx context.Context, path string, m *Manifest, object func(string, int64, []byte) error) error {
	address, err := dsn(path)
	if err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", address+"&immutable=1&mode=ro")
	if err != nil {
		return err
	}
	defer pool.Close()
	raw, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	c := newConn(s, raw)
	defer c.close()
	tables, err := tablesOf(c, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name`)
	if err != nil {
		return err
	}
	return errors.Join(m.hold(c, tables), eachObject(c, object))
}

// addFile puts a file that somebody else wrote on the disk and into the manifest.
func (m *Manifest) addFile(dir, name string) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	var size int64
	sum, err := hashFile(filepath.Join(dir, name), func(n int) { size += int64(n) })
	m.Files = append(m.Files, BackupFile{name, size, sum})
	return err
}

func tablesOf(c *conn, query string) (tables []string, err error) {
	err = c.each(query, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		tables = append(tables, name)
		return err
	})
	return tables, err
}
