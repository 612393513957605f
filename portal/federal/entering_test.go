package federal_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/federal"
)

// A provider that hangs is waited for as long as Patience, and then she may try again.
func TestPatience(t *testing.T) {
	b := newBed(t)
	b.person("85073003328", 500)
	b.Get("sign-in/federal/csam?next=bank")
	if b.provider.left <= 0 || b.provider.left > federal.Patience {
		t.Errorf("beginning may take %v", b.provider.left)
	}
	b.provider.hang = true
	for name, path := range map[string]string{"finishing": "come-back?state=" + b.provider.flow.ID, "beginning": "sign-in/federal/csam?next=bank"} {
		p := b.Get(path)
		var away *federal.TurnedAway
		if !errors.As(p.Err, &away) || !strings.HasPrefix(away.To, "/fr/sign-in/answer/unavailable?") {
			t.Fatalf("%s at a provider that hangs: %d, %v", name, p.Status, p.Err)
		}
		if b.provider.left <= 0 || b.provider.left > federal.Patience {
			t.Errorf("%s may take %v", name, b.provider.left)
		}
		again := b.Get(strings.TrimPrefix(away.To, "/fr/"))
		if links := again.Links("main"); !slices.Contains(links, "/fr/sign-in/federal/csam?next=bank") {
			t.Errorf("from there it goes to %q", links)
		}
	}
}

// An open account: nothing is written before the transaction of the session.
func TestOneTransaction(t *testing.T) {
	b := newBed(t)
	b.area.Arrived = func(*gin.Context, auth.Login) (string, error) { t.Error("asked of an open account"); return "", nil }
	b.person("85073003328", 500)
	b.Get("sign-in/federal/csam?next=bank")
	flow := b.provider.flow
	if p := b.Get("come-back?state=" + flow.ID); p.Location() != "/fr/bank" || len(b.desk.kept) != 1 {
		t.Fatalf("signing in: %q, %v", p.Location(), p.Err)
	}
	answer := b.desk.kept[0].Answer
	if answer == nil || answer.Flow.ID != flow.ID || answer.Used.ID != b.provider.says.Assertion ||
		answer.Used.Issuer != b.provider.says.Issuer || !answer.Used.Until.Equal(b.provider.says.Until) {
		t.Errorf("the session is begun with the answer %+v", answer)
	}
	if _, err := b.area.Store.Flow(t.Context(), flow.ID, [32]byte{1}); err != nil {
		t.Errorf("the flow went before the session: %v", err)
	}
	for name, refuses := range map[string]error{"over": federal.ErrNoFlow, "refused": federal.ErrReplayed} {
		b.desk.refuses = refuses
		b.Get("sign-in/federal/csam?next=bank")
		var away *federal.TurnedAway
		if p := b.Get("come-back?state=" + b.provider.flow.ID); !errors.As(p.Err, &away) || !strings.HasPrefix(away.To, "/fr/sign-in/answer/"+name+"?") {
			t.Errorf("%v: %d to %q, %v", refuses, p.Status, p.Location(), p.Err)
		}
	}
}

// An account to be opened, or closed: the answer is used before anything is done.
func TestTwoTransactions(t *testing.T) {
	b := newBed(t)
	b.person("85073003328", 500)
	b.desk.unsettled = true
	b.area.Arrived = func(*gin.Context, auth.Login) (string, error) {
		if _, err := b.area.Store.Flow(t.Context(), b.provider.flow.ID, [32]byte{1}); !errors.Is(err, federal.ErrNoFlow) {
			t.Error("an account is looked at before its flow is gone")
		}
		return "", nil
	}
	b.area.Landing = func(_ context.Context, _ auth.Login, next string) (string, error) { return "opened?next=" + next, nil }
	b.Get("sign-in/federal/csam?next=bank")
	p := b.Get("come-back?state=" + b.provider.flow.ID)
	if p.Status != http.StatusSeeOther || p.Location() != "/fr/opened?next=bank" || len(b.desk.kept) != 1 || b.desk.kept[0].Answer != nil {
		t.Errorf("%d to %q, %v", p.Status, p.Location(), p.Err)
	}
	// The same answer to another flow does nothing.
	b.area.Arrived = func(*gin.Context, auth.Login) (string, error) {
		t.Error("a replay came as far as the account")
		return "", nil
	}
	b.Get("sign-in/federal/csam?next=bank")
	if p := b.Get("come-back?state=" + b.provider.flow.ID); len(b.desk.begun) != 1 || p.Err == nil {
		t.Errorf("a replay went to %q", p.Location())
	}
}

// An answer that leads to no session counts all the same.
func TestUsedWithoutSession(t *testing.T) {
	b := newBed(t)
	b.person("91062130548", 500) // not insured here
	b.Get("sign-in/federal/csam")
	first := b.provider.flow
	var away *federal.TurnedAway
	if p := b.Get("come-back?state=" + first.ID); !errors.As(p.Err, &away) || !strings.HasPrefix(away.To, "/fr/sign-in/answer/unknown?") {
		t.Fatalf("a stranger: %v", p.Err)
	}
	assertion := b.provider.says.Assertion
	b.person("85073003328", 500)
	b.provider.says.Assertion = assertion
	b.desk.unsettled = true
	b.Get("sign-in/federal/csam")
	if p := b.Get("come-back?state=" + b.provider.flow.ID); !errors.As(p.Err, &away) || !errors.Is(p.Err, federal.ErrReplayed) || len(b.desk.begun) != 0 {
		t.Errorf("an answer used by a stranger: %q, %v", p.Location(), p.Err)
	}
}

// Who signs in again, for a stronger session, does so herself: the key of somebody else
// begins no session in the place of hers.
func TestAnotherPersonsKey(t *testing.T) {
	b := newBed(t)
	b.person("72022911853", 500)
	b.Get("sign-in/federal/csam?next=bank")
	if b.provider.flow.Session == "" {
		t.Fatal("the flow is of no session")
	}
	var away *federal.TurnedAway
	p := b.Get("come-back?state=" + b.provider.flow.ID)
	if !errors.As(p.Err, &away) || !strings.HasPrefix(away.To, "/fr/sign-in/answer/other?") || len(b.desk.begun) != 0 {
		t.Errorf("%d to %q, %v, %d sessions begun", p.Status, p.Location(), p.Err, len(b.desk.begun))
	}
}
