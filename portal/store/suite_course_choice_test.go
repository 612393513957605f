package store_test

import (
	"fmt"
	"maps"
	"slices"

	"guichet.example/auth"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

// focus is a request, mostly one that goes on; none where there are few of those.
func (k *walk) focus() string {
	all := slices.Sorted(maps.Keys(k.wishes))
	going := of(k.wishes, func(w wish) bool { return w.state == requests.ToSign || w.open() })
	switch {
	case len(all) > 0 && k.IntN(8) == 0:
		return all[k.IntN(len(all))]
	case len(going) < 3 || k.IntN(12) == 0:
		return ""
	}
	return going[len(going)-1-k.IntN(3)]
}

// who is mostly the member whose it is.
func (k *walk) who(id string) auth.Login {
	w, ok := k.wishes[id]
	if login := []auth.Login{k.claire, k.bram}[k.IntN(2)]; !ok || k.IntN(10) == 0 {
		return login
	}
	return w.login
}

// officer is one who is not disabled.
func (k *walk) officer() auth.Officer {
	for {
		if o := k.officers[k.IntN(len(k.officers))]; !k.disabled[o.ID] {
			return o
		}
	}
}

// holder is mostly who has the item.
func (k *walk) holder(id string) auth.Officer {
	if i := slices.IndexFunc(k.officers, func(o auth.Officer) bool { return o.ID == k.holds[itemOf(k.wishes[id], id)].Staff }); i >= 0 && k.IntN(8) > 0 {
		return k.officers[i]
	}
	return k.officer()
}

// of are the keys of m whose values are such, sorted.
func of[V any](m map[string]V, is func(V) bool) (list []string) {
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if is(m[id]) {
			list = append(list, id)
		}
	}
	return list
}

// onward is what most likely comes next.
func (k *walk) onward(id string) act {
	w, ok := k.wishes[id]
	now := k.clock.Now()
	ready := of(k.forCard, func(p readied) bool { return p.request == id && p.expires.After(now) })
	proved := of(k.proved, func(p proof) bool { return p.request == id && p.expires.After(now) })
	stale := w.change && w.version != k.accounts[w.login.Member].version
	switch {
	case !ok:
		return k.freeze(k.who(id), k.IntN(4) > 0, "")
	case w.state == requests.ToSign && stale:
		return k.decline(w.login, id)
	case w.state == requests.ToSign && !w.change && k.IntN(2) == 0:
		return k.seal(w.login, id, "")
	case w.state == requests.ToSign && len(proved) > 0:
		return k.seal(w.login, id, proved[0])
	case w.state == requests.ToSign && len(ready) == 0:
		if k.IntN(3) == 0 {
			return k.prove(w.login, id)
		}
		return k.prepare(w.login, id)
	case w.state == requests.ToSign:
		return k.complete(w.login, ready[0], "value", []requests.State{requests.Signed, requests.Signed, requests.Pending}[k.IntN(3)])
	case w.state == requests.Pending:
		return k.settle(id, []requests.State{requests.Signed, requests.Signed, requests.Rejected}[k.IntN(3)])
	case w.state == requests.Signed && k.holds[itemOf(w, id)].Staff == "":
		return k.take(k.officer(), id)
	case w.state == requests.Signed && stale:
		return k.close(k.holder(id), id, office.Answer{What: office.EventRejected, Reason: "doubt"})
	case w.state == requests.Signed:
		return k.close(k.holder(id), id, office.Answer{What: office.EventAccepted})
	case w.state == requests.Accepted && k.IntN(4) == 0:
		stops := []act{k.stopIn(w.login, id), k.stopBy(id), k.stopFor(k.officer(), id)}
		if sessions := of(k.signins, func(e entry) bool { return e.member == w.login.Member && !e.denied }); len(sessions) > 0 {
			stops = append(stops, k.deny(w.login, sessions[0]), k.deny(w.login, sessions[0]))
		}
		return stops[k.IntN(len(stops))]
	}
	return []func() act{k.apply, k.print, func() act { return k.give(100) }, func() act { return k.ack(len(k.batches)) }}[k.IntN(4)]()
}

// act is any act about a request.
func (k *walk) act(id string) act {
	if _, ok := k.wishes[id]; !ok {
		return k.any(id)
	}
	member, holder := k.who(id), k.holder(id)
	close := func(a office.Answer) func() act { return func() act { return k.close(holder, id, a) } }
	list := []func() act{
		func() act { return k.any(id) }, func() act { return k.any(id) }, func() act { return k.onward(id) }, func() act { return k.onward(id) },
		func() act { return k.decline(member, id) }, func() act { return k.withdraw(member, id) },
		func() act { return k.stopIn(member, id) }, func() act { return k.stopBy(id) }, func() act { return k.stopFor(k.officer(), id) },
		func() act { return k.answer(member, id) }, func() act { return k.prepare(member, id) }, func() act { return k.prove(member, id) },
		func() act { return k.sign(member, id) }, func() act { return k.sign(member, id) },
		func() act { return k.take(k.officer(), id) }, func() act { return k.release(holder, id) },
		close(office.Answer{What: office.EventAccepted}), close(office.Answer{What: office.EventAccepted}),
		close(office.Answer{What: office.EventRejected, Reason: "doubt"}), close(office.Answer{What: office.EventAsked, Words: "Une copie ?"}),
	}
	return list[k.IntN(len(list))]()
}

// sign is a consent by any preparation or approval there is, of whatever request.
func (k *walk) sign(login auth.Login, id string) act {
	ready, proved := slices.Sorted(maps.Keys(k.forCard)), slices.Sorted(maps.Keys(k.proved))
	switch {
	case len(ready) > 0 && k.IntN(2) == 0:
		return k.complete(login, ready[len(ready)-1-k.IntN(min(len(ready), 4))], []string{"value", "another"}[k.IntN(2)], requests.Signed)
	case len(proved) > 0:
		return k.seal(login, id, proved[len(proved)-1-k.IntN(min(len(proved), 4))])
	}
	return k.prove(login, id)
}

// any is an act about nothing in particular.
func (k *walk) any(id string) act {
	login := k.who(id)
	list := []func() act{
		k.apply, k.apply, k.print, func() act { return k.give(1 + k.IntN(3)) }, func() act { return k.ack(len(k.batches) + k.IntN(2)) },
		func() act { return k.freeze(login, true, fmt.Sprint("form ", k.IntN(4))) },
		func() act { return k.letter(login) }, func() act { return k.able(k.officers[k.IntN(2)], k.IntN(4) == 0) },
	}
	if sessions := slices.Sorted(maps.Keys(k.signins)); len(sessions) > 0 {
		list = append(list, func() act { return k.deny(login, sessions[len(sessions)-1-k.IntN(min(len(sessions), 4))]) })
	}
	if n := len(k.lost); n > 0 {
		list = append(list, func() act { return k.late(k.lost[k.IntN(n)]) })
	}
	return list[k.IntN(len(list))]()
}

// aside is an act of the walk itself, which is not done beside others.
func (k *walk) aside(id string) act {
	if k.IntN(2) == 0 {
		return k.lose()
	}
	return k.enter(k.who(id))
}
