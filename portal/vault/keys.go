package vault

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Names of the files in a keys folder. Each is one line of 64 hexadecimal digits, to
// be read by the owner alone. The folder is never part of a backup of the database.
const (
	wrapFile  = "key-encryption.key"
	indexFile = "index.key"
)

var (
	// ErrKeysExist means there are keys in the folder already; NewKeys never replaces any.
	ErrKeysExist = errors.New("folder holds keys already")
	// ErrNoKeys means the folder, or a key in it, does not exist.
	ErrNoKeys = errors.New("no keys in folder")
	// ErrExposed means that others than the owner may read or replace a key.
	ErrExposed = errors.New("others may read or replace it")
	// ErrKeyFile means a key file is not one line of 64 hexadecimal digits.
	ErrKeyFile = errors.New("not a key file")
)

// Keys are the two keys everything else hangs on. Safe for concurrent use.
type Keys struct {
	id    [idSize]byte
	wrap  cipher.AEAD
	index []byte
}

// NewKeys draws new keys and writes them into the folder, which it makes if there is
// none. ErrKeysExist if it holds keys.
func NewKeys(dir string) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making keys folder: %w", err)
	}
	for _, name := range []string{wrapFile, indexFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, ErrKeysExist), err)
		}
	}
	for _, name := range []string{wrapFile, indexFile} {
		if err := writeKey(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if err := syncFolder(dir); err != nil {
		return nil, err
	}
	return LoadKeys(dir)
}

func writeKey(path string) (err error) {
	var key [keySize]byte
	rand.Read(key[:]) // never fails: crypto/rand
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing key: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteString(hex.EncodeToString(key[:]) + "\n"); err != nil {
		return fmt.Errorf("writing key: %w", err)
	}
	return f.Sync()
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening keys folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// LoadKeys reads the keys from the folder. Folder and files must be out of reach of
// group and others: ErrExposed. ErrNoKeys, ErrKeyFile.
func LoadKeys(dir string) (*Keys, error) {
	if err := guarded(dir); err != nil {
		return nil, err
	}
	wrap, err := readKey(filepath.Join(dir, wrapFile))
	if err != nil {
		return nil, err
	}
	index, err := readKey(filepath.Join(dir, indexFile))
	if err != nil {
		return nil, err
	}
	if hmac.Equal(wrap, index) {
		return nil, fmt.Errorf("%s is %s: %w", indexFile, wrapFile, ErrKeyFile)
	}
	aead, err := newAEAD(wrap)
	if err != nil {
		return nil, err
	}
	return &Keys{id: keyID(wrap), wrap: aead, index: index}, nil
}

func readKey(path string) ([]byte, error) {
	if err := guarded(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading key: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 2*keySize+3))
	if err != nil {
		return nil, fmt.Errorf("reading key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimRight(string(text), "\r\n"))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("%s: %w", path, ErrKeyFile) // err would quote the key
	}
	return key, nil
}

func guarded(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, ErrNoKeys)
	}
	if err != nil {
		return fmt.Errorf("looking at keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, want %04o: %w", path, info.Mode().Perm(), info.Mode().Perm()&0o700, ErrExposed)
	}
	return nil
}

// KeyID is the public id of the key-encryption key, kept beside what it wrapped.
func (k *Keys) KeyID() []byte { return k.id[:] }

// NewDataKey draws a data key for a member and returns it also wrapped, for the store.
func (k *Keys) NewDataKey(mutuality, member string) (key *DataKey, wrapped []byte, err error) {
	var raw [keySize]byte
	rand.Read(raw[:]) // never fails: crypto/rand
	key, err = newDataKey(raw[:])
	if err != nil {
		return nil, nil, err
	}
	wrapped = append([]byte{format}, k.id[:]...)
	wrapped = k.wrap.Seal(wrapped, nil, raw[:], wrapContext(mutuality, member))
	clear(raw[:])
	return key, wrapped, nil
}

// DataKey unwraps a member's data key. ErrWrongKey, ErrTampered.
func (k *Keys) DataKey(mutuality, member string, wrapped []byte) (*DataKey, error) {
	if len(wrapped) < NonceAt || wrapped[0] != format {
		return nil, fmt.Errorf("data key of member %s: %w", member, ErrTampered)
	}
	if [idSize]byte(wrapped[1:NonceAt]) != k.id {
		return nil, fmt.Errorf("data key of member %s: %w", member, ErrWrongKey)
	}
	raw, err := k.wrap.Open(nil, nil, wrapped[NonceAt:], wrapContext(mutuality, member))
	if err != nil {
		return nil, fmt.Errorf("data key of member %s: %w", member, ErrTampered)
	}
	defer clear(raw)
	return newDataKey(raw)
}

func wrapContext(mutuality, member string) []byte {
	return Context{What: "data-key", Mutuality: mutuality, Member: member}.aad()
}

// Index is a value's entry in an index: HMAC-SHA-256, so that equal values are found
// and none can be tried out without the key. what keeps the indexes of different
// columns apart, mutuality those of different mutualities.
func (k *Keys) Index(what, mutuality, value string) []byte {
	return k.derive("index", what, mutuality, value)
}

// ChallengeKey is the key that seals the challenge of a browser. It is made from the
// id in the browser's cookie, which the store does not keep: neither database nor keys
// alone give the nonce away.
func (k *Keys) ChallengeKey(browser string) (*DataKey, error) {
	return newDataKey(k.derive("challenge", browser))
}

// MutualityKey seals what belongs to a mutuality and to no member of it. It is made from
// the index key, and so never in the database.
func (k *Keys) MutualityKey(mutuality string) (*DataKey, error) {
	return newDataKey(k.derive("mutuality", mutuality))
}

// BackupSeal is the seal of a backup over its manifest: HMAC-SHA-256, which nobody makes
// without the keys, and no backup holds them.
func (k *Keys) BackupSeal(manifest []byte) []byte {
	return k.derive("backup", string(manifest))
}

// AuditKey is the key under which the chains of the audit trail are marked. It is made from
// the index key, and so never in the database.
func (k *Keys) AuditKey() []byte { return k.derive("audit") }

// derive is HMAC-SHA-256 under the index key over "guichet" and the texts, each after
// its length, so that no two lists of texts give the same bytes.
func (k *Keys) derive(texts ...string) []byte {
	mac := hmac.New(sha256.New, k.index)
	mac.Write([]byte("guichet derive 1\n"))
	for _, text := range texts {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		mac.Write([]byte(text))
	}
	return mac.Sum(nil)
}
