package enrol

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// maxMatches is how many wrong matches in a row a member number survives; then the way
// is closed for it, and staff help.
const maxMatches = 10

// codeForm is step 1 by member number and access code.
func (e *Enrol) codeForm(c *gin.Context) error {
	return e.showCode(c, page.From(c), "", http.StatusOK)
}

func (e *Enrol) showCode(c *gin.Context, v page.View, number string, status int) error {
	v.Title, v.Lead = v.T("enrol.code.title"), v.T("enrol.code.lead")
	v.Back, v.Keep = page.Link{URL: v.URL(waysPath), Text: v.T("enrol.back")}, codePath
	v.Step = page.Step{Task: v.T("enrol.task"), N: 1, Of: steps}
	return page.Render(c, status, codePage(v, number, e.Classic.Profile.Recovers(profile.ByLostCode)))
}

// takeCode looks for who has both. The code, as a secret, is never shown again.
func (e *Enrol) takeCode(c *gin.Context) error {
	v, typed := page.From(c), page.Typed(c, "number")
	if page.Switched(c) {
		return e.showCode(c, v, typed, http.StatusOK)
	}
	number, err := credentials.ParseMemberNumber(typed)
	if err != nil {
		v.Errors = append(v.Errors, page.FieldError{Field: "number", Text: v.T("enrol.error.number")})
	}
	code, err := credentials.ParseAccessCode(page.Typed(c, "code"))
	if err != nil {
		v.Errors = append(v.Errors, page.FieldError{Field: "code", Text: v.T("enrol.error.code")})
	}
	if len(v.Errors) > 0 {
		return e.showCode(c, v, typed, http.StatusUnprocessableEntity)
	}
	member, err := e.match(c, "code", number, func(ctx context.Context, found auth.MemberID) (bool, error) {
		holders, err := e.Classic.Find(ctx, credentials.Handle{Kind: credentials.KindAccessCode, Value: code})
		return slices.Contains(holders, found), err
	})
	if err == nil {
		return e.begin(c, profile.ByAccessCode, member, code)
	}
	status, text, err := e.unmatched(c, v, err, "enrol.code.refused")
	if err != nil {
		return err
	}
	v.Errors = []page.FieldError{{Field: "number", Text: text}}
	return e.showCode(c, v, typed, status)
}

// match counts a try at a member number, finds who has it and asks whether the rest is
// right too. ErrNoMatch for who is not found, has other facts, or has an account; the
// errors of allow.
func (e *Enrol) match(c *gin.Context, what, number string, right func(context.Context, auth.MemberID) (bool, error)) (auth.MemberID, error) {
	ctx := c.Request.Context()
	counted, err := e.try(c, what, number, maxMatches)
	if err != nil {
		return "", err
	}
	members, err := e.Classic.Find(ctx, credentials.Handle{Kind: credentials.KindMemberNumber, Value: number})
	if err != nil {
		return "", err
	}
	if len(members) != 1 {
		return "", ErrNoMatch
	}
	ok, err := right(ctx, members[0])
	if err != nil {
		return "", err
	}
	if !ok {
		return "", ErrNoMatch
	}
	account, err := e.Classic.Account(ctx, members[0])
	if err != nil {
		return "", err
	}
	if account.State != credentials.None && account.State != credentials.Pending {
		return "", ErrNoMatch
	}
	return members[0], e.Classic.Store.Pass(ctx, credentials.Passed{
		Mutuality: e.Mutuality, Member: members[0], Handle: tried(what, number), Tried: counted, At: e.Now()})
}

// unmatched is what to say of a match that failed; an error that is a fault of ours stays
// one.
func (e *Enrol) unmatched(c *gin.Context, v page.View, cause error, refused string) (status int, text string, err error) {
	if text, wait := told(v, cause); text != "" {
		later(c, wait)
		return http.StatusTooManyRequests, text, nil
	}
	if errors.Is(cause, ErrNoMatch) {
		return http.StatusUnprocessableEntity, v.T(refused), nil
	}
	return 0, "", fmt.Errorf("matching facts: %w", cause)
}

// facts are those of a person, as they were typed.
type facts struct {
	Mutuality, Number, Surname, Given, Day, Month, Year, Postcode, Email string
}

func typedFacts(c *gin.Context) facts {
	return facts{
		Mutuality: page.Typed(c, "mutuality"), Number: page.Typed(c, "number"), Surname: page.Typed(c, "surname"), Given: page.Typed(c, "given"),
		Day: page.Typed(c, "birth-day"), Month: page.Typed(c, "birth-month"), Year: page.Typed(c, "birth-year"),
		Postcode: page.Typed(c, "postcode"), Email: page.Typed(c, "email"),
	}
}

// birth is the date of the three fields; ok is false for what is no day of the past.
func (f facts) birth(now time.Time) (day time.Time, ok bool) {
	var parts [3]int
	for i, text := range []string{f.Year, f.Month, f.Day} {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return day, false
		}
		parts[i] = n
	}
	day = time.Date(parts[0], time.Month(parts[1]), parts[2], 0, 0, 0, 0, time.UTC)
	return day, parts[0] >= 1880 && day.Month() == time.Month(parts[1]) && day.Day() == parts[2] && day.Before(now)
}

// identityForm is step 1 by what a person knows of herself.
func (e *Enrol) identityForm(c *gin.Context) error {
	return e.showIdentity(c, page.From(c), facts{}, http.StatusOK)
}

func (e *Enrol) showIdentity(c *gin.Context, v page.View, f facts, status int) error {
	v.Title, v.Lead = v.T("enrol.identity.title"), v.T("enrol.identity.lead")
	v.Back, v.Keep = page.Link{URL: v.URL(waysPath), Text: v.T("enrol.back")}, identityPath
	v.Step = page.Step{Task: v.T("enrol.task"), N: 1, Of: steps}
	return page.Render(c, status, identityPageOf(v, f))
}

func (e *Enrol) takeIdentity(c *gin.Context) error {
	v, f := page.From(c), typedFacts(c)
	if page.Switched(c) {
		return e.showIdentity(c, v, f, http.StatusOK)
	}
	number, birth := f.check(&v, "number", "surname", "given", "birth")
	if len(v.Errors) > 0 {
		return e.showIdentity(c, v, f, http.StatusUnprocessableEntity)
	}
	member, err := e.match(c, "identity", number, func(ctx context.Context, found auth.MemberID) (bool, error) {
		p, err := e.Store.OnFile(ctx, e.Mutuality, found)
		return !p.Birth.IsZero() && p.Birth.Equal(birth) && credentials.SameName(f.Surname, "", p.Surname) &&
			sameGiven(f.Given, p.GivenNames), err
	})
	if err == nil {
		return e.begin(c, profile.ByIdentity, member, "")
	}
	status, text, err := e.unmatched(c, v, err, "enrol.identity.refused")
	if err != nil {
		return err
	}
	v.Errors = []page.FieldError{{Field: "number", Text: text}}
	return e.showIdentity(c, v, f, status)
}

// sameGiven takes all given names or the first alone.
func sameGiven(typed, given string) bool {
	first, _, _ := strings.Cut(given, " ")
	return credentials.SameName(typed, "", given) || credentials.SameName(typed, "", first)
}
