package federal

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/page"
)

// Ask is what a member is to prove herself for once more: one document of one request,
// in the session that is open.
type Ask struct {
	Provider string // id of a Way that approves
	Login    auth.Login
	Request  string
	Document [32]byte // SHA-256 of the first Size bytes
	Size     int
	Return   string // page below the language that gets "?flow=ID" after the provider
}

// Approvers are the ways at which a login may prove itself for a document: the one it
// came by first.
func (f *Federal) Approvers(login auth.Login) []Way {
	var first, rest []Way
	for _, w := range f.Ways {
		switch {
		case w.Approve == 0:
		case w.ID() == login.Provider:
			first = append(first, w)
		default:
			rest = append(rest, w)
		}
	}
	return append(first, rest...)
}

// Ask keeps what the proof is for and sends the browser to the provider, which must ask
// the member anew (ForceAuthn) at the level of approvals or above.
func (f *Federal) Ask(c *gin.Context, a Ask) error {
	w, ok := f.way(a.Provider)
	if !ok || w.Approve == 0 {
		return ErrUnknownWay
	}
	if a.Size <= 0 || a.Request == "" || a.Login.Session == "" || page.LocalPath(a.Return) != a.Return {
		return fmt.Errorf("a step-up without document, session or way back")
	}
	flow, err := federation.NewFlow(f.Rand, f.Now(), w.ID(), federation.Approve)
	if err != nil {
		return err
	}
	flow.Asked, flow.Force, flow.Return = max(w.Approve, levelFor(auth.Substantial)), true, a.Return
	flow.Mutuality, flow.Member, flow.Session = a.Login.Mutuality, a.Login.Member, a.Login.Session
	flow.Request, flow.Document, flow.Size = a.Request, a.Document, a.Size
	return f.leave(c, w, flow)
}

// prove keeps what a member proved for a document, for the session that asked. It makes
// no session and touches none.
func (f *Federal) prove(c *gin.Context, flow federation.Flow, id federation.Identity) error {
	ctx := c.Request.Context()
	member, err := f.Desk.Member(ctx, id.Number)
	if err == nil && (member.ID != flow.Member || f.Mutuality != flow.Mutuality) || errors.Is(err, ErrUnknownMember) {
		err = ErrOtherPerson
	}
	if err != nil {
		if used := f.Store.FinishFlow(ctx, flow, used(id), nil); used != nil {
			err = errors.Join(used, err)
		}
		return f.turnAwayOr(c, flow, flow.Member, err, ErrOtherPerson)
	}
	proof := Proof{Identity: id, Request: flow.Request, Document: flow.Document, Size: flow.Size, Began: flow.Created}
	if err := f.Store.FinishFlow(ctx, flow, used(id), &proof); err != nil {
		return f.turnAwayOr(c, flow, flow.Member, err, ErrNoFlow, ErrReplayed)
	}
	c.Redirect(http.StatusSeeOther, "/"+flow.Lang+"/"+page.LocalPath(flow.Return)+"?flow="+flow.ID)
	return nil
}

// Proof hands out what was proved for the document with that digest, once, to the session
// that asked. A proof for another document is gone as well. ErrNoProof.
func (f *Federal) Proof(ctx context.Context, login auth.Login, flow string, digest [32]byte) (Proof, error) {
	if !federation.IsHandle(flow) {
		return Proof{}, ErrNoProof
	}
	proof, err := f.Store.TakeProof(ctx, login, flow)
	if err != nil {
		return Proof{}, err
	}
	if subtle.ConstantTimeCompare(proof.Document[:], digest[:]) != 1 {
		return Proof{}, fmt.Errorf("made for another document: %w", ErrNoProof)
	}
	return proof, nil
}
