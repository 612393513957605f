package reader

import (
	"errors"
	"fmt"

	"github.com/miekg/pkcs11"
)

// signer is one C_Sign with all it needs, inside the module's turn. Which of the four
// ways it goes is what module and key say:
//
//	no CKF_LOGIN_REQUIRED       SignInit, Sign, which asks by itself (window or keypad)
//	keypad                      as the next two, with no PIN: C_Login waits for the keys
//	CKA_ALWAYS_AUTHENTICATE     SignInit, Login(CONTEXT_SPECIFIC), Sign
//	else                        Login(USER), SignInit, Sign
//
// A module that hides private keys wants Login(USER) before it shows which they are: with
// a key that wants its PIN each time that is two logins, the PIN typed once and given to
// both, or, since a keypad keeps it to itself, pressed twice. No PIN goes to the card a
// second time after anything but success.
type signer struct {
	lib       library
	card      *Card
	held      *cardCertificate
	state     tokenState
	pin       []byte // only while signWith runs
	mechanism uint
	input     []byte
	loggedIn  bool // as the user
}

// signWith makes sure, before any PIN leaves our hands, that the card is the one that was
// opened and that its session is free.
func (s *signer) signWith(pin *secret) ([]byte, error) {
	return pin.use(func(digits []byte) ([]byte, error) {
		s.pin = digits
		if err := s.card.sameCard(s.lib); err != nil {
			return nil, err
		}
		if s.card.unfinished {
			if err := s.card.renew(s.lib); err != nil {
				return nil, err
			}
		}
		return s.sign()
	})
}

// sign logs in as the key wants, signs, and logs out again: the right that a PIN buys
// on a Belgian card is one signature, and ours must not outlive it either.
func (s *signer) sign() ([]byte, error) {
	s.lib.Logout(s.card.session) // some modules answer a second login with OK, whatever the PIN
	defer s.lib.Logout(s.card.session)
	value, err := s.unlockedSign()
	if s.loggedIn && (is(err, pkcs11.CKR_OBJECT_HANDLE_INVALID) || is(err, pkcs11.CKR_KEY_HANDLE_INVALID) || errors.Is(err, ErrKeyMismatch)) {
		if info, e := s.lib.GetSessionInfo(s.card.session); e == nil && info.State == pkcs11.CKS_RO_PUBLIC_SESSION {
			return nil, pkcs11.Error(pkcs11.CKR_USER_NOT_LOGGED_IN) // another program took the right, and with it the keys
		}
	}
	return value, err
}

func (s *signer) unlockedSign() ([]byte, error) {
	key, always, err := s.unlockKey()
	if err != nil {
		return nil, err
	}
	if err := s.begin(key); err != nil {
		return nil, err
	}
	if always {
		if err := s.login(pkcs11.CKU_CONTEXT_SPECIFIC); err != nil {
			return nil, err
		}
	}
	value, err := s.lib.Sign(s.card.session, s.input)
	if is(err, pkcs11.CKR_GENERAL_ERROR) && !s.state.login && !gone(s.lib, s.card.reader.slot, s.card.session) {
		return nil, noWindow{err} // its helper program is missing: eid-mw issue 139
	}
	s.card.unfinished = err != nil
	return value, err
}

// begin is C_SignInit. Somebody's operation that is still active is got past as long as
// no PIN was sent: a second time is not for us to send one.
func (s *signer) begin(key pkcs11.ObjectHandle) error {
	mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(s.mechanism, nil)}
	s.card.unfinished = true
	err := s.lib.SignInit(s.card.session, mechanism, key)
	if !is(err, pkcs11.CKR_OPERATION_ACTIVE) || s.loggedIn {
		return err
	}
	if err := s.card.renew(s.lib); err != nil {
		return err
	}
	s.card.unfinished = true
	return s.lib.SignInit(s.card.session, mechanism, key)
}

// unlockKey finds the key, with a user login before where the module or the key wants
// one. always: it wants a context-specific login too.
func (s *signer) unlockKey() (key pkcs11.ObjectHandle, always bool, err error) {
	if !s.held.hidden {
		key, always, err = s.find()
	}
	if err != nil || key != 0 && (always || !s.state.login) {
		return key, always, err
	}
	if err := s.login(pkcs11.CKU_USER); err != nil || key != 0 {
		return key, always, err
	}
	if key, always, err = s.find(); err != nil || key != 0 {
		return key, always, err
	}
	return 0, false, fmt.Errorf("no private key for certificate %s: %w", s.held.label, ErrKeyMismatch)
}

// find returns the private key of the certificate: same CKA_ID, whatever its length,
// and of several (cards exist where two share an id) the one of the same label. 0 when
// there is none to see. always is CKA_ALWAYS_AUTHENTICATE.
func (s *signer) find() (key pkcs11.ObjectHandle, always bool, err error) {
	objects, err := find(s.lib, s.card.session,
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY), pkcs11.NewAttribute(pkcs11.CKA_ID, s.held.id))
	if err != nil {
		return 0, false, err
	}
	for _, object := range objects {
		v, err := attributes(s.lib, s.card.session, object, pkcs11.CKA_LABEL, pkcs11.CKA_ALWAYS_AUTHENTICATE)
		if err != nil {
			return 0, false, err
		}
		sameLabel := string(v[0]) == s.held.label
		if key == 0 || sameLabel {
			key, always = object, truth(v[1])
		}
		if sameLabel {
			break
		}
	}
	return key, always && s.state.login, nil
}

// login logs in, where the module leaves that to us. The second C_Login is no second
// look at the PIN: the first refused before it looked.
func (s *signer) login(user uint) error {
	if !s.state.login {
		return nil
	}
	err := s.lib.Login(s.card.session, user, borrow(s.pin))
	if user == pkcs11.CKU_USER && is(err, pkcs11.CKR_USER_ALREADY_LOGGED_IN) {
		// OpenSC remembers the login of a card that left until its slots are polled.
		if _, err := s.lib.GetSlotList(true); err != nil {
			return err
		}
		s.lib.Logout(s.card.session)
		err = s.lib.Login(s.card.session, user, borrow(s.pin))
	}
	s.loggedIn = s.loggedIn || user == pkcs11.CKU_USER && err == nil
	if user == pkcs11.CKU_CONTEXT_SPECIFIC && is(err, pkcs11.CKR_OPERATION_NOT_INITIALIZED) {
		return pkcs11.Error(pkcs11.CKR_USER_NOT_LOGGED_IN) // OpenSC, after another program reset the card
	}
	return err
}
