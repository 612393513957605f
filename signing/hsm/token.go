package hsm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/miekg/pkcs11"
)

// load opens the library; nothing in it runs yet.
func load(path string) (*pkcs11.Ctx, error) {
	full, err := filepath.Abs(path) // a bare name would be searched on the loader's path
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModule, err)
	}
	if info, err := os.Stat(full); err != nil || info.IsDir() {
		return nil, fmt.Errorf("%w: there is none at %s", ErrModule, path)
	}
	lib := pkcs11.New(full)
	if lib == nil {
		return nil, fmt.Errorf("%w: %s does not load", ErrModule, path)
	}
	if !hasFunctions(lib) {
		lib.Destroy()
		return nil, fmt.Errorf("%w: %s gives no functions", ErrModule, path)
	}
	return lib, nil
}

// hasFunctions reports whether C_GetFunctionList gave a list. The binding drops its return
// code and would call through the list that is not there. It keeps, in C, a struct of
// the library's handle and the list.
func hasFunctions(lib *pkcs11.Ctx) bool {
	loaded := *(**struct{ handle, functions unsafe.Pointer })(unsafe.Pointer(lib))
	return loaded != nil && loaded.functions != nil
}

// restart begins anew: every session of before is gone. It fills in the sessions.
func (k *Key) restart(sessions []pkcs11.SessionHandle) error {
	k.finalize()
	if err := k.initialize(); err != nil {
		return err
	}
	slot, err := k.slot()
	if err != nil {
		return err
	}
	for i := range sessions {
		if sessions[i], err = k.module.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION); err != nil {
			return fmt.Errorf("opening a session: %w", err)
		}
	}
	if err := k.login(slot, sessions[0]); err != nil {
		return err
	}
	if err := k.find(sessions[0]); err != nil {
		return err
	}
	return k.compare(sessions[0])
}

func (k *Key) initialize() error {
	if err := k.module.Initialize(); err != nil {
		if errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
			return fmt.Errorf("%w: this process uses it already", ErrModule)
		}
		return fmt.Errorf("starting the module: %w", err)
	}
	k.started = true
	return nil
}

// finalize ends what was started. Its errors say that there was nothing to end.
func (k *Key) finalize() {
	if k.started {
		k.module.Finalize()
		k.started = false
	}
}

// slot finds the token by label or serial number.
func (k *Key) slot() (uint, error) {
	slots, err := k.module.GetSlotList(true)
	if err != nil {
		return 0, fmt.Errorf("listing tokens: %w", err)
	}
	var found []uint
	for _, slot := range slots {
		info, err := k.module.GetTokenInfo(slot)
		if err != nil {
			continue // one that is just being taken out is not ours to report
		}
		if padded(info.Label) == k.cfg.Token || padded(info.SerialNumber) == k.cfg.Token {
			found = append(found, slot)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%w: %d of %d tokens have label or serial number %q", ErrNoToken, len(found), len(slots), k.cfg.Token)
	}
	return found[0], nil
}

// padded removes what fills a field of fixed length: blanks by the standard, zeros in
// the field.
func padded(s string) string { return strings.TrimRight(s, " \x00") }

// login tells the token the PIN; sessions share it. A token that would lock at one more
// wrong PIN is left alone: whoever restarts this process again and again must not be what
// locks it.
func (k *Key) login(slot uint, session pkcs11.SessionHandle) error {
	info, err := k.module.GetTokenInfo(slot)
	switch {
	case err != nil:
		return fmt.Errorf("looking at the token: %w", err)
	case info.Flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		return fmt.Errorf("%w: the PIN is locked", ErrPIN)
	case info.Flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
		return fmt.Errorf("%w: one try is left, and it is left for a person: log in once with another program", ErrPIN)
	}
	return k.tell(session, pkcs11.CKU_USER)
}

// tell tells the token the PIN for a kind of user.
func (k *Key) tell(session pkcs11.SessionHandle, user uint) error {
	pin, err := k.cfg.PIN()
	defer clear(pin)
	if err != nil {
		return fmt.Errorf("reading the PIN: %w", err)
	}
	err = k.module.Login(session, user, string(pin))
	if errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)) {
		return nil
	}
	for _, refused := range []pkcs11.Error{
		pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_LOCKED,
		pkcs11.CKR_PIN_EXPIRED, pkcs11.CKR_USER_PIN_NOT_INITIALIZED,
	} {
		if errors.Is(err, refused) {
			return fmt.Errorf("%w: %w", ErrPIN, err)
		}
	}
	if err != nil {
		return fmt.Errorf("logging in: %w", err)
	}
	return nil
}

