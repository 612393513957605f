package federal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/page"
)

// ACS takes a SAML response: a form that the provider had the browser send. The caller
// has bounded the body and refused fields given twice; without the binding cookie it
// read none of it.
func (f *Federal) ACS(c *gin.Context) error {
	return f.receive(c, federation.SAML, "", c.Request.PostForm, "RelayState")
}

// Callback takes the answer of an OpenID provider: a query.
func (f *Federal) Callback(c *gin.Context) error {
	return f.receive(c, federation.OIDC, c.Param("provider"), c.Request.URL.Query(), "state")
}

// receive finds the flow that an answer is for and finishes it. Who has not both halves
// of the flow, the cookie and the handle, is turned away before anything else is read.
func (f *Federal) receive(c *gin.Context, protocol, provider string, answer url.Values, handle string) error {
	browser, ok := f.Desk.Bound(c)
	if !ok {
		return f.turnAway(c, federation.Flow{}, "", fmt.Errorf("no binding cookie: %w", ErrNoFlow))
	}
	for _, values := range answer {
		if len(values) > 1 {
			return f.turnAway(c, federation.Flow{}, "", federation.Refuse(errors.New("a field is given twice")))
		}
	}
	id := answer.Get(handle)
	if !federation.IsHandle(id) {
		return f.turnAway(c, federation.Flow{}, "", fmt.Errorf("no handle: %w", ErrNoFlow))
	}
	ctx := c.Request.Context()
	flow, err := f.Store.Flow(ctx, id, browser)
	if errors.Is(err, ErrNoFlow) {
		return f.turnAway(c, federation.Flow{}, "", err)
	}
	if err != nil {
		return err
	}
	w, ok := f.way(flow.Provider)
	if !ok || w.Protocol() != protocol || provider != "" && provider != flow.Provider {
		return f.giveUp(c, flow, "", federation.Refuse(errors.New("answer of another provider than was asked")))
	}
	patient, stop := context.WithTimeout(ctx, Patience)
	identity, err := w.Finish(patient, flow, answer)
	stop()
	if err == nil {
		err = plausible(flow, identity)
	}
	if err != nil {
		return f.giveUp(c, flow, "", err)
	}
	if flow.Purpose == federation.Approve {
		return f.prove(c, flow, identity)
	}
	return f.enter(c, flow, identity)
}

// plausible checks once more what no provider may leave unchecked.
func plausible(flow federation.Flow, id federation.Identity) error {
	switch {
	case id.Provider != flow.Provider || id.Issuer == "" || id.Assertion == "" || id.Until.IsZero():
		return federation.Refuse(errors.New("an identity without issuer, id or end"))
	case id.Level < flow.Asked:
		return federation.LevelError{Have: id.Level, Asked: flow.Asked}
	case !id.HasNumber || id.Assurance < auth.Low:
		return federation.ErrNoNumber
	case id.Assurance > auth.OfCSAM(id.Level):
		return federation.Refuse(errors.New("more assurance than its level is worth"))
	case flow.Force && id.At.Before(flow.Created.Add(-federation.Skew)):
		return federation.ErrStale
	}
	return nil
}

// giveUp ends the flow of an answer that is refused: it counts once, whatever comes of it.
func (f *Federal) giveUp(c *gin.Context, flow federation.Flow, member auth.MemberID, cause error) error {
	if err := f.Store.DropFlow(context.WithoutCancel(c.Request.Context()), flow); err != nil {
		return errors.Join(cause, err)
	}
	return f.turnAway(c, flow, member, cause)
}

// enter makes a session of an answer to a sign-in.
func (f *Federal) enter(c *gin.Context, flow federation.Flow, id federation.Identity) error {
	ctx := c.Request.Context()
	answer := &Answer{Flow: flow, Used: used(id)}
	member, err := f.Desk.Member(ctx, id.Number)
	if err == nil && flow.Session != "" && (member.ID != flow.Member || f.Mutuality != flow.Mutuality) {
		err = ErrOtherPerson
	}
	if err != nil {
		return f.use(c, answer, flow.Member, err, ErrUnknownMember, ErrOtherPerson)
	}
	login := auth.Login{
		Mutuality: f.Mutuality, Member: member.ID, Name: member.Name, Language: member.Language,
		Method: auth.Federal, Assurance: id.Assurance, Provider: id.Provider, Level: id.Level, At: f.Now(),
	}
	if w, ok := f.way(id.Provider); ok {
		login.Everywhere = f.everywhere(ctx, w, id.Logout)
	}
	to, k := page.LocalPath(flow.Return), Kept{Logout: id.Logout, Replaces: flow.Session, Answer: answer}
	err = f.Desk.Begin(c, login, k)
	if errors.Is(err, ErrUnsettled) {
		if err := f.Store.FinishFlow(ctx, flow, answer.Used, nil); err != nil {
			return f.turnAwayOr(c, flow, "", err, ErrNoFlow, ErrReplayed)
		}
		instead := ""
		if to, instead, err = f.settle(c, login, to); err != nil {
			return err
		}
		if instead != "" {
			c.Redirect(http.StatusSeeOther, "/"+flow.Lang+"/"+instead)
			return nil
		}
		k.Answer = nil
		err = f.Desk.Begin(c, login, k)
	}
	if err != nil {
		return f.turnAwayOr(c, flow, "", fmt.Errorf("starting a session: %w", err), ErrNoFlow, ErrReplayed)
	}
	c.Redirect(http.StatusSeeOther, "/"+flow.Lang+"/"+to)
	return nil
}

// use counts an answer that leads to no session, and turns away.
func (f *Federal) use(c *gin.Context, a *Answer, member auth.MemberID, cause error, refusals ...error) error {
	if err := f.Store.FinishFlow(c.Request.Context(), a.Flow, a.Used, nil); err != nil {
		return f.turnAwayOr(c, a.Flow, member, err, ErrNoFlow, ErrReplayed)
	}
	return f.turnAwayOr(c, a.Flow, member, cause, refusals...)
}

// settle does what is to be done for an account before a session of its member begins:
// where she goes, or goes instead of having a session.
func (f *Federal) settle(c *gin.Context, login auth.Login, next string) (to, instead string, err error) {
	if f.Arrived != nil {
		instead, err := f.Arrived(c, login)
		if err != nil {
			return "", "", fmt.Errorf("looking at the account: %w", err)
		}
		if instead != "" {
			return "", instead, nil
		}
	}
	if f.Landing == nil {
		return next, "", nil
	}
	if to, err = f.Landing(c.Request.Context(), login, next); err != nil {
		return "", "", fmt.Errorf("making an account: %w", err)
	}
	return to, "", nil
}

func used(id federation.Identity) Used {
	return Used{Issuer: id.Issuer, ID: id.Assertion, Until: id.Until}
}

// turnAwayOr turns away for the refusals named; anything else is a fault of ours.
func (f *Federal) turnAwayOr(c *gin.Context, flow federation.Flow, member auth.MemberID, err error, refusals ...error) error {
	for _, refusal := range refusals {
		if errors.Is(err, refusal) {
			return f.turnAway(c, flow, member, err)
		}
	}
	return err
}
