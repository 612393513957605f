package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// approveBySAML signs in over SAML, changes the bank account by a sealed approval and signs
// out everywhere.
func (j *journey) approveBySAML(ctx context.Context) error {
	return j.approveFederal(ctx, samlProvider, "mathieu", 450, j.approveChange)
}

// approveByOIDC does the same over OpenID Connect with an order.
func (j *journey) approveByOIDC(ctx context.Context) error {
	j.prefix = "/nl/"
	return j.approveFederal(ctx, oidcProvider, "lotte", 400, j.approveOrder)
}

// enrolFederal is the first login of someone whom the mutuality insures and who has no
// account: it is made by itself.
func (j *journey) enrolFederal(ctx context.Context) error {
	j.prefix = "/en/"
	if err := j.enterFederal(ctx, samlProvider, "karl", codeCard); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/enrol/opened") {
		return fmt.Errorf("the first login led to %s", j.browser.at.Path)
	}
	if err := j.mailSays(ctx, "karl"); err != nil {
		return err
	}
	if err := j.browser.open(ctx, j.prefix+"account"); err != nil {
		return err
	}
	j.say("his account, made by this first login: %s", j.browser.heading())
	if err := j.closed(ctx); err != nil {
		return err
	}
	return j.leaveEverywhere(ctx)
}

// enterFederal signs in by a provider of the stand-in, with the key of a level.
func (j *journey) enterFederal(ctx context.Context, provider, who string, level int) error {
	if err := j.browser.open(ctx, j.prefix+"sign-in"); err != nil {
		return err
	}
	if err := j.browser.follow(ctx, "/sign-in/federal/"+provider); err != nil {
		return err
	}
	j.say("at the provider: %s", j.browser.heading())
	if err := j.choose(ctx, who, level); err != nil {
		return err
	}
	j.say("signed in: %s", j.browser.heading())
	return nil
}

// choose is what the person does on the stand-in's pages, and its way back.
func (j *journey) choose(ctx context.Context, who string, level int) error {
	if err := j.browser.submit(ctx, "", map[string]string{"person": who, "key": fmt.Sprint(level)}); err != nil {
		return err
	}
	if level == codeCard {
		number := 0
		if _, err := fmt.Sscan(j.browser.choice("number"), &number); err != nil || number < 1 || number > codesPerCard {
			return errors.New("the stand-in asks for no code")
		}
		j.say("it asks for code %d of her 24-code card", number)
		if err := j.browser.submit(ctx, "", map[string]string{"code": j.world.standIn.codes[who][number-1]}); err != nil {
			return err
		}
	}
	if j.browser.at.Host != hostOf(j.world.standIn.address) {
		return nil // OpenID: a redirect brought her back
	}
	// SAML: a form that a script would send, or the button without one.
	return j.browser.submit(ctx, "/federation/saml/acs", nil)
}

// approveFederal is a visit with a federal key, and what is approved in it.
func (j *journey) approveFederal(ctx context.Context, provider, who string, level int, act func(context.Context, string, string, int) error) error {
	if err := j.enterFederal(ctx, provider, who, level); err != nil {
		return err
	}
	if err := act(ctx, provider, who, level); err != nil {
		return err
	}
	return j.leaveEverywhere(ctx)
}

// closed looks at an act that the key does not open.
func (j *journey) closed(ctx context.Context) error {
	err := j.browser.open(ctx, j.prefix+"bank/change")
	if err == nil {
		return errors.New("a weak key opened the change of a bank account")
	}
	if _, link := j.browser.link("/sign-in/federal/" + samlProvider + "?next=bank/change&level=400"); link != nil {
		return fmt.Errorf("the closed act offers no stronger key: %w", link)
	}
	j.say("closed to this key, with the way that opens it: %s", j.browser.heading())
	return j.browser.open(ctx, j.prefix+"home")
}

// leaveEverywhere signs out here and at the provider, and sees that it was so.
func (j *journey) leaveEverywhere(ctx context.Context) error {
	if err := j.browser.submit(ctx, "/sign-out/everywhere", nil); err != nil {
		return err
	}
	j.say("session ended here: %s", j.browser.heading())
	if err := j.browser.follow(ctx, j.world.standIn.address); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/signed-out/everywhere") {
		return fmt.Errorf("the provider led to %s", j.browser.at.Path)
	}
	j.say("and at the provider: %s", j.browser.heading())
	return nil
}
