package dialecttest

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/reader"
	"guichet.example/reader/softcard"
)

// failure is one way in which things go wrong.
type failure struct {
	name   string
	pins   []string                            // what the holder types, see answers; nil: the right PIN
	limit  time.Duration                       // of the operation's context; 0: none to speak of
	hangs  bool                                // the caller waits until the fault strikes, and no longer
	arm    func(*scene) error                  // just before the operation; nil: nothing
	nth    func(Traits) softcard.Action        // strikes one call after another; nil: none
	steady bool                                // the card stays in and its session good
	end    func(context.Context, *scene) error // afterwards, when the module is healed
	only   func(operation) bool                // the operations it is tried with; nil: all

	// What may come of it: a function for each sort of operation, nil as none.
	module  func(Traits) []error // on readers and on opening a card
	open    func(Traits) []error // on opening a card, if that is another matter
	card    func(Traits) []error // on files and PIN state, and on signatures
	sign    func(Traits) []error // on signatures, if that is another matter
	left    func(Traits) []int   // tries after a signature; nil: all
	unasked func(Traits) bool    // nobody may be asked for a PIN; nil: somebody may
}

// Words for what is typed. A wrong PIN is another one each time.
const (
	right  = "right"
	wrong  = "wrong"
	cancel = softcard.Cancelled
	late   = softcard.TimedOut
)

// answers are the digits behind the words.
func (f failure) answers(t Traits) []string {
	if f.pins == nil {
		return []string{t.PIN}
	}
	list := []string{}
	for i, pin := range f.pins {
		switch pin {
		case right:
			pin = t.PIN
		case wrong:
			pin = []string{"0000", "9999", "7777", "5555"}[i%4]
		}
		list = append(list, pin)
	}
	return list
}

// want are the errors that may come of it; nil among them: none at all.
func (f failure) want(op operation, t Traits) []error {
	given := f.card
	switch {
	case op.name == "certificates": // they were read when the card was opened
		return []error{nil}
	case op.name == "open" && f.open != nil:
		given = f.open
	case !op.onCard:
		given = f.module
	case op.signs() && f.sign != nil:
		given = f.sign
	}
	if given == nil {
		return []error{op.works(t)}
	}
	list := given(t)
	for i, err := range list {
		if err == nil {
			list[i] = op.works(t)
		}
	}
	if op.works(t) != nil { // the key that does not sign may say so first
		list = append(list, op.works(t))
	}
	return list
}

// tries are the numbers that may be left after a signature. A key that says that it
// cannot sign before it asks costs none.
func (f failure) tries(op operation, t Traits) []int {
	if f.left == nil {
		return []int{softcard.MaxTries}
	}
	if op.works(t) != nil {
		return append(f.left(t), softcard.MaxTries)
	}
	return f.left(t)
}

// one is the error that must come, or one of these.
func one(errs ...error) func(Traits) []error {
	return func(Traits) []error { return append([]error{}, errs...) }
}

func signing(op operation) bool { return op.signs() }

// tables are the failures that the rig can play.
func tables(rig Rig) []failure {
	t := rig.Traits()
	list := append(pinFailures(t), movingFailures(t)...)
	if !errors.Is(rig.InsertStranger(), errors.ErrUnsupported) {
		list = append(list, stranger)
	}
	if !errors.Is(rig.Unplug(), errors.ErrUnsupported) {
		list = append(list, unplugged)
		if err := rig.Plug(); err != nil {
			list = nil
		}
	}
	if !errors.Is(rig.Fail(), errors.ErrUnsupported) {
		list = append(list, codeFailures(t)...)
		list = append(list, rubbishFailures...)
		if !t.Brief {
			list = append(list, nthFailures(t)...)
		}
	}
	return list
}

