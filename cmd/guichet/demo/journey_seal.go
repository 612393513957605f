package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"guichet.example/signing"
)

// approveChange changes the bank account in a federal session: approved by a proof made
// for the document, and sealed by the mutuality.
func (j *journey) approveChange(ctx context.Context, provider, who string, level int) error {
	if err := j.browser.open(ctx, j.prefix+"bank/change"); err != nil {
		return err
	}
	holder := "Mathieu Delcourt"
	err := j.browser.submit(ctx, "/bank/change/check", map[string]string{
		"iban": "BE68 5390 0754 7034", "holder": holder, "from": j.browser.choice("from")})
	if err != nil {
		return err
	}
	j.say("new account checked: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/bank/change/send", nil); err != nil {
		return err
	}
	if err := j.approve(ctx, provider, who, level); err != nil {
		return err
	}
	return j.collectSealed(ctx, "bank-change-approved.pdf")
}

// approveOrder orders the European card in a federal session.
func (j *journey) approveOrder(ctx context.Context, provider, who string, level int) error {
	if err := j.browser.open(ctx, j.prefix+"orders/ehic"); err != nil {
		return err
	}
	if err := j.browser.submit(ctx, "/orders/ehic/check", nil); err != nil {
		return err
	}
	j.say("order checked: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/orders/ehic/send", nil); err != nil {
		return err
	}
	if err := j.approve(ctx, provider, who, level); err != nil {
		return err
	}
	return j.collectSealed(ctx, "ehic-order-approved.pdf")
}

// approve reads the document of the request the browser stands at, proves who she is once
// more for it, and approves.
func (j *journey) approve(ctx context.Context, provider, who string, level int) error {
	if err := j.browser.submit(ctx, "/read", map[string]string{"read": "1"}); err != nil {
		return err
	}
	j.say("document read: %s", j.browser.heading())
	if err := j.browser.follow(ctx, "/prove?provider="+provider); err != nil {
		return err
	}
	if j.browser.at.Host != hostOf(j.world.standIn.address) {
		return fmt.Errorf("the provider did not ask again, but led to %s", j.browser.at.Path)
	}
	if err := j.choose(ctx, who, level); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/approve") {
		return fmt.Errorf("the provider led to %s", j.browser.at.Path)
	}
	j.say("proved once more, for this document: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/approve", nil); err != nil {
		return err
	}
	j.say("%s", j.browser.heading())
	return nil
}

// collectSealed is collect for a document that must be the mutuality's seal and nobody's
// signature.
func (j *journey) collectSealed(ctx context.Context, name string) error {
	if err := j.browser.open(ctx, j.prefix+"documents"); err != nil {
		return err
	}
	file, err := j.browser.link("/file.pdf")
	if err != nil {
		return err
	}
	pdf, err := j.browser.download(ctx, file)
	if err != nil {
		return err
	}
	report, err := signing.Verify(ctx, pdf, signing.Trust{Anchors: j.world.services.Anchors()})
	if err != nil {
		return err
	}
	if len(report.Signatures) == 0 || report.Signatures[0].Kind != signing.Seal {
		return errors.New("the document from the vault has no seal")
	}
	return j.collect(ctx, name)
}

// sendOrder orders the European card in a session of a password: sent, and sealed by the
// mutuality as received.
func (j *journey) sendOrder(ctx context.Context) error {
	if err := j.browser.open(ctx, j.prefix+"orders/ehic"); err != nil {
		return err
	}
	if err := j.browser.submit(ctx, "/orders/ehic/check", nil); err != nil {
		return err
	}
	if err := j.browser.submit(ctx, "/orders/ehic/send", nil); err != nil {
		return err
	}
	if err := j.browser.submit(ctx, "/receipt", map[string]string{"read": "1"}); err != nil {
		return err
	}
	j.say("an order sent, sealed as received: %s", j.browser.heading())
	return j.collectSealed(ctx, "ehic-order-received.pdf")
}