// named are the attributes that name the key.
func (k *Key) named(class uint) []*pkcs11.Attribute {
	list := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)}
	if k.cfg.Label != "" {
		list = append(list, pkcs11.NewAttribute(pkcs11.CKA_LABEL, k.cfg.Label))
	}
	if len(k.cfg.ID) > 0 {
		list = append(list, pkcs11.NewAttribute(pkcs11.CKA_ID, k.cfg.ID))
	}
	return list
}

// objects lists at most two objects: more than one is an error to whoever asks.
func (k *Key) objects(session pkcs11.SessionHandle, class uint) ([]pkcs11.ObjectHandle, error) {
	if err := k.module.FindObjectsInit(session, k.named(class)); err != nil {
		return nil, err
	}
	found, _, err := k.module.FindObjects(session, 2)
	return found, errors.Join(err, k.module.FindObjectsFinal(session))
}

func (k *Key) find(session pkcs11.SessionHandle) error {
	found, err := k.objects(session, pkcs11.CKO_PRIVATE_KEY)
	switch {
	case err != nil:
		return fmt.Errorf("finding the key: %w", err)
	case len(found) == 0:
		return fmt.Errorf("%w: none has label %q and id %x", ErrNoKey, k.cfg.Label, k.cfg.ID)
	case len(found) > 1:
		return fmt.Errorf("%w: several have label %q and id %x", ErrNoKey, k.cfg.Label, k.cfg.ID)
	}
	k.key, k.eachTime = found[0], false
	list, err := k.module.GetAttributeValue(session, k.key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, nil)})
	if isLost(err) {
		return err
	}
	k.eachTime = err == nil && len(list) == 1 && bytes.Equal(list[0].Value, []byte{1})
	return k.same(session, k.key, pkcs11.CKA_KEY_TYPE, func(value []byte) bool {
		return bytes.Equal(value, pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, keyType(k.Public())).Value)
	})
}

func keyType(public crypto.PublicKey) uint {
	if _, ok := public.(*rsa.PublicKey); ok {
		return pkcs11.CKK_RSA
	}
	return pkcs11.CKK_EC
}

// compare refuses a public key that is another than the certificate's. A token need not
// show one: then the first signature tells.
func (k *Key) compare(session pkcs11.SessionHandle) error {
	found, err := k.objects(session, pkcs11.CKO_PUBLIC_KEY)
	if err != nil || len(found) != 1 {
		return err
	}
	switch key := k.Public().(type) {
	case *rsa.PublicKey:
		return k.same(session, found[0], pkcs11.CKA_MODULUS, func(value []byte) bool {
			return new(big.Int).SetBytes(value).Cmp(key.N) == 0
		})
	case *ecdsa.PublicKey:
		own, err := key.Bytes()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotSupported, err)
		}
		return k.same(session, found[0], pkcs11.CKA_EC_POINT, func(value []byte) bool { return bytes.Equal(point(value), own) })
	}
	return ErrNotSupported
}

// same compares an attribute that the token may keep to itself.
func (k *Key) same(session pkcs11.SessionHandle, object pkcs11.ObjectHandle, attribute uint, equal func([]byte) bool) error {
	list, err := k.module.GetAttributeValue(session, object, []*pkcs11.Attribute{pkcs11.NewAttribute(attribute, nil)})
	if err != nil || len(list) != 1 || len(list[0].Value) == 0 {
		if isLost(err) {
			return err
		}
		return nil // not shown: the probe tells
	}
	if !equal(list[0].Value) {
		return ErrMismatch
	}
	return nil
}
