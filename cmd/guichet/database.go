package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"guichet.example/portal/store"
)

// maxAddress bounds the file that holds the address of the database, in bytes.
const maxAddress = 4 << 10

// where is where the store is.
type where struct{ path, database string }

// where reads the settings, and the file that they name.
func (s *Settings) where() (where, error) {
	w := where{path: filepath.Join(s.Data, "guichet.db"), database: s.Database}
	if s.DatabaseFile == "" {
		return w, nil
	}
	var err error
	if w.database, err = addressIn(s.DatabaseFile); err != nil {
		return w, fmt.Errorf("%q: %w", "database_file", err)
	}
	return w, nil
}

// set puts it into a store's configuration.
func (w where) set(cfg *store.Config) {
	if cfg.Database = w.database; w.database == "" {
		cfg.Path = w.path
	}
}

// exists tells whether there is a store, which opens with the keys it was made with and
// no others.
func (w where) exists(ctx context.Context) (bool, error) {
	if w.database != "" {
		return store.Exists(ctx, w.database)
	}
	if _, err := os.Stat(filepath.Dir(w.path)); err != nil {
		return false, err
	}
	_, err := os.Stat(w.path)
	return !errors.Is(err, fs.ErrNotExist), nil
}

func (w where) String() string {
	if w.database != "" {
		return "the database"
	}
	return w.path
}

// checkAddress refuses what is no address of a PostgreSQL database, and a password
// where others may read it. The text is not repeated: it may hold one.
func checkAddress(address string, secret bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New(`not an address like "postgres://guichet@host/guichet?sslmode=verify-full"`)
	}
	_, inUser := u.User.Password()
	if !secret && (inUser || u.Query().Has("password")) {
		return errors.New(`holds a password: write the whole address into a file that only the owner can read, and name it in "database_file"`)
	}
	return nil
}

// addressIn reads an address from a file that only its owner can read.
func addressIn(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, want 0600: it may hold a password", file, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxAddress+1))
	if err != nil {
		return "", err
	}
	address := strings.TrimSpace(string(text))
	if len(text) > maxAddress || strings.ContainsAny(address, "\r\n") {
		return "", fmt.Errorf("%s is not one line with the address of a database", file)
	}
	if err := checkAddress(address, true); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return address, nil
}

// checkDatabase refuses two databases, and a secret in the settings.
func (s *Settings) checkDatabase() error {
	if s.Database == "" {
		return nil
	}
	if s.DatabaseFile != "" {
		return errors.New(`"database" and "database_file" are two ways to say one thing: give one`)
	}
	if err := checkAddress(s.Database, false); err != nil {
		return fmt.Errorf("%q: %w", "database", err)
	}
	return nil
}
