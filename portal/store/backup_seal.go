package store

import (
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"strings"

	"guichet.example/portal/vault"
)

// The seal of a backup is one line: the version, the id of the keys that made it, and their
// seal over the manifest, byte for byte. The manifest has the hash of every file and of the
// list of objects, which has the hash of every object: nothing of a backup can be changed
// without the keys. An older backup, whole, keeps its seal; when it began is told.
const sealVersion = "guichet-backup-1"

// maxSeal bounds the seal of a backup, in bytes.
const maxSeal = 256

func makeSeal(keys *vault.Keys, manifest []byte) []byte {
	return fmt.Appendf(nil, "%s %x %x\n", sealVersion, keys.KeyID(), keys.BackupSeal(manifest))
}

// checkSeal compares before anything is read of the manifest. ErrForged,
// vault.ErrWrongKey.
func checkSeal(keys *vault.Keys, manifest []byte, seal string) error {
	if hmac.Equal([]byte(seal), makeSeal(keys, manifest)) {
		return nil
	}
	if parts := strings.Fields(seal); len(parts) == 3 && parts[0] == sealVersion && parts[1] != hex.EncodeToString(keys.KeyID()) {
		return vault.ErrWrongKey
	}
	return ErrForged
}
