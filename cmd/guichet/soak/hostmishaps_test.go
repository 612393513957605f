package soak

import (
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/softcard"
)

// types is a holder who types that in one window after another, and puts away every
// other window.
func types(replies ...string) func(*scene) pinentrytest.Script {
	return func(*scene) pinentrytest.Script {
		return pinentrytest.Script{GetPIN: replies, Confirm: []string{pinentrytest.Cancel}}
	}
}

// hesitates is a holder who waits before she types her PIN.
func hesitates(s *scene) pinentrytest.Script {
	return types(waits(pinentrytest.PIN(s.pins[s.own])))(s)
}

// searched is a look into the host's memory before the holder goes on.
func searched(h *hosted) {
	h.search()
	h.goOn()
}

// hostCard are cards that leave or are another.
var hostCard = []hostMishap{
	{mishap: mishap{name: "card pulled before the PIN", in: nothing, want: hostEnds(api.UserCancelled, 0)}},
	{mishap: mishap{name: "card pulled while the window is open", want: hostEnds(api.UserCancelled, 0)}, holder: types(pinentrytest.Hang),
		shown: map[string]func(*hosted){"GETPIN 1": func(h *hosted) { h.must(h.desk.Remove()) }}},
	{mishap: mishap{name: "card pulled between PIN and signature", faults: strikes("C_SignInit", softcard.TakeOut), want: hostEnds(api.UserCancelled, 1)}},
	{mishap: mishap{name: "card pulled during the signature", faults: hang, want: hostEnds(api.UserCancelled, 1)},
		struck: func(h *hosted) {
			h.search()
			h.must(h.desk.Remove())
			h.must(h.desk.Fail())
		}},
	{mishap: mishap{name: "card pulled after the signature", keeps: true,
		faults: []softcard.Fault{{Function: "C_Logout", Nth: 2, Once: true, Do: softcard.TakeOut}},
		want:   expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: stuck}}},
	{mishap: mishap{name: "other card instead", in: other, want: hostEnds(api.UserCancelled, 0), after: (*scene).refusesOther}},
	{mishap: mishap{name: "other card while the window is open", want: hostEnds(api.UserCancelled, 0)}, holder: hesitates,
		shown: map[string]func(*hosted){"GETPIN 1": func(h *hosted) {
			h.must(h.desk.Insert(cardOf(h.another)))
			h.goOn()
		}}},
	{mishap: mishap{name: "other card between PIN and signature", swaps: true, want: hostEnds(api.UserCancelled, 1)}},
}

// hostPIN are PINs that do not sign.
var hostPIN = []hostMishap{
	{mishap: mishap{name: "wrong PIN, then cancel", want: expected{ended: []api.State{api.State(api.UserCancelled)}, tries: 2, compared: 1, within: stuck}},
		holder: func(s *scene) pinentrytest.Script {
			return types(pinentrytest.PIN(s.wrong[s.round%3]), waits(pinentrytest.Cancel))(s)
		},
		shown: map[string]func(*hosted){"GETPIN 2": searched}},
	{mishap: mishap{name: "wrong PIN, then the right one", keeps: true,
		want: expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 2, signed: 1, within: stuck}},
		holder: func(s *scene) pinentrytest.Script {
			return types(pinentrytest.PIN(s.wrong[s.round%3]), waits(pinentrytest.PIN(s.pins[s.own])))(s)
		},
		shown: map[string]func(*hosted){"GETPIN 2": searched}},
	{mishap: mishap{name: "cancel", want: hostEnds(api.UserCancelled, 0)}, holder: types(pinentrytest.Cancel)},
	{mishap: mishap{name: "blocked PIN", after: (*scene).staysBlocked,
		want: expected{ended: []api.State{api.State(api.UserCancelled)}, tries: 0, compared: 3, within: stuck}},
		holder: func(s *scene) pinentrytest.Script {
			holder := types(pinentrytest.PIN(s.wrong[0]), pinentrytest.PIN(s.wrong[1]), pinentrytest.PIN(s.wrong[2]))(s)
			holder.Message = []string{waits(pinentrytest.OK)}
			return holder
		},
		shown: map[string]func(*hosted){"MESSAGE 1": searched}},
}

// closesPage is a page that is closed: the browser closes the pipe.
func closesPage(h *hosted) { h.must(h.to.Close()) }

// killsHost is a browser that ends its host the hard way.
func killsHost(h *hosted) {
	h.killed = true
	h.must(h.cmd.Process.Kill())
}

// hostBrowser are browsers closed, at every stage.
var hostBrowser = []hostMishap{
	{mishap: mishap{name: "page closed before the PIN", in: nothing, want: endsAs(closed, 0)},
		holder: func(*scene) pinentrytest.Script { return pinentrytest.Script{Confirm: []string{pinentrytest.Hang}} },
		shown:  map[string]func(*hosted){"CONFIRM 1": closesPage}},
	{mishap: mishap{name: "page closed while the window is open", want: endsAs(closed, 0)}, holder: types(pinentrytest.Hang),
		shown: map[string]func(*hosted){"GETPIN 1": closesPage}},
	{mishap: mishap{name: "page closed during the signature", faults: hang, want: endsAs(closed, 1)},
		struck: func(h *hosted) {
			h.search()
			closesPage(h)
		}},
	{mishap: mishap{name: "page closed after the signature",
		want: expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: stuck}}},
	{mishap: mishap{name: "host killed while the window is open", want: endsAs(closed, 0)}, holder: types(pinentrytest.Hang),
		shown: map[string]func(*hosted){"GETPIN 1": killsHost}},
	{mishap: mishap{name: "host killed during the signature", faults: hang, want: endsAs(closed, 1)}, struck: killsHost},
	{mishap: mishap{name: "browser closed before the answer of the counter", keeps: true, lost: true,
		want: expected{ended: []api.State{""}, tries: softcard.MaxTries, compared: 1, signed: 1, within: stuck}}},
}

// hostModule are modules that crash.
var hostModule = []hostMishap{
	{mishap: mishap{name: "module crashes before it has the PIN", faults: strikes("C_Login", softcard.Crash), want: hostEnds(api.Fatal, 0)}},
	{mishap: mishap{name: "module crashes during the signature", faults: strikes("C_Sign", softcard.Crash), want: hostEnds(api.Fatal, 1)}},
}

// hostHanging waits for the deadline.
var hostHanging = hostMishap{mishap: mishap{name: "module hangs until it is killed", faults: hang,
	want: expected{ended: []api.State{api.State(api.Fatal)}, tries: softcard.MaxTries, compared: 1, within: modules}},
	struck: (*hosted).search}
