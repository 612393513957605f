package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadKeysRefuses(t *testing.T) {
	secret := strings.Repeat("ab", keySize)
	for _, tt := range []struct {
		name   string
		change func(dir string) error
		want   error
	}{
		{"no folder", os.RemoveAll, ErrNoKeys},
		{"no wrapping key", func(dir string) error { return os.Remove(filepath.Join(dir, wrapFile)) }, ErrNoKeys},
		{"no index key", func(dir string) error { return os.Remove(filepath.Join(dir, indexFile)) }, ErrNoKeys},
		{"group reads key", func(dir string) error { return os.Chmod(filepath.Join(dir, wrapFile), 0o640) }, ErrExposed},
		{"others read key", func(dir string) error { return os.Chmod(filepath.Join(dir, indexFile), 0o604) }, ErrExposed},
		{"others write folder", func(dir string) error { return os.Chmod(dir, 0o702) }, ErrExposed},
		{"short key", func(dir string) error { return replace(dir, wrapFile, secret[2:]+"\n") }, ErrKeyFile},
		{"long key", func(dir string) error { return replace(dir, wrapFile, secret+"ab\n") }, ErrKeyFile},
		{"two lines", func(dir string) error { return replace(dir, wrapFile, secret+"\n"+secret+"\n") }, ErrKeyFile},
		{"no digits", func(dir string) error { return replace(dir, wrapFile, "x"+secret[1:]) }, ErrKeyFile},
		{"empty", func(dir string) error { return replace(dir, indexFile, "") }, ErrKeyFile},
		{"one key twice", func(dir string) error {
			return errors.Join(replace(dir, wrapFile, secret), replace(dir, indexFile, secret))
		}, ErrKeyFile},
	} {
		dir := filepath.Join(t.TempDir(), "keys")
		if _, err := NewKeys(dir); err != nil {
			t.Fatal(err)
		}
		if err := tt.change(dir); err != nil {
			t.Fatal(err)
		}
		_, err := LoadKeys(dir)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: LoadKeys = %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "abab") {
			t.Errorf("%s: the error shows the key: %v", tt.name, err)
		}
	}
}

func replace(dir, name, text string) error {
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
}

func TestNewKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	_, err := NewKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeys(dir); !errors.Is(err, ErrKeysExist) {
		t.Errorf("NewKeys twice = %v, want ErrKeysExist", err)
	}
	if err := os.Remove(filepath.Join(dir, wrapFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeys(dir); !errors.Is(err, ErrKeysExist) {
		t.Errorf("NewKeys beside one key = %v, want ErrKeysExist", err)
	}
	dir = filepath.Join(t.TempDir(), "keys")
	made, err := NewKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadKeys(dir)
	if err != nil || loaded.id != made.id || string(loaded.index) != string(made.index) {
		t.Errorf("LoadKeys after NewKeys: %v", err)
	}
	for _, name := range []string{"", wrapFile, indexFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q has mode %v, %v", name, info.Mode(), err)
		}
	}
}