// pinFailures are about PINs alone.
func pinFailures(t Traits) []failure {
	list := []failure{
		{name: "nothing"},
		{name: "wrong PIN once", pins: []string{wrong, right}},
		{name: "wrong PIN twice", pins: []string{wrong, wrong, right}},
		{name: "wrong PIN three times", pins: []string{wrong, wrong, wrong, right}, only: signing,
			card: one(reader.ErrPINBlocked), left: func(Traits) []int { return []int{0} }},
		{name: "blocked", sign: one(reader.ErrPINBlocked), left: func(Traits) []int { return []int{0} },
			unasked: func(t Traits) bool { return t.TellsBlocked },
			arm:     func(s *scene) error { return s.rig.SetTries(s.traits.Card, 0) }},
		{name: "cancel", pins: []string{cancel}, only: signing, card: one(reader.ErrCancelled)},
		{name: "cancel after a wrong PIN", pins: []string{wrong, cancel}, only: signing,
			card: one(reader.ErrCancelled), left: func(Traits) []int { return []int{2} }},
		timeOut(t),
	}
	if t.Place == reader.Typed {
		malformed := func(pin string) failure {
			return failure{name: "PIN of " + pin, pins: []string{pin}, only: signing, card: one(reader.PINError{Tries: -1})}
		}
		return append(list, malformed("123"), malformed("1234567890123"), malformed("12a4"))
	}
	return append(list, failure{name: "nobody types", pins: []string{late}, only: signing, card: one(reader.ErrCancelled)})
}

// soon is a time that some person might take for nothing and a module for an age.
const soon = 60 * time.Millisecond

// timeOut is a caller who waits no longer. A keypad or window stays until the holder
// does something about it.
func timeOut(t Traits) failure {
	f := failure{name: "time-out", limit: soon, pins: []string{}, only: signing, card: one(reader.ErrTimedOut)}
	if t.Place == reader.Typed {
		f.arm = func(s *scene) error {
			s.holder.slow = true
			return nil
		}
		return f
	}
	f.end = func(ctx context.Context, s *scene) error {
		if err := s.rig.Type(cancel); err != nil {
			return err
		}
		_, err := s.module.Readers(ctx) // the module's turn comes when the window has gone
		return err
	}
	return f
}

// movingFailures are cards that come and go.
func movingFailures(t Traits) []failure {
	removed := one(reader.ErrCardRemoved)
	insert := func(card string) func(*scene) error {
		return func(s *scene) error { return s.rig.Insert(card) }
	}
	typing := func(do func(*scene) error) func(*scene) error {
		return func(s *scene) error {
			s.holder.while = func() { s.must(do(s)) }
			return nil
		}
	}
	out := func(s *scene) error { return s.rig.Remove() }
	list := []failure{
		{name: "card out", arm: out, open: one(reader.ErrNoCard), card: removed},
		{name: "out and in", arm: insert(t.Card), card: removed},
		{name: "out while the PIN is typed", arm: typing(out), only: signing, card: removed},
		{name: "out and in while the PIN is typed", arm: typing(insert(t.Card)), only: signing, card: removed},
	}
	if t.Other != "" {
		list = append(list,
			failure{name: "other card", arm: insert(t.Other), card: removed},
			failure{name: "other card while the PIN is typed", arm: typing(insert(t.Other)), only: signing, card: removed})
	}
	return list
}

var (
	stranger = failure{name: "stranger card", arm: func(s *scene) error { return s.rig.InsertStranger() },
		open: one(reader.ErrUnknownCard), card: one(reader.ErrCardRemoved)}
	unplugged = failure{name: "reader unplugged", arm: func(s *scene) error { return s.rig.Unplug() },
		module: one(reader.ErrNoReader), card: one(reader.ErrCardRemoved)}
)

// fault arms the rig's module.
func fault(function string, nth int, do softcard.Action) func(*scene) error {
	return func(s *scene) error {
		return s.rig.Fail(softcard.Fault{Function: function, Nth: nth, Do: do})
	}
}

