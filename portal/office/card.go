package office

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/door"
	"guichet.example/portal/opaque"
	"guichet.example/portal/page"
)

// reasonLife is how long a reason that was given waits for the person's card.
const reasonLife = 10 * time.Minute

// maxSealed is the longest sealed reason read, in bytes of the address: MaxWords characters
// of four bytes, in base64, and what stands before them.
const maxSealed = 5600

// reasonField is the sealed reason in the address of the card's page.
const reasonField = "reason"

// toCard leads to the card with the reason in the address: sealed, since what was typed
// stands in none.
func (o *Office) toCard(c *gin.Context, w Why) error {
	sealed, err := o.sealReason(page.OfficerOf(c), w)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(withReason(cardPath, sealed)))
	return nil
}

func withReason(path, sealed string) string {
	return path + "?" + reasonField + "=" + url.QueryEscape(sealed)
}

// card is the page on which the person's card says whose file is opened. Without a reason,
// or with one that is too old, it asks for one.
func (o *Office) card(c *gin.Context) error {
	sealed := c.Query(reasonField)
	if sealed == "" {
		return o.showSearch(c, http.StatusOK, searchForm{Way: byCard}, nil)
	}
	w, err := o.openReason(page.OfficerOf(c), sealed)
	if err != nil {
		errs := []page.FieldError{{Field: "why", Text: page.From(c).T("office.bycard.again")}}
		return o.showSearch(c, http.StatusUnprocessableEntity, searchForm{Way: byCard}, errs)
	}
	v := view(c, "person", "office.bycard.title")
	v.Lead, v.CardPage = v.T("office.bycard.lead"), true
	v.Back = page.Link{URL: v.URL(personPath), Text: v.T("office.person.back")}
	landed(&v)
	return page.Render(c, http.StatusOK, cardView(v, w, page.CardStep{
		Challenge: v.URL(withReason(cardPath+"/challenge", sealed)), Token: v.URL(withReason(cardPath, sealed)), Other: v.Back,
	}))
}

// cardChallenge hands out a nonce while the reason lasts: nobody types a PIN for one that
// is over.
func (o *Office) cardChallenge(c *gin.Context) error {
	if _, err := o.openReason(page.OfficerOf(c), c.Query(reasonField)); err != nil {
		return &door.Problem{State: "reason_over", Cause: err}
	}
	return o.Search.Challenge(c)
}

// openByCard opens the file of the person whose card proved to be hers.
func (o *Office) openByCard(c *gin.Context) error {
	ctx, officer := c.Request.Context(), page.OfficerOf(c)
	w, err := o.openReason(officer, c.Query(reasonField))
	if err != nil {
		return &door.Problem{State: "reason_over", Cause: err}
	}
	holder, err := o.Search.Holder(c)
	if err != nil {
		return o.refuse(c, door.NewProblem(err))
	}
	found, err := o.Store.SearchPerson(ctx, officer, Search{Number: holder.Number, Card: true})
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return &door.Problem{State: "unknown_person", Cause: errors.New("card of nobody of this mutuality")}
	}
	w.Card = true
	id, err := o.Store.OpenFile(ctx, officer, found[0].Member, w)
	if errors.Is(err, ErrOwn) {
		return &door.Problem{State: "own_card", Cause: err}
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"next": page.From(c).URL(filesPath + "/" + id)})
	return nil
}

// sealReason is the reason as it goes to the card: readable here alone, by this officer in
// this session, for reasonLife.
func (o *Office) sealReason(officer auth.Officer, w Why) (string, error) {
	box, err := opaque.New(o.Key)
	if err != nil {
		return "", err
	}
	plain := strconv.FormatInt(o.Now().Unix(), 10) + "\n" + w.Key + "\n" + w.Words
	return box.Seal(reasonOf(officer), []byte(plain)), nil
}

// openReason reads what sealReason wrote. ErrReason if it is missing, altered, another
// session's or too old.
func (o *Office) openReason(officer auth.Officer, text string) (Why, error) {
	if text == "" || len(text) > maxSealed {
		return Why{}, fmt.Errorf("%w: %d bytes of it", ErrReason, len(text))
	}
	box, err := opaque.New(o.Key)
	if err != nil {
		return Why{}, err
	}
	plain, err := box.Open(reasonOf(officer), text)
	if err != nil {
		return Why{}, fmt.Errorf("%w: altered, or of another session", ErrReason)
	}
	at, rest, _ := strings.Cut(string(plain), "\n")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || o.Now().Sub(time.Unix(seconds, 0)) > reasonLife {
		return Why{}, fmt.Errorf("%w: too old", ErrReason)
	}
	var w Why
	w.Key, w.Words, _ = strings.Cut(rest, "\n")
	if err := w.Check(); err != nil {
		return Why{}, err
	}
	return w, nil
}

// reasonOf is what a sealed reason is bound to.
func reasonOf(officer auth.Officer) string {
	return "reason\n" + officer.Mutuality + "\n" + string(officer.ID) + "\n" + officer.Session
}
