package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/html"

	"guichet.example/reader/api"
)

// atKiosk pairs a machine as an administrator does, then is the person at it: card in,
// PIN, home, an order to change the bank account, signed; card out; and then the next
// person, who must see nothing.
func (j *journey) atKiosk(ctx context.Context) error {
	code, err := j.kioskCode(ctx)
	if err != nil {
		return err
	}
	line, err := j.world.pairKiosk(ctx, code)
	if err != nil {
		return err
	}
	j.say("machine paired, key %s", api.KioskFingerprint(line.KeyID()))
	defer j.world.runKiosk(ctx, line)()
	if err := j.bindKiosk(ctx); err != nil {
		return err
	}
	if err := j.enrolAtKiosk(ctx); err != nil {
		return err
	}
	if err := j.signIn(ctx, "mathieu"); err != nil {
		return err
	}
	if err := j.changeAtKiosk(ctx); err != nil {
		return err
	}
	took, err := j.takeCardOut(ctx)
	if err != nil {
		return err
	}
	if took > maxSignedOut {
		return fmt.Errorf("signed in until %v after the card was taken out", took)
	}
	j.say("card out: nobody is signed in after %v", took.Round(10*time.Millisecond))
	return j.nextPerson(ctx)
}

// kioskCode is what the administrator does: a page of the office makes the code.
func (j *journey) kioskCode(ctx context.Context) (string, error) {
	if err := j.enterOffice(ctx, "ines"); err != nil {
		return "", err
	}
	if err := j.browser.open(ctx, j.prefix+"office/kiosks"); err != nil {
		return "", err
	}
	if err := j.browser.submit(ctx, "/office/kiosks", map[string]string{"name": "Borne 1", "branch": "Liège Outremeuse"}); err != nil {
		return "", err
	}
	shown := j.browser.find(func(n *html.Node) bool { return attr(n, "id") == "code" })
	if shown == nil {
		return "", fmt.Errorf("page %q shows no code", j.browser.heading())
	}
	j.say("an administrator made a kiosk and its one-use code")
	if err := j.browser.submit(ctx, "/office/sign-out", nil); err != nil {
		return "", err
	}
	return text(shown), j.world.desk.Remove()
}

// enterOffice signs a member of the staff in with the card of that name.
func (j *journey) enterOffice(ctx context.Context, card string) error {
	if err := j.world.desk.Insert(card); err != nil {
		return err
	}
	if err := j.browser.open(ctx, j.prefix+"office/sign-in"); err != nil {
		return err
	}
	var challenge struct{ Nonce string }
	if err := j.browser.postJSON(ctx, j.prefix+"office/sign-in/challenge", struct{}{}, &challenge); err != nil {
		return err
	}
	token, err := j.agent.Authenticate(ctx, challenge.Nonce)
	if err != nil {
		return err
	}
	var entered struct{ Next string }
	if err := j.browser.postJSON(ctx, j.prefix+"office/sign-in", rawJSON(token), &entered); err != nil {
		return err
	}
	return j.browser.open(ctx, entered.Next)
}

// bindKiosk is what the kiosk's page does when its browser starts: the agent says whose
// browser it is.
func (j *journey) bindKiosk(ctx context.Context) error {
	var err error
	for range 100 {
		if err = j.browser.open(ctx, j.prefix+"kiosk"); err != nil {
			return err
		}
		body := j.browser.find(func(n *html.Node) bool { return attr(n, "id") == "kiosk" })
		if body == nil {
			return fmt.Errorf("page %q is none of a kiosk", j.browser.heading())
		}
		if attr(body, "data-screen") == "idle" {
			j.say("the kiosk's screen: %s", j.browser.heading())
			return nil
		}
		err = j.askAgent(ctx, api.KioskBindPath, api.KioskBindRequest{Browser: attr(body, "data-binding")})
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the agent did not bind the browser: %w", err)
}

// askAgent posts what a page of the portal posts to the agent.
func (j *journey) askAgent(ctx context.Context, path string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, j.world.agent.URL()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Origin", j.world.origin)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the agent answered %s", resp.Status)
	}
	return nil
}

// maxEnrolment is from the idle screen to an active account.
const maxEnrolment = 2 * time.Minute

// enrolAtKiosk is a member without an account: her card makes it.
func (j *journey) enrolAtKiosk(ctx context.Context) error {
	began := time.Now()
	if err := j.signIn(ctx, "odile"); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/enrol/opened") {
		return fmt.Errorf("her first sign-in leads to %q, not to a new account", j.browser.heading())
	}
	took := time.Since(began)
	if took > maxEnrolment {
		return fmt.Errorf("enrolling took %v", took)
	}
	out, err := j.takeCardOut(ctx)
	if err != nil {
		return err
	}
	j.say("account made at the kiosk in %v; card out, signed out after %v", took.Round(10*time.Millisecond), out.Round(10*time.Millisecond))
	return nil
}

// changeAtKiosk is the bank change of the counter, on the kiosk's layout and without a
// download.
func (j *journey) changeAtKiosk(ctx context.Context) error {
	if err := j.browser.open(ctx, j.prefix+"bank/change"); err != nil {
		return err
	}
	err := j.browser.submit(ctx, "/bank/change/check", map[string]string{
		"iban": "BE68 5390 0754 7034", "holder": "Mathieu Delcourt", "from": j.browser.choice("from")})
	if err != nil {
		return err
	}
	if err := j.browser.submit(ctx, "/bank/change/send", nil); err != nil {
		return err
	}
	j.say("order to change the bank account read on the screen: %s", j.browser.heading())
	return j.signAsRead(ctx)
}

// maxSignedOut is how long a session may live after its card is out.
const maxSignedOut = time.Second

// takeCardOut pulls the card and returns how long the session lived.
func (j *journey) takeCardOut(ctx context.Context) (time.Duration, error) {
	if err := j.world.desk.Remove(); err != nil {
		return 0, err
	}
	out := time.Now()
	for time.Since(out) < 20*maxSignedOut {
		if err := j.browser.open(ctx, j.prefix+"home"); err != nil {
			return 0, err
		}
		if strings.HasSuffix(j.browser.at.Path, "/kiosk") {
			return time.Since(out), nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return 0, fmt.Errorf("still signed in %v after the card was taken out", time.Since(out))
}

// nextPerson looks at what the person before did.
func (j *journey) nextPerson(ctx context.Context) error {
	for _, path := range []string{"home", "account", "documents", "requests", "bank/change"} {
		if err := j.browser.open(ctx, j.prefix+path); err != nil {
			return err
		}
		if page := text(j.browser.page); !strings.HasSuffix(j.browser.at.Path, "/kiosk") || strings.Contains(page, "Delcourt") {
			return fmt.Errorf("%s shows the next person %q", path, j.browser.heading())
		}
	}
	j.say("the next person sees: %s", j.browser.heading())
	return nil
}