// codeFailures are return codes at a given place: facts that were measured.
func codeFailures(t Traits) []failure {
	at := func(name, function string, code uint, want ...error) failure {
		return failure{name: name, only: signing, arm: fault(function, 1, softcard.Return(code)), card: one(want...)}
	}
	noWindow, noLogin := reader.ErrModuleFailed, reader.ErrCardBusy
	if t.OneWindow {
		noWindow, noLogin = reader.ErrNoWindow, nil // and C_Login is never called
	}
	return []failure{
		at("line cut, official", "C_Sign", pkcs11.CKR_DEVICE_ERROR, reader.ErrModuleFailed),
		at("card answers 6400, official", "C_Sign", pkcs11.CKR_FUNCTION_FAILED, reader.ErrModuleFailed),
		at("line cut or 6400, OpenSC; no window program", "C_Sign", pkcs11.CKR_GENERAL_ERROR, noWindow),
		at("card answers 6982", "C_Sign", pkcs11.CKR_USER_NOT_LOGGED_IN, reader.ErrCardBusy),
		at("right lost before the login", "C_Login", pkcs11.CKR_OPERATION_NOT_INITIALIZED, noLogin),
		at("logged in for good", "C_Login", pkcs11.CKR_USER_ALREADY_LOGGED_IN, noLogin),
		at("no such session", "C_Sign", pkcs11.CKR_SESSION_HANDLE_INVALID, reader.ErrCardRemoved),
		at("mechanism refused", "C_SignInit", pkcs11.CKR_MECHANISM_INVALID, reader.ErrNotSupported),
		at("function refused", "C_Sign", pkcs11.CKR_FUNCTION_NOT_SUPPORTED, reader.ErrNotSupported),
		at("cancelled there", "C_Sign", pkcs11.CKR_FUNCTION_CANCELED, reader.ErrCancelled),
		at("vendor's own code", "C_Sign", 0x80000001, reader.ErrModuleFailed),
		{name: "logged in until slots are polled", only: signing, arm: func(s *scene) error {
			return s.rig.Fail(softcard.Fault{Function: "C_Login", Once: true, Do: softcard.Return(pkcs11.CKR_USER_ALREADY_LOGGED_IN)})
		}},
		{name: "slow signature", only: signing, arm: fault("C_Sign", 1, softcard.Delay(20*time.Millisecond))},
		{name: "hanging signature", hangs: true, only: signing, arm: fault("C_Sign", 1, softcard.Hang), card: one(reader.ErrTimedOut)},
		{name: "hanging module", hangs: true, arm: fault("C_GetTokenInfo", 1, softcard.Hang),
			module: one(reader.ErrTimedOut), card: one(reader.ErrTimedOut, nil)},
		{name: "slot list grows", arm: fault("C_GetSlotList", 2, softcard.PlugIn("Late Reader")), end: func(ctx context.Context, s *scene) error {
			if err := s.rig.Fail(softcard.Fault{Function: "C_GetSlotList", Do: softcard.PlugOut("Late Reader")}); err != nil {
				return err
			}
			_, err := s.module.Readers(ctx)
			return err
		}},
		{name: "slot list shrinks", arm: fault("C_GetSlotList", 2, softcard.PlugOut(softcard.ReaderName)),
			module: one(reader.ErrNoReader), card: one(reader.ErrCardRemoved, nil)},
	}
}

// rubbishFailures are answers that are no errors and not true.
var rubbishFailures = []failure{
	{name: "wrong signature", only: signing, arm: fault("C_Sign", 1, softcard.WrongSignature), card: one(reader.ErrWrongSignature)},
	{name: "short signature", only: signing, arm: fault("C_Sign", 1, softcard.ShortSignature), card: one(reader.ErrWrongSignature)},
	{name: "other key", only: signing, arm: fault("C_SignInit", 1, softcard.OtherKey), card: one(reader.ErrWrongSignature)},
	{name: "long values", arm: fault("C_GetAttributeValue", 1, softcard.LongValue),
		open: one(reader.ErrModuleFailed), card: one(reader.ErrModuleFailed, nil)},
	{name: "endless objects", arm: fault("C_FindObjects", 1, softcard.Endless),
		open: one(reader.ErrModuleFailed), card: one(reader.ErrModuleFailed, nil)},
}

// nthFailures strike the first call that an operation makes, the second, and so on.
func nthFailures(t Traits) []failure {
	each := func(name string, do softcard.Action, open, card []error) failure {
		return failure{name: name, nth: func(Traits) softcard.Action { return do },
			open: one(open...), card: one(card...)}
	}
	none := []error{nil}
	gone := []error{reader.ErrCardRemoved, nil}
	opening := []error{reader.ErrCardRemoved, reader.ErrNoCard, nil}
	broken := []error{reader.ErrModuleFailed, nil}
	list := []failure{
		each("card out at a call", softcard.TakeOut, opening, gone),
		each("right lost at a call", softcard.LoseRight, none, []error{t.RightLost, reader.ErrCardBusy, nil}),
	}
	list[1].steady, list[1].only = true, signing
	failing := each("error at a call", softcard.Return(pkcs11.CKR_GENERAL_ERROR), broken, broken)
	failing.module, failing.steady = one(broken...), true
	list = append(list, failing)
	if t.Other == "" {
		return append(list, each("out and in at a call", softcard.OutAndIn, opening, gone))
	}
	return append(list, each("other card at a call", softcard.Swap(t.Other), opening, gone))
}
